import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.scans.readiness import ignored, is_lock
from scanpipe.core.scans.uploads import EXTENSIONS, NotAScan, safe_name


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("scan.pdf", "scan.pdf"),
        ("C:\\Users\\佐藤\\Desktop\\起案 書.PDF", "起案 書.PDF"),
        ("../../etc/cron.d/x.pdf", "x.pdf"),
        ("か\u3099.tif", "が.tif"),
        (".pdf.pdf", "pdf.pdf"),
        ("~$scan.jpg", "scan_scan.jpg"),
        ("a:b?\u202ec\n.png", "a_b__c_.png"),
    ],
)
def test_a_name_keeps_what_is_harmless(sent: str, name: str) -> None:
    assert safe_name(sent) == name


@pytest.mark.parametrize("sent", ["", ".", "scan", "scan.exe", "scan.pdf.lnk", "scan.xml", "scan.json", ".pdf"])
def test_what_is_no_scan_is_refused(sent: str) -> None:
    with pytest.raises(NotAScan):
        safe_name(sent)


@given(st.text(max_size=400), st.sampled_from(EXTENSIONS))
def test_any_name_becomes_one_that_the_drop_folder_takes(sent: str, extension: str) -> None:
    name = safe_name(sent + "x" + extension)
    assert "/" not in name and "\0" not in name and name.endswith(extension)
    assert len(name.encode()) <= 200 and not ignored(name) and not is_lock(name)
