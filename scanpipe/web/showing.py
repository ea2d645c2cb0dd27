"""Templates, and how facts look in them."""

import hashlib
import threading
import time
from collections.abc import Mapping, MutableMapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from scanpipe import named
from scanpipe.core.rights import Right
from scanpipe.i18n import _, _n, current_language
from scanpipe.web.visit import Visit

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
_WEEKDAYS = "月火水木金土日"


def page(visit: Visit, template: str, /, status: int = 200, **facts: Any) -> HTMLResponse:
    """The template with these facts, for this person."""
    return HTMLResponse(_render(template, visit.request, visit=visit, person=visit.person, csrf=visit.csrf, house=visit.house, **facts), status)


def open_page(request: Request, template: str, /, status: int = 200, **facts: Any) -> HTMLResponse:
    """A page for who has not logged in."""
    return HTMLResponse(_render(template, request, visit=None, person=None, csrf=None, house=request.app.state.house, **facts), status)


def _render(template: str, request: Request, /, **facts: Any) -> str:
    return TEMPLATES.get_template(template).render(request=request, language=current_language(), **facts)


def drawn(template: str, macro: str, /, *facts: Any) -> str:
    """What a macro of the template makes of these facts: a piece of a page."""
    return str(getattr(TEMPLATES.get_template(template).module, macro)(*facts))


class Templates(Environment):
    """Makes each template once, whoever asks for it first; all others wait for that one."""

    _turn = threading.RLock()  # the macros of another template are asked for while one is made

    def get_template(self, name: str | Template, parent: str | None = None, globals: MutableMapping[str, Any] | None = None) -> Template:
        with self._turn:
            return super().get_template(name, parent, globals)

    def make_ready(self) -> None:
        """All of them, before anybody asks: a long page takes a tenth of a second to make. Those that nobody opens first thing take half of the time at most."""
        for name in dict.fromkeys((*_FIRST, *self.list_templates())):
            began = time.monotonic()
            self.get_template(name)
            if name not in _FIRST:
                time.sleep(time.monotonic() - began)


_FIRST: Final = ("base.html", "login.html", "error.html", "today.html", "search.html", "record.html", "decide.html")


def _templates() -> Templates:
    made = Templates(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.globals |= {"_": _, "_n": _n, "static": static, "Right": Right, "link": link, "named": named}
    made.filters |= {"day": day, "moment": moment, "clock": clock, "section": section, "size": size, "fiscal_year": fiscal_year_name, "about": named.about}
    return made


@cache
def static(name: str) -> str:
    """The address of a file in static/, which changes with its content, so that browsers may keep it for ever."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def link(path: str, /, **query: object) -> str:
    """An address with its query, without what is None or empty."""
    said = {name: value for name, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(said)}" if said else path


def day(value: str | date | None) -> str:
    """2025-04-01 -> 2025年4月1日(火); a dash where there is none."""
    if not value:
        return "—"
    found = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    if current_language() == "ja":
        return f"{found.year}年{found.month}月{found.day}日({_WEEKDAYS[found.weekday()]})"
    return f"{found:%Y-%m-%d}"


def moment(value: str | datetime | None) -> str:
    """A day and its time of day."""
    if not value:
        return "—"
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{day(found.date())} {found:%H:%M}"


def clock(value: str | datetime | None) -> str:
    """The time of day, 9:05."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{found.hour}:{found:%M}" if found else "—"


def fiscal_year_name(year: int | None) -> str:
    """2025 -> 2025年度 (令和7年度)."""
    if year is None:
        return "—"
    if current_language() != "ja":
        return f"FY {year}"
    return f"{year}年度(令和{year - 2018}年度)" if year >= 2019 else f"{year}年度"


def section(code: str, names: Mapping[str, str]) -> str:
    """1105 デジタル政策課."""
    return f"{code} {names[code]}" if code in names else code


def size(count: int) -> str:
    """Bytes as people read them."""
    for unit, of in (("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)):
        if count >= of:
            return f"{count / of:.1f} {unit}"
    return f"{count} B"


TEMPLATES = _templates()
