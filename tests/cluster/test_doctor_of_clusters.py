"""`scanpipe doctor` with [workers] scheduler: real schedulers and workers, and a sentence of what to do for each thing that can be wrong."""

from pathlib import Path

import pytest
from clusters import Cluster, cluster, free_port, make_authority, wait_until
from sites import make_site

from scanpipe.cluster import ClusterAway, look
from scanpipe.cluster_machine import Tls
from scanpipe.config import Settings
from scanpipe.recognition.facts import versions
from scanpipe.upkeep.machine import doctor
from scanpipe.upkeep.machine.ground import Finding, Level
from scanpipe.upkeep.machine.machines import look_at_cluster

UNENCRYPTED = "I accept that scans travel unencrypted"


def site(tmp_path: Path, address: str, tls: Tls | None = None, **keys: object) -> Settings:
    files = {"tls_ca_file": tls.ca_file, "tls_cert": tls.cert, "tls_key": tls.key} if tls else {}
    return make_site(tmp_path / "site", scheduler=address, **files, **keys)


def found(settings: Settings) -> list[tuple[Level, str]]:
    findings = list(look_at_cluster(settings))
    assert all(finding.name == "cluster" and (finding.level is Level.OK or finding.remedy) for finding in findings)
    return [(finding.level, finding.says) for finding in findings]


def has_machines(made: Cluster, count: int) -> bool:
    try:
        return sum(machine.lanes > 0 for machine in look(made.address, made.tls, versions)) == count
    except ClusterAway:
        return False


def test_without_a_cluster_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert found(site(tmp_path, "")) == []


def test_a_scheduler_that_does_not_answer_is_told_with_what_to_do(tmp_path: Path) -> None:
    address = f"tcp://127.0.0.1:{free_port()}"
    (finding,) = look_at_cluster(site(tmp_path, address))
    assert (finding.level, finding.remedy) == (
        Level.FAIL,
        "On the scheduler's machine: dask scheduler; then see that this machine reaches its port and has its certificates.",
    )
    assert finding.says.startswith(f"The cluster {address} cannot be reached (")


def test_machines_come_one_by_one_and_one_of_them_has_other_libraries(tmp_path: Path) -> None:
    with cluster(tmp_path / "cluster", workers=0) as made:
        wait_until(lambda: has_machines(made, 0))
        settings = site(tmp_path, made.address)
        assert list(look_at_cluster(settings)) == [
            Finding("cluster", Level.FAIL, f"The scheduler {made.address} is there, but no machine reads for it.", f"scanpipe worker {made.address}")
        ]
        made.add_worker(lanes=2)
        wait_until(lambda: has_machines(made, 1))
        well = (Level.OK, f"{made.address}: 1 machines read with 2 lanes.")
        assert found(settings) == [well]
        assert well in [(finding.level, finding.says) for finding in doctor.examine(settings)]
        made.libraries = tmp_path / "other"
        (made.libraries / "rapidocr-99.0.dist-info").mkdir(parents=True)
        (made.libraries / "rapidocr-99.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: rapidocr\nVersion: 99.0\n")
        made.add_worker()
        wait_until(lambda: has_machines(made, 2))
        assert found(settings) == [
            (
                Level.WARN,
                f"machine-1 reads with other versions, so that the same page may give another text there: rapidocr 99.0 ({versions()['rapidocr']})",
            ),
            (Level.OK, f"{made.address}: 2 machines read with 3 lanes."),
        ]


def test_machines_of_another_version_of_scanpipe_read_nothing(tmp_path: Path) -> None:
    with cluster(tmp_path / "cluster", workers=0) as made:
        made.libraries = tmp_path / "other"
        (made.libraries / "scanpipe-0.0.9.dist-info").mkdir(parents=True)
        (made.libraries / "scanpipe-0.0.9.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: scanpipe\nVersion: 0.0.9\n")
        made.add_worker()
        settings = site(tmp_path, made.address)
        wait_until(lambda: len(found(settings)) == 2)
        assert found(settings)[1] == (Level.FAIL, f"{made.address}: none of its 1 machines has this version of scanpipe, so nothing is read.")


def test_files_of_tls_that_cannot_be_read_are_named_before_anything_is_asked(tmp_path: Path) -> None:
    tls = make_authority(tmp_path / "own", "city")
    Path(tls.cert).write_bytes(b"\x30\x82 this is DER")
    Path(tls.key).unlink()
    settings = site(tmp_path, "tls://127.0.0.1:1", tls)
    assert found(settings) == [
        (Level.FAIL, f"[workers] tls_cert: {tls.cert} is not a PEM file."),
        (Level.FAIL, f"[workers] tls_key: {tls.key} cannot be read (No such file or directory)."),
    ]


@pytest.mark.slow
def test_certificates_of_the_same_authority_are_let_in_and_others_are_not(tmp_path: Path) -> None:
    own, foreign = make_authority(tmp_path / "own", "city"), make_authority(tmp_path / "foreign", "stranger")
    with cluster(tmp_path / "cluster", workers=1, protocol="tls", tls=own) as made:
        wait_until(lambda: has_machines(made, 1))
        assert found(site(tmp_path / "1", made.address, own)) == [(Level.OK, f"{made.address}: 1 machines read with 1 lanes.")]
        ((level, says),) = found(site(tmp_path / "2", made.address, foreign))
        assert (level, says.startswith(f"The cluster {made.address} cannot be reached (")) == (Level.FAIL, True)


def test_scans_in_the_clear_are_mentioned_though_they_were_allowed(tmp_path: Path) -> None:
    settings = site(tmp_path, "tcp://192.0.2.1:8786", unencrypted=UNENCRYPTED)
    assert found(settings)[0] == (Level.WARN, "Scans travel unencrypted to tcp://192.0.2.1:8786, as [workers] unencrypted allows.")
