"""Refusals as people at a page read them."""

import pytest

from scanpipe.web.wishing import without_commands


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("まだ承認できません。選別が済んでいない文書があります: 2026-000001。選別: scanpipe dispose select D2026-001", "まだ承認できません。選別が済んでいない文書があります: 2026-000001。"),
        ("ホールドの理由を書いてください: --reason 理由", "ホールドの理由を書いてください"),
        ("2026-000001 has no category yet. Decide it: scanpipe classify 2026-000001 CODE --by WHO", "2026-000001 has no category yet."),
        ("Box B-1 is empty. See `scanpipe paper-status list`.", "Box B-1 is empty."),
        ("The daemon has not answered. Your request is kept and will be done; see `scanpipe status`.", "The daemon has not answered. Your request is kept and will be done."),
        ("suzuki さんは起案した方なので承認できません。別の方が承認してください。", "suzuki さんは起案した方なので承認できません。別の方が承認してください。"),
        ("箱 B-1 は進められません:\n2026-000001 は未分類です。分類: scanpipe classify 2026-000001 コード\n2026-000002 は保留中です。", "箱 B-1 は進められません:\n2026-000001 は未分類です。\n2026-000002 は保留中です。"),
    ],
)  # fmt: skip
def test_commands_are_left_out_and_the_reason_stays(said: str, shown: str) -> None:
    assert without_commands(said) == shown
