"""The names of records in the cabinet: the site's template, or the category's own."""

from dataclasses import replace
from pathlib import Path

from custody import two_sections
from test_my_numbers import ACCESSION, LETTER, read_as

from scanpipe import config
from scanpipe.stages.describe import describe

PLAIN = LETTER.replace("9018", "9012")


def test_a_category_may_have_a_template_of_its_own(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site")
    schedule = settings.file.with_name("retention.toml")
    letter = replace(ACCESSION, declared={"category": "CORRESP"})
    schedule.write_text(
        schedule.read_text("utf-8").replace('code = "CORRESP"', 'code = "CORRESP"\nname_template = "{title}【{kind}】_{number}{extension}"', 1), "utf-8"
    )
    assert describe(letter, read_as(PLAIN), settings).name == "20250604_7総務第5号_給与所得の源泉徴収票の作成について(依頼)_総務課_2025-000001.pdf"
    named = describe(letter, read_as(PLAIN), config.load(settings.file))
    assert named.name == "給与所得の源泉徴収票の作成について【依頼】_2025-000001.pdf"


def test_the_same_facts_give_the_same_name(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site")
    worst = replace(ACCESSION, declared={"title": "CON/" + "長い\u202e題名👨‍👩‍👧髙﨑" * 40 + " . "})
    once, again = describe(worst, read_as(PLAIN), settings), describe(worst, read_as(PLAIN), settings)
    assert once.name == again.name
    assert len(once.name.encode()) <= 240 and once.name.endswith("_2025-000001.pdf") and "\u202e" not in once.name
