"""Help texts wrapped by the columns they take: a Japanese sign takes two, and a Japanese sentence has no blanks to break at."""

import argparse
from collections.abc import Iterator

from rich.cells import cell_len

_NEVER_FIRST = "、。，．・：；？！）」』】〕ーぁぃぅぇぉっゃゅょァィゥェォッャュョ"


class HelpFormatter(argparse.HelpFormatter):
    """argparse's own, but wrapped by columns."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return list(wrapped(" ".join(text.split()), width))

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in wrapped(" ".join(text.split()), width - len(indent)))


def wrapped(text: str, width: int) -> Iterator[str]:
    """Lines of at most `width` columns, at least one. Breaks at blanks and between Japanese signs, never before a comma or the like."""
    line = ""
    for piece in _pieces(text):
        if line and cell_len(line + piece.rstrip()) > width:
            yield line.rstrip()
            line = piece.lstrip()
        else:
            line += piece
    yield line.rstrip()


def _pieces(text: str) -> Iterator[str]:
    """What must stay together: words with the blank after them, single Japanese signs with what may not begin a line."""
    piece = ""
    for sign in text:
        joined = sign in _NEVER_FIRST or sign == " " or not piece or not (_wide(sign) or _wide(piece[-1]) or piece[-1] == " ")
        if not joined or (piece and piece[-1] == " " and sign != " "):
            yield piece
            piece = ""
        piece += sign
    if piece:
        yield piece


def _wide(sign: str) -> bool:
    return cell_len(sign) == 2
