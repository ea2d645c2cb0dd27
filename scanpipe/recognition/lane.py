"""What runs in a lane, by names that the daemon can submit without loading any parser itself: the imports happen in the lane."""

from pathlib import Path

from scanpipe.core.model import Page
from scanpipe.recognition.facts import AccessCopy, Heading, Inspection, Joined, ReadingSettings


def warm_up(engine: str, runtime: str) -> None:
    """Loads the libraries and the engine before the first page needs them. engine, runtime: as ReadingSettings has them."""
    from scanpipe.recognition import assemble, engines, pages

    assert assemble and pages
    engines.engine(engine, runtime)


def warm_up_aside() -> None:
    """Loads the libraries that inspect and assemble, without an engine."""
    from scanpipe.recognition import assemble, pages

    assert assemble and pages


def warm_up_pictures() -> None:
    """Loads the libraries that draw pages for people."""
    from scanpipe.recognition import picture

    assert picture


def picture(path: Path, media_type: str, page: int, width: int, max_pixels: int, rotation: int) -> bytes:
    """See picture.picture."""
    from scanpipe.recognition.picture import picture

    return picture(path, media_type, page, width, max_pixels, rotation)


def join(original: Path, digests: tuple[str, ...], out: Path, settings: ReadingSettings) -> Joined:
    """See joining.join."""
    from scanpipe.recognition.joining import join

    return join(original, digests, out, settings)


def inspect(path: Path, settings: ReadingSettings) -> Inspection:
    """See pages.inspect."""
    from scanpipe.recognition.pages import inspect

    return inspect(path, settings)


def read_page(path: Path, number: int, settings: ReadingSettings) -> Page:
    """See pages.read_page."""
    from scanpipe.recognition.pages import read_page

    return read_page(path, number, settings)


def split(original: Path, media_type: str, pages: tuple[int, ...], out: Path) -> str:
    """See splitting.split."""
    from scanpipe.recognition.splitting import split

    return split(original, media_type, pages, out)


def assemble(original: Path, media_type: str, pages: tuple[Page, ...], out: Path, heading: Heading) -> AccessCopy:
    """See assemble.assemble."""
    from scanpipe.recognition.assemble import assemble

    return assemble(original, media_type, pages, out, heading)
