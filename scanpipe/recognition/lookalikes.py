"""Kanji that a recogniser takes for the katakana of the same shape, set right where the neighbours leave no doubt."""

import re

_KATAKANA_OF = dict(zip("力口二八才工夕卜千一", "カロニハオエタトチー", strict=True))
_KATAKANA = "ァ-ヺー"
_BEFORE_A_LONG_VOWEL = re.compile("[力口二八才工夕卜千](?=ー)")  # no kanji is ever lengthened
_AMONG_KATAKANA = re.compile(f"(?<=[{_KATAKANA}])[力口二八才工夕卜千一](?=[{_KATAKANA}])")


def mended(text: str) -> str:
    """在留力ード -> 在留カード, ア二メ -> アニメ; anything else as it is."""
    once = _BEFORE_A_LONG_VOWEL.sub(_katakana, text)
    return _AMONG_KATAKANA.sub(_katakana, once)


def _katakana(match: re.Match[str]) -> str:
    return _KATAKANA_OF[match[0]]
