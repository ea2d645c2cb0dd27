"""core/review.py: every reason is a sentence of cause and remedy."""

from scanpipe.core.review import REASONS, reason


def test_every_reason_says_cause_and_remedy() -> None:
    assert all(sentence.endswith(".") and sentence.count(". ") >= 1 for sentence in REASONS.values())


def test_a_code_of_another_version_still_speaks_to_a_person() -> None:
    assert reason("from-the-future").startswith("This record needs a look")
    assert reason("encrypted") == REASONS["encrypted"]
