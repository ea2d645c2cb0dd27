"""RFC 3161 stamps on the daily root, from a local authority: OpenSSL behind a small HTTP server."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from custody import copy_site
from sites import make_site, set_keys

from scanpipe import config
from scanpipe.catalogue.journal import Journal
from scanpipe.config import Settings
from scanpipe.upkeep.machine import nightly
from scanpipe.upkeep.proving.fixity import verify
from scanpipe.upkeep.proving.proofs import file_of
from scanpipe.upkeep.proving.timestamps import BadStamp, NoStamp, moment, stamp_missing, stamp_of

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
TODAY = date(2026, 4, 3)
CONF = """
[tsa]
default_tsa = own
[own]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
certs = {folder}/ca.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
[v3]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[req]
distinguished_name = dn
[dn]
"""


def openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


class Authority:
    """A time-stamping authority in a folder: its CA, its key, and a server. down: it answers with an error."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.down, self.asked = folder, False, 0
        (folder / "conf").write_text(CONF.format(folder=folder))
        (folder / "serial").write_text("01\n")
        new = ("-newkey", "rsa:2048", "-nodes", "-config", folder / "conf")
        openssl("req", "-x509", *new, "-subj", "/CN=CA", "-days", "3650", "-keyout", folder / "ca.key", "-out", folder / "ca.pem", "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")  # fmt: skip
        openssl("req", *new, "-subj", "/CN=TSA", "-keyout", folder / "tsa.key", "-out", folder / "tsa.csr")
        openssl("x509", "-req", "-in", folder / "tsa.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", "3650", "-extfile", folder / "conf", "-extensions", "v3", "-out", folder / "tsa.pem")  # fmt: skip
        outer = self

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.asked += 1
                query = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(503 if outer.down else 200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.end_headers()
                self.wfile.write(b"" if outer.down else outer.answer(query))

            def log_message(self, format: str, *args: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server.server_port}/tsa"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def certificate(self) -> Path:
        return self.folder / "ca.pem"

    def answer(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        openssl("ts", "-reply", "-config", self.folder / "conf", "-queryfile", self.folder / "query", "-out", self.folder / "reply")
        return (self.folder / "reply").read_bytes()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    own = Authority(tmp_path_factory.mktemp("authority"))
    yield own
    own.server.shutdown()
    own.server.server_close()


@pytest.fixture(scope="module")
def unstamped(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = make_site(tmp_path_factory.mktemp("stamped") / "site", language="en")
    writing = Journal(settings.layout.journal)
    for day in (1, 2):
        writing.append("told", at=datetime(2026, 4, day, 3, tzinfo=UTC))
    writing.close()
    return settings


@pytest.fixture
def site(unstamped: Settings, authority: Authority, tmp_path: Path) -> Settings:
    authority.down = False
    settings = copy_site(unstamped, tmp_path / "site")
    set_keys(settings.file, tsa_url=authority.url, tsa_ca_file=str(authority.certificate))
    return config.load(settings.file)


def faults(settings: Settings, certificate: Path | None) -> list[str]:
    return [str(fault) for fault in verify(settings.layout, authority=certificate).deviations]


def test_the_night_has_every_root_stamped_and_verify_and_openssl_confirm_it(site: Settings, authority: Authority) -> None:
    assert "2 time stamps" in nightly.prove(site, TODAY)
    assert faults(site, site.authority) == []
    root = file_of(date(2026, 4, 2), site.layout)
    openssl("ts", "-verify", "-data", root, "-in", stamp_of(root), "-CAfile", authority.certificate)
    at = moment(root)
    assert at is not None and abs((at - datetime.now(UTC)).total_seconds()) < 3600
    asked = authority.asked
    nightly.prove(site, TODAY)
    assert authority.asked == asked


def test_an_authority_out_of_reach_stops_nothing_and_is_asked_again_the_next_night(site: Settings, authority: Authority) -> None:
    authority.down = True
    said = nightly.prove(site, TODAY)
    assert "503" in said and file_of(date(2026, 4, 2), site.layout).is_file()
    with pytest.raises(NoStamp):
        stamp_missing(site.layout, "http://127.0.0.1:9/nobody", None)
    authority.down = False
    assert "2 time stamps" in nightly.prove(site, TODAY)


def test_a_stamp_on_other_bytes_or_of_nobody_is_named(site: Settings) -> None:
    nightly.prove(site, TODAY)
    first, second = (stamp_of(file_of(date(2026, 4, day), site.layout)) for day in (1, 2))
    first.chmod(0o640)
    first.write_bytes(second.read_bytes())
    second.chmod(0o640)
    second.write_bytes(second.read_bytes()[:100])
    said = "\n".join(faults(site, site.authority))
    assert f"{first} was given for other bytes" in said and f"{second} is not a time stamp" in said


def test_a_stamp_of_another_authority_is_neither_taken_nor_believed(site: Settings, authority: Authority, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    stranger = Authority(other)
    stranger.server.shutdown()
    stranger.server.server_close()
    nightly.prove(site, TODAY)
    assert len([fault for fault in faults(site, stranger.certificate) if "does not lead to" in fault]) == 2
    for path in site.layout.proof.glob("*.tsr"):
        path.unlink()
    with pytest.raises(NoStamp):
        stamp_missing(site.layout, authority.url, stranger.certificate)
    assert not list(site.layout.proof.glob("*.tsr"))


def test_a_file_without_certificates_is_told(site: Settings, tmp_path: Path) -> None:
    nightly.prove(site, TODAY)
    (tmp_path / "empty.pem").write_text("")
    found = [fault for fault in verify(site.layout, authority=tmp_path / "empty.pem").deviations if isinstance(fault, BadStamp)]
    assert len(found) == 2
