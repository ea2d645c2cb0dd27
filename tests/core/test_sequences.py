"""One file for each page: which files are pages of one scan, told by their names and by when they came."""

import unicodedata
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.scans.sequences import Run, running_number, runs, spelled

PAUSE = 60


def names(found: list[Run]) -> list[tuple[str, ...]]:
    return sorted(run.names for run in found)


def at_once(*files: str) -> dict[str, int]:
    return dict.fromkeys(files, 0)


@pytest.mark.parametrize(
    ("name", "stem", "number"),
    [
        ("scan_0002.jpg", "scan_", 2),
        ("IMG-10.TIF", "img-", 10),
        ("20250401091500_003.pdf", "20250401091500_", 3),
        ("CKMBT_C30004102315230_0001.JPG", "ckmbt_c30004102315230_", 1),
        ("AAA01011450000_00012.jpg", "aaa01011450000_", 12),
        ("name0001_001.tif", "name0001_", 1),
        ("Prefix_M-00007.jpg", "prefix_m-", 7),
        ("住民票_００３.tif", "住民票_", 3),
        ("スキャン (12).png", "スキャン ()", 12),
        ("007", "", 7),
        ("scan_20250401.tif.3.jpg", "scan_20250401.tif.", 3),
    ],
)
def test_the_number_of_a_page_stands_at_the_end_of_its_name(name: str, stem: str, number: int) -> None:
    assert running_number(name) == (stem, number)


@pytest.mark.parametrize(
    "name", ["letter.pdf", "20250401091500.pdf", "SKM_C25825040112345.pdf", "IMG_20250401_091512.jpg", "1a.jpg", "", "20250401-235959.tif"]
)
def test_a_moment_or_a_serial_number_is_no_page_number(name: str) -> None:
    assert running_number(name) is None


def test_pages_of_any_width_and_form_are_in_the_order_of_their_numbers() -> None:
    (run,) = runs(at_once("p10.jpg", "p9.tif", "p１１.pdf", "p8.PNG"), PAUSE)
    assert (run.names, run.numbers, run.missing) == (("p8.PNG", "p9.tif", "p10.jpg", "p１１.pdf"), (8, 9, 10, 11), ())
    assert run.label == "p8.PNG – p１１.pdf"


def test_names_that_macos_decomposed_belong_to_the_others() -> None:
    (run,) = runs(at_once("が_1.jpg", unicodedata.normalize("NFD", "が_2.jpg")), PAUSE)
    assert run.numbers == (1, 2)


def test_what_is_left_out_is_told() -> None:
    (run,) = runs(at_once("scan_0001.jpg", "scan_0003.jpg", "scan_0007.jpg"), PAUSE)
    assert (run.missing, spelled(run.missing)) == ((2, 4, 5, 6), "2, 4-6")


def test_two_scans_at_the_same_time_are_told_apart_by_their_names() -> None:
    assert names(runs({"a_1.jpg": 0, "b_1.jpg": 1, "a_2.jpg": 2, "b_2.jpg": 3, "letter.pdf": 4}, PAUSE)) == [
        ("a_1.jpg", "a_2.jpg"), ("b_1.jpg", "b_2.jpg"), ("letter.pdf",),
    ]  # fmt: skip


def test_a_pause_begins_another_scan_and_pages_within_it_do_not() -> None:
    came = {"p1.jpg": 0, "p2.jpg": 60, "p3.jpg": 121, "p4.jpg": 125}
    assert names(runs(came, PAUSE)) == [("p1.jpg", "p2.jpg"), ("p3.jpg", "p4.jpg")]


def test_pages_that_came_out_of_order_are_one_scan() -> None:
    assert names(runs({"p3.jpg": 0, "p1.jpg": 20, "p2.jpg": 50}, PAUSE)) == [("p1.jpg", "p2.jpg", "p3.jpg")]


def test_numbering_that_begins_again_begins_another_scan() -> None:
    came = {"p1.jpg": 0, "p2.jpg": 1, "p01.jpg": 2, "p02.jpg": 3, "p03.jpg": 4}
    assert names(runs(came, PAUSE)) == [("p01.jpg", "p02.jpg", "p03.jpg"), ("p1.jpg", "p2.jpg")]


def test_two_forms_of_each_page_are_two_scans() -> None:
    came = {"p1.tif": 0, "p1.jpg": 1, "p2.jpg": 2, "p2.tif": 3}
    assert names(runs(came, PAUSE)) == [("p1.jpg", "p2.jpg"), ("p1.tif", "p2.tif")]


def test_a_long_jump_begins_another_scan() -> None:
    assert names(runs(at_once("p001.jpg", "p002.jpg", "p500.jpg"), PAUSE)) == [("p001.jpg", "p002.jpg"), ("p500.jpg",)]


@given(st.lists(st.integers(0, 200)))
def test_spelled_numbers_are_these_and_no_others(numbers: list[int]) -> None:
    found: list[int] = []
    for part in filter(None, spelled(numbers).split(", ")):
        first, _dash, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    assert found == sorted(set(numbers))


files = st.dictionaries(
    st.one_of(
        st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=12),
        st.builds("{}{}.{}".format, st.sampled_from(["a_", "b", "が ", "A_"]), st.integers(0, 40), st.sampled_from(["jpg", "tif"])),
    ),
    st.integers(0, 300),
    max_size=30,
)


@given(files, st.randoms())
def test_every_file_is_in_one_scan_whatever_order_they_are_seen_in(came: dict[str, int], chance: Random) -> None:
    found = runs(came, PAUSE)
    assert sorted(name for run in found for name in run.names) == sorted(came)
    shuffled = list(came.items())
    chance.shuffle(shuffled)
    assert names(runs(dict(shuffled), PAUSE)) == names(found)


@given(files)
def test_a_scan_has_one_stem_and_rising_numbers_that_count_with_the_missing_ones(came: dict[str, int]) -> None:
    for run in runs(came, PAUSE):
        assert [running_number(name) for name in run.names] == [(run.stem, number) for number in run.numbers] or (len(run.names) == 1 and not run.numbers)
        assert all(before < after <= before + 21 for before, after in zip(run.numbers, run.numbers[1:], strict=False))
        assert set(run.missing).isdisjoint(run.numbers)
        assert len(run.numbers) + len(run.missing) == (run.numbers[-1] - run.numbers[0] + 1 if run.numbers else 0)


scans = st.lists(st.tuples(st.integers(1, 900), st.integers(1, 30), st.integers(0, 50)), min_size=1, max_size=5)


@given(scans, st.sampled_from([1, 3, 4]), st.sampled_from(["jpg", "tif", "pdf"]), st.booleans())
def test_scans_of_a_device_come_out_as_they_went_in(made: list[tuple[int, int, int]], width: int, form: str, wide: bool) -> None:
    """Each scan: its first number, its pages, seconds between them; its stem is its own, as devices put the moment into it."""
    came, wanted = {}, []
    for place, (first, count, rest) in enumerate(made):
        digits = [f"{number:0{width}}" for number in range(first, first + count)]
        pages = [f"2025040109{place:04}_{text.translate(str.maketrans('0123456789', '０１２３４５６７８９')) if wide else text}.{form}" for text in digits]
        came |= {page: n * rest for n, page in enumerate(pages)}
        wanted.append(tuple(pages))
    assert names(runs(came, PAUSE)) == sorted(wanted)
