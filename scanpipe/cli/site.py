"""The site that a verb works on: its settings, its catalogue, and what its sections and categories are called."""

import argparse
import contextlib
from collections.abc import Iterator

from scanpipe import config
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.core.retention import Category
from scanpipe.errors import NotFound, ScanpipeError
from scanpipe.i18n import N_


def settings_of(options: argparse.Namespace) -> Settings:
    """Raises ConfigError."""
    return config.load(config.find_config(options.config))


@contextlib.contextmanager
def reading(settings: Settings) -> Iterator[CatalogueReader]:
    """The catalogue as it is now. Raises NoCatalogue, OtherCatalogue."""
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        yield reader
    finally:
        reader.close()


def name_of(settings: Settings, code: str) -> str | None:
    """The section's name; None where no section has this code."""
    try:
        return settings.department(code).name
    except ScanpipeError:
        return None


def category_of(settings: Settings, code: str) -> Category:
    """Raises NotFound with the codes that there are."""
    category = settings.schedule.categories.get(code)
    if category is None:
        raise no_category(code, settings)
    return category


def no_category(code: str, settings: Settings) -> NotFound:
    """What is said to who asked for it."""
    return NotFound(N_("There is no category {code} in retention.toml. Its codes are: {codes}"), code=code, codes=", ".join(settings.schedule.categories))
