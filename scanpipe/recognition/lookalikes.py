"""What a recogniser takes for a sign of the same shape (kanji for katakana, a full stop for ・), set right where the neighbours leave no doubt."""

import re

from scanpipe.core.describing.slips import lengthened

_KATAKANA_OF = dict(zip("力口二八才工夕卜千一", "カロニハオエタトチー", strict=True))
_KATAKANA = "ァ-ヺー"
_AMONG_KATAKANA = re.compile(f"(?<=[{_KATAKANA}])[力口二八才工夕卜千一](?=[{_KATAKANA}])")
_DOT_AMONG_KANJI = re.compile("(?<=[一-鿿々])[.·･](?=[一-鿿々])")  # a full stop between them is 。


def mended(text: str) -> str:
    """在留力一ド -> 在留カード, ア二メ -> アニメ, 良.普通 -> 良・普通; anything else as it is."""
    return _DOT_AMONG_KANJI.sub("・", _AMONG_KATAKANA.sub(_katakana, lengthened(text)))


def _katakana(match: re.Match[str]) -> str:
    return _KATAKANA_OF[match[0]]
