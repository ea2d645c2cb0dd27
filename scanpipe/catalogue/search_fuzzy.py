"""Fuzzy search (「あいまい検索」): words of four signs and more are also found where one sign in four is wrong, missing or too many, as OCR and hasty typing leave them.

Where a word has k slips, one of k + 1 pieces of it is whole: the index gives the records that have a piece, RapidFuzz says which of them have the word. More than
half of what is found so is something else (search.md §5), so that it is a button and never what a search does by itself.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Final
from unicodedata import name

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from scanpipe.catalogue.search_answer import COUNTED, VERIFIED, Asked
from scanpipe.catalogue.search_match import FoldedText, expression
from scanpipe.catalogue.search_result import SearchResult
from scanpipe.core.finding.query import And, Node, Or, Word
from scanpipe.core.finding.snippet import Span, join_spans
from scanpipe.core.text import fold_with_offsets, in_context

_LOOKED_FOR_NEAREST: Final = 120  # newest records in which another spelling is looked for
_SHORTEST_SUGGESTED: Final = 3
_PLACES: Final = 20  # of one piece in one text


@cache
def slips(signs: int) -> int:
    """How many signs of a word of this length may be wrong: 0-2."""
    return 0 if signs < 4 else 1 if signs < 8 else 2


def pieces(word: str, wrong: int) -> list[str]:
    """The word in `wrong` + 1 parts of about the same length, one of which is whole wherever no more than `wrong` signs differ."""
    cuts = [len(word) * part // (wrong + 1) for part in range(wrong + 2)]
    return [part for start, end in pairwise(cuts) if (part := word[start:end].strip())]


def loosened(tree: Node) -> Node:
    """The tree with each longer word replaced by "one of its pieces". What stands under NOT stays as it was typed."""
    match tree:
        case Word(_, scope):
            form = tree.forms[0]
            wrong = slips(len(form))
            return Or(tuple(Word(piece, scope) for piece in pieces(form, wrong))) if wrong else tree
        case And(parts):
            return And(tuple(map(loosened, parts)))
        case Or(parts):
            return Or(tuple(map(loosened, parts)))
        case _:
            return tree


def closeness(form: str, text: str, wrong: int) -> tuple[float, Span]:
    """How like the folded word its best place in folded text is, 0-100, and where that is; 0 where more than `wrong` signs differ."""
    least = 100 * (1 - wrong / len(form)) - 1e-6
    if len(text) < len(form):  # the other way round, every short text would be in the word
        return fuzz.ratio(form, text, score_cutoff=least), (0, len(text))
    found = fuzz.partial_ratio_alignment(form, text, score_cutoff=least)
    return (found.score, (found.dest_start, found.dest_end)) if found else (0.0, (0, 0))


def other_spellings(form: str, text: str, wrong: int) -> list[Span]:
    """Where folded text has another word that could have been meant: up to `wrong` signs replaced by others of the same script, missing or too many inside."""
    found = []
    for piece in dict.fromkeys(pieces(form, wrong) if len(form) > _SHORTEST_SUGGESTED else (form[:2], form[1:])):
        at = text.find(piece)
        for _place in range(_PLACES):
            if at < 0:
                break
            found += _spellings_around(form, text, at - form.index(piece), wrong)
            at = text.find(piece, at + 1)
    return list(dict.fromkeys(found))


def _spellings_around(form: str, text: str, start: int, wrong: int) -> list[Span]:
    """The likeliest one near this place, if there is one."""
    spans = [(first, first + length) for first in range(start - wrong, start + wrong + 1) for length in range(len(form) - wrong, len(form) + wrong + 1)]
    near = [(first, end) for first, end in spans if first >= 0 and end <= len(text) and _could_be_meant(form, text[first:end], wrong)]
    return sorted(near, key=lambda span: (Levenshtein.distance(form, text[slice(*span)]), abs(span[0] - start), abs(span[1] - span[0] - len(form))))[:1]


def _could_be_meant(form: str, other: str, wrong: int) -> bool:
    if form == other or " " in other or Levenshtein.distance(form, other, score_cutoff=wrong) > wrong:
        return False
    for edit in Levenshtein.editops(form, other):
        if edit.tag == "replace" and _script(form[edit.src_pos]) != _script(other[edit.dest_pos]):
            return False
        if edit.tag != "replace" and (edit.src_pos in (0, len(form)) or edit.dest_pos in (0, len(other))):
            return False  # the same word, cut elsewhere
    return True


def _script(sign: str) -> str:
    return name(sign, "?").partition(" ")[0]  # CJK, HIRAGANA, KATAKANA, LATIN, DIGIT


class FuzzyAsked(Asked):
    """One query, its longer words taken loosely."""

    def closest(self, limit: int, offset: int, *, facets: bool) -> SearchResult:
        """The newest 400 candidates, the closest first. total: of these; it is never exact."""
        if not self._access:
            return SearchResult()
        self._scores: dict[int, float] = {}
        match = self._match(loosened(self._tree))
        candidates = self._serials(match, VERIFIED + 1)
        found = sorted(self._verified(candidates[:VERIFIED], stop=None), key=lambda serial: (-self._scores.get(serial, 0.0), -serial))
        return SearchResult(
            hits=self._shown(found[offset : offset + limit]),
            total=min(len(found), COUNTED),
            capped=len(candidates) > VERIFIED,
            exact=False,
            facets=self._facets(match) if facets and len(candidates) <= VERIFIED else {},
            more=len(found) > offset + limit,
        )

    def nearest(self, most: int = 3) -> tuple[str, ...]:
        """What the records write in place of the one word that is asked for, what most of them write first; nothing for words of one or two signs."""
        word = self._tree
        if not self._access or not isinstance(word, Word) or len(word.forms[0]) < _SHORTEST_SUGGESTED:
            return ()
        spelled = Counter[str]()
        for serial in self._serials(self._match(_in_pieces(word)), _LOOKED_FOR_NEAREST):
            spelled.update(set(self._spellings(word, serial)))
        return tuple(spelling for spelling, _records in spelled.most_common(most))

    def _spellings(self, word: Word, serial: int) -> Iterator[str]:
        """What stands in the title and on likely pages in place of the word, as it is written there."""
        form, wrong = word.forms[0], max(1, slips(len(word.forms[0])))
        face = self._face(serial)
        if face is None:
            return
        match = expression(_in_pieces(word), self._days)
        for text in (face["title"] or "", *(self._text_of(serial, page) for page in self._pages_with(match, face, most=4))):
            plain, offsets = fold_with_offsets(text, 3)
            for start, end in other_spellings(form, in_context(plain), wrong):
                yield "".join(text[offsets[start][0] : offsets[end - 1][1]].split())

    # What makes the answer a loose one

    def _stands(self, word: Word, text: FoldedText, serial: int) -> bool:
        if text.has(word):
            score = 100.0
        else:
            wrong = slips(len(word.forms[0]))
            score = max(closeness(form, place, wrong)[0] for form in word.forms for place in {text.plain, text.folded}) if wrong else 0.0
        self._scores[serial] = self._scores.get(serial, 0.0) + score
        return score > 0

    def _page_match(self, word: Word) -> str:
        return expression(loosened(word), self._days)

    def _spans(self, text: str) -> list[Span]:
        exact = super()._spans(text)
        plain, offsets = fold_with_offsets(text, 3)
        folded, found = in_context(plain), list(exact)
        for word in self._words:
            wrong = slips(len(word.forms[0]))
            if wrong and not FoldedText(text).has(word):
                _score, (start, end) = max(closeness(form, folded, wrong) for form in word.forms)
                found += [(offsets[start][0], offsets[end - 1][1])] if end > start else []
        return join_spans(sorted(found))


def _in_pieces(word: Word) -> Node:
    """As `loosened`, also for a word of three signs: its first or last two."""
    form = word.forms[0]
    return Or((Word(form[:2], word.scope), Word(form[1:], word.scope))) if len(form) == _SHORTEST_SUGGESTED else loosened(word)
