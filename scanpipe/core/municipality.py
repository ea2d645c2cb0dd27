"""全国地方公共団体コード: five digits that name a prefecture or municipality, and a check digit.

The rule is that of the ministry (総務省「全国地方公共団体コード仕様」): the five digits times 6, 5, 4, 3, 2, summed; the check digit is 11 less the remainder of
that sum by 11, of which the last digit counts. 172014 (金沢市): 6 + 35 + 8 + 0 + 2 = 51, remainder 7, 11 - 7 = 4.
"""

import re

_WEIGHTS = (6, 5, 4, 3, 2)


def check_digit(five: str) -> str:
    """The sixth digit. five: decimal digits."""
    total = sum(int(digit) * weight for digit, weight in zip(five, _WEIGHTS, strict=True))
    return str((11 - total % 11) % 10)


def is_whole(code: str) -> bool:
    """Whether these are six digits of which the last fits the others, the first two those of a prefecture (01 to 47)."""
    return bool(re.fullmatch("(0[1-9]|[1-3][0-9]|4[0-7])[0-9]{4}", code, re.ASCII)) and check_digit(code[:5]) == code[5]
