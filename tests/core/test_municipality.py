"""全国地方公共団体コード by its check digit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.municipality import check_digit, is_whole


@pytest.mark.parametrize("code", ["172014", "012041", "131016", "011002", "271004", "470007", "082104"])
def test_codes_of_real_municipalities_are_whole(code: str) -> None:  # 金沢市 旭川市 千代田区 札幌市 大阪市 沖縄県 下妻市
    assert is_whole(code)


@pytest.mark.parametrize("code", ["172015", "172041", "480004", "000000", "17201", "1720144", "１７２０１４", ""])
def test_other_numbers_are_not(code: str) -> None:
    assert not is_whole(code)


@given(st.from_regex("(0[1-9]|[1-3][0-9]|4[0-7])[0-9]{3}", fullmatch=True))
def test_of_ten_last_digits_one_fits(five: str) -> None:
    assert [digit for digit in "0123456789" if is_whole(five + digit)] == [check_digit(five)]
