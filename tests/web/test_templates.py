"""Templates are made once, however many ask for them first."""

import threading
from concurrent.futures import ThreadPoolExecutor

from jinja2 import FunctionLoader

from scanpipe.web.showing import TEMPLATES, Templates

THREADS = 8


def test_many_who_ask_at_once_have_it_made_once() -> None:
    made: list[str] = []
    start = threading.Barrier(THREADS)

    def load(name: str) -> str:
        made.append(name)
        return "{{ n }} " * 200

    templates = Templates(loader=FunctionLoader(load))

    def ask(n: int) -> str:
        start.wait(10)
        return templates.get_template("one.html").render(n=n)

    with ThreadPoolExecutor(THREADS) as pool:
        said = list(pool.map(ask, range(THREADS)))
    assert made == ["one.html"]
    assert [text.split()[0] for text in said] == [str(n) for n in range(THREADS)]


def test_what_people_open_first_is_there() -> None:
    from scanpipe.web.showing import _FIRST

    assert set(_FIRST) <= set(TEMPLATES.list_templates())
