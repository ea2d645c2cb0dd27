"""Other machines that tests send to: a web server that answers as it is told, and a kintone that is as strict as its documentation describes it."""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, Mapping[str, str], bytes]


@dataclass(frozen=True)
class Asked:
    """One request. headers: names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@contextmanager
def listening(answer: Callable[[Asked], Reply]) -> Iterator[str]:
    """A web server on this machine; its address without a path."""

    class Answers(BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers, said = answer(Asked(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(said)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = do_PUT = _do

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class App:
    """An app of kintone. fields: type by field code, as in its form. unique: the code of the field that forbids double values. choices: of drop-down fields."""

    token: str
    unique: str
    fields: Mapping[str, str]
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    inserted: int = 0


class Kintone:
    """PUT /k/v1/records.json with upsert, as cybozu.dev describes it; whatever else is asked, and every slip, is refused with a code and a message.

    down: the status that it answers with instead of working, and headers. requests: bodies that were taken. complaints: what was refused.
    """

    def __init__(self, **apps: App) -> None:
        self.apps = {int(number.removeprefix("app")): app for number, app in apps.items()}
        self.down: tuple[int, Mapping[str, str]] | None = None
        self.requests: list[dict[str, Any]] = []
        self.complaints: list[str] = []

    def answer(self, asked: Asked) -> Reply:
        if self.down is not None:
            return self.down[0], self.down[1], b"<html>maintenance</html>"
        try:
            said = self._answered(asked)
        except _Complaint as complaint:
            self.complaints.append(f"{complaint.code}: {complaint}")
            body = json.dumps({"code": complaint.code, "id": "1505999166-897850006", "message": str(complaint)}, ensure_ascii=False)
            return complaint.status, {"Content-Type": "application/json;charset=utf-8"}, body.encode()
        return 200, {"Content-Type": "application/json;charset=utf-8"}, json.dumps(said).encode()

    def _answered(self, asked: Asked) -> dict[str, Any]:
        if (asked.method, asked.path) != ("PUT", "/k/v1/records.json"):
            raise _Complaint(404, "CB_NO01", "not found")
        if asked.headers.get("content-type", "").partition(";")[0] != "application/json":
            raise _Complaint(415, "CB_IL02", "Content-Type")
        body = json.loads(asked.body.decode("utf-8"))
        app = self.apps.get(int(body["app"]))
        if app is None:
            raise _Complaint(404, "GAIA_AP01", "no such app")
        if asked.headers.get("x-cybozu-api-token") != app.token:
            raise _Complaint(401, "GAIA_IA02", "the token is not right")
        told = self._put(app, body)
        self.requests.append(body)
        return {"records": told}

    def _put(self, app: App, body: dict[str, Any]) -> list[dict[str, str]]:
        if set(body) != {"app", "upsert", "records"} or body["upsert"] is not True:
            raise _Complaint(400, "CB_IJ01", "unknown keys")
        if not 0 < len(body["records"]) <= 100:
            raise _Complaint(400, "CB_VA01", "records: 100 at most")
        for place, one in enumerate(body["records"]):
            self._check(app, one, f"records[{place}]")
        return [self._upsert(app, one) for one in body["records"]]  # all or none

    def _check(self, app: App, one: dict[str, Any], place: str) -> None:
        if set(one) != {"updateKey", "record"} or set(one["updateKey"]) != {"field", "value"} or one["updateKey"]["field"] != app.unique:
            raise _Complaint(400, "GAIA_UK01", f"{place}.updateKey")
        if not one["updateKey"]["value"]:
            raise _Complaint(400, "CB_VA01", f"{place}.updateKey.value: required")
        if app.unique in one["record"]:
            raise _Complaint(400, "GAIA_UK02", f"{place}.record.{app.unique}: is the key already")
        for code, value in one["record"].items():
            if code not in app.fields or set(value) != {"value"} or not self._fits(app, code, value["value"]):
                raise _Complaint(400, "CB_VA01", f"{place}.record.{code}.value: {value!r}")

    def _fits(self, app: App, code: str, value: Any) -> bool:
        match app.fields[code]:
            case _ if value == "":
                return True
            case "NUMBER":
                return isinstance(value, (int, float)) and not isinstance(value, bool)
            case "DATE":
                return re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)) is not None
            case "DATETIME":
                return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", str(value)) is not None
            case "DROP_DOWN":
                return value in app.choices[code]
            case _:
                return isinstance(value, str)

    def _upsert(self, app: App, one: dict[str, Any]) -> dict[str, str]:
        key = one["updateKey"]["value"]
        known = key in app.records
        app.inserted += not known
        app.records.setdefault(key, {}).update({code: value["value"] for code, value in one["record"].items()})
        return {"id": str(list(app.records).index(key) + 1), "revision": "1", "operation": "UPDATE" if known else "INSERT"}


class _Complaint(Exception):
    def __init__(self, status: int, code: str, says: str) -> None:
        super().__init__(says)
        self.status, self.code = status, code
