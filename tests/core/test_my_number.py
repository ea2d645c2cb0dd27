"""core/describing/my_number.py: what is an individual number, what is not, and that it is masked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.describing.extraction import extract
from scanpipe.core.describing.my_number import find_my_numbers, is_valid, masked
from scanpipe.core.model import Line, Page

SPECIMEN = "123456789018"


def with_check_digit(eleven: str) -> str:
    """Written from the ordinance's words, not from the code: P_n is the n-th digit from the right of the eleven."""
    weights = [2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6]
    remainder = sum(int(digit) * weight for digit, weight in zip(reversed(eleven), weights, strict=True)) % 11
    return eleven + str(0 if remainder <= 1 else 11 - remainder)


@given(st.text("0123456789", min_size=11, max_size=11).filter(lambda text: len(set(text)) > 1))
def test_the_check_digit_is_the_ordinances(eleven: str) -> None:
    number = with_check_digit(eleven)
    assert [digit for digit in "0123456789" if is_valid(eleven + digit)] == [number[-1]]


@pytest.mark.parametrize("text", ["", "12345678901", "1234567890123", "１２３４５６７８９０１８", "12345678901x", "000000000000"])
def test_what_has_not_twelve_digits_is_none(text: str) -> None:
    assert not is_valid(text)


@pytest.mark.parametrize(
    "text",
    [
        "個人番号 1234 5678 9018",
        "個人番号　１２３４５６７８９０１８",
        "個人番号（マイナンバー）\n氏名　山田\n123456789018",
        "個 人 番 号\n1\n2\n3\n4\n5\n6\n7\n8\n9\n0\n1\n8\n氏名",
        "マイナンバー：1|2|3|4|5|6|7|8|9|0|1|8|",
        "My Number 1234-5678-9018",
        "個人番号又は法人番号\t1234 5678 9018",
        "個人番号 l234 5678 9O18",
        "個人番号 12345 6789 018",
        "1234 5678 9018",
        "1 2 3 4 5 6 7 8 9 0 1 8",
        "[1234 5678 9018]",
    ],
)
def test_an_individual_number_is_found_and_masked(text: str) -> None:
    ((start, end),) = find_my_numbers(text)
    assert masked(text)[start:end].count("●") == 12
    assert len(masked(text)) == len(text)
    assert masked(masked(text)) == masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "個人番号 1234 5678 9012",  # the check digit is wrong
        "123456789018",  # nothing says what it is
        "金額 123456789018円",
        "電話 1234 5678 9018",
        "個人番号\n法人番号 1234567890180",
        "個人番号 口座番号 123456789018",
        "1234 5678 9018 1234",  # a card's
        "個人番号 0123-45-6789 口座 1234567",
        "令和7年4月1日 個人番号カード",
        "個人番号 1234567890181",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert find_my_numbers(text) == []
    assert masked(text) == text


@given(st.text("0123456789", min_size=11, max_size=11).filter(lambda text: len(set(text)) > 1), st.sampled_from(["", " ", "　", "-", "|"]), st.integers(1, 6))
def test_any_number_in_any_groups_is_masked_beside_its_label(eleven: str, gap: str, size: int) -> None:
    number = with_check_digit(eleven)
    grouped = gap.join(number[at : at + size] for at in range(0, 12, size))
    assert (
        masked(f"氏名 木佐貫\n個人番号 {grouped}\n続柄 本人")
        == f"氏名 木佐貫\n個人番号 {''.join('●' if sign.isdigit() else sign for sign in grouped)}\n続柄 本人"
    )


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("0123456789 \n個人番号")), max_size=200))
def test_no_text_makes_it_fail_or_changes_its_length(text: str) -> None:
    assert len(masked(text)) == len(text)
    assert masked(masked(text)) == masked(text)


def test_a_description_spells_no_individual_number_out() -> None:
    rows = ["個人番号 1234 5678 9018 の届出について（通知）", "令和7年6月4日", "個人番号 1234 5678 9018 様"]
    lines = tuple(Line(text=text, box=(300, 200 + 100 * n, 1900, 250 + 100 * n), confidence=98.0) for n, text in enumerate(rows))
    found = extract([Page(number=1, width=2480, height=3508, dpi=300, text="\n".join(rows), lines=lines)])
    assert found.my_numbers
    assert next((one.value, one.page, one.box) for one in found.fields if one.name == "my_number") == ("●" * 12, 1, lines[0].box)
    assert "5678" not in repr(found) and SPECIMEN not in repr(found)
