"""`scanpipe doctor`: everything is looked at, and whatever is not right comes with the way to mend it."""

import grp
import shutil
from pathlib import Path

import pytest
from sites import set_keys

from scanpipe import config
from scanpipe.errors import ConfigError
from scanpipe.recognition import selftest
from scanpipe.upkeep.machine import doctor, ground, site
from scanpipe.upkeep.machine.doctor import Finding, Level

LOOKED_AT = {
    "configuration", "python", "tesseract", "engine", "ocrmypdf", "fonts", "sandbox", "memory", "systemd", "locale", "sqlite", "clock",
    "store", "filesystem", "devices", "space", "permissions", "share", "taken", "lease",
}  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> config.Settings:
    said = {"list": "List of available languages:\njpn\njpn_vert\neng\nosd\n"}
    monkeypatch.setattr(ground, "output", lambda command, seconds=60: next((text for word, text in said.items() if word in command[-1]), "tesseract 5.3"))
    monkeypatch.setattr(selftest, "seconds", lambda *_, **__: {"onnxruntime": 0.5})
    return config.load(site.init(tmp_path / "site", size="small"))


def named(name: str, findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.name == name]


def test_all_the_ground_is_looked_at_and_every_fault_says_how_to_mend_it(settings: config.Settings) -> None:
    findings = doctor.examine(settings)
    assert {finding.name for finding in findings} == LOOKED_AT
    assert all(finding.says and (finding.level is Level.OK or finding.remedy) for finding in findings)


def test_looking_leaves_nothing_behind(settings: config.Settings) -> None:
    root = settings.file.parent.parent
    before = sorted(root.rglob("*"))
    doctor.examine(settings)
    assert sorted(root.rglob("*")) == before


def test_a_wrong_configuration_is_told_line_by_line_and_the_machine_is_looked_at_all_the_same(settings: config.Settings) -> None:
    findings = doctor.examine(ConfigError(["scanpipe.toml: web.port: 0 is not a port; write 8080", "retention.toml: category: there is none"]))
    assert findings[:2] == [
        Finding("configuration", Level.FAIL, "scanpipe.toml: web.port: 0 is not a port; write 8080", "Correct this place, then run scanpipe doctor again."),
        Finding("configuration", Level.FAIL, "retention.toml: category: there is none", "Correct this place, then run scanpipe doctor again."),
    ]
    assert {finding.name for finding in findings} == LOOKED_AT - {"store", "filesystem", "devices", "space", "permissions", "share", "taken", "lease", "clock"}


def test_a_share_that_is_not_mounted_does_not_fill_the_screen(settings: config.Settings) -> None:
    shutil.rmtree(settings.layout.shares)
    found = named("share", doctor.examine(settings))
    assert [finding.level for finding in found] == [Level.FAIL] * 6
    assert found[-1].says.startswith("The same at 26 more places: 0106, 0107, 0201")


def test_missing_languages_are_named_with_the_packages_to_install(settings: config.Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground, "output", lambda command, seconds=60: "List\neng\nosd\n")
    assert list(ground._tesseract()) == [
        Finding(
            "tesseract",
            Level.FAIL,
            "Tesseract has no data for: jpn, jpn_vert",
            "apt-get install tesseract-ocr tesseract-ocr-jpn tesseract-ocr-jpn-vert tesseract-ocr-eng tesseract-ocr-osd",
        )
    ]


@pytest.mark.parametrize(
    ("wanted", "tesseract_works", "level"),
    [("auto", True, Level.WARN), ("auto", False, Level.FAIL), ("ppocr", True, Level.FAIL), ("tesseract", True, Level.WARN)],
)
def test_an_engine_that_crashes_is_a_no_and_weighs_as_much_as_it_is_needed(
    settings: config.Settings, monkeypatch: pytest.MonkeyPatch, wanted: str, tesseract_works: bool, level: Level
) -> None:
    monkeypatch.setattr(selftest, "seconds", lambda *_, **__: {})
    set_keys(settings.file, engine=wanted)
    assert ground._engine(config.load(settings.file), tesseract_works).level is level


def test_the_doctor_names_runtime_and_precision(settings: config.Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selftest, "seconds", lambda *_, **__: {"onnxruntime": 0.5, "openvino": 0.49, "openvino-bf16": 0.2})
    says = "ppocr reads with openvino in bf16. The test page takes, in CPU time: onnxruntime 0.50 s, openvino 0.49 s, openvino-bf16 0.20 s"
    assert ground._engine(settings, True) == Finding("engine", Level.OK, says)


def test_a_runtime_that_does_not_work_here_is_named(settings: config.Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selftest, "seconds", lambda *_, **__: {"onnxruntime": 0.5})
    set_keys(settings.file, runtime="openvino-bf16")
    found = ground._engine(config.load(settings.file), True)
    assert (found.level, found.says) == (Level.WARN, "openvino-bf16 does not read the test page right on this machine.")


def test_the_test_page_is_really_read_in_a_child() -> None:
    assert ground._engine(None, True).says.startswith("ppocr reads with ")


def test_the_database_settings_are_read_back_on_the_filesystem_of_the_store(tmp_path: Path) -> None:
    (finding,) = ground.look_at_sqlite(tmp_path)
    assert finding.level is Level.OK
    assert finding.says.endswith("journal_mode=WAL and synchronous=FULL read back.")
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_cannot_be_written_has_no_database(tmp_path: Path) -> None:
    (finding,) = ground.look_at_sqlite(tmp_path / "none")
    assert (finding.name, finding.level) == ("sqlite", Level.FAIL)


def test_too_little_memory_names_the_lanes_that_fit(settings: config.Settings) -> None:
    many = settings.workers.model_copy(update={"lanes": 256})
    object.__setattr__(settings, "workers", many)
    finding = ground._memory(settings)
    assert finding.level is Level.WARN
    assert finding.remedy.startswith("Write lanes = ")


def test_a_group_that_this_machine_does_not_have_is_named(settings: config.Settings) -> None:
    departments = settings.file.parent / "departments.toml"
    departments.write_text(departments.read_text().replace('code = "0103"\n', 'code = "0103"\ngroup = "no-such-group"\n'))
    assert named("group", doctor.examine(config.load(settings.file))) == [
        Finding(
            "group",
            Level.FAIL,
            "Section 0103: there is no group no-such-group on this machine.",
            "Make it: groupadd no-such-group, or correct group in departments.toml.",
        )
    ]


def test_a_lease_is_granted_on_a_local_disk(tmp_path: Path) -> None:
    assert doctor.lease_granted(tmp_path) is True
    assert doctor.lease_granted(tmp_path / "none") is None


def test_a_folder_that_the_pages_own_user_may_not_write_is_named_with_the_command(settings: config.Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the units' users are; without them one user is daemon and pages."""
    assert named("web", doctor.examine(settings)) == []
    monkeypatch.setattr(doctor, "PAGES_GROUP", grp.getgrgid(settings.layout.web.stat().st_gid).gr_name)
    (found,) = named("web", doctor.examine(settings))
    assert (found.level, found.remedy) == (Level.FAIL, "systemd-tmpfiles --create scanpipe.conf") and str(settings.layout.web) in found.says
    settings.layout.web.chmod(0o2770)
    assert named("web", doctor.examine(settings)) == []
