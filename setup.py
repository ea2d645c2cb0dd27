"""What pyproject.toml cannot say: compiles the gettext catalogues and ships config/ as the package's defaults. Everything else is there."""

import shutil
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent


class BuildWithCatalogues(build_py):
    """Writes each .mo beside its .po, so that an editable install finds it, too; puts config/*.toml into the wheel as scanpipe/defaults.

    An editable install reads config/ itself (scanpipe/upkeep/machine/site.py).
    """

    def run(self) -> None:
        for source in HERE.glob("scanpipe/locale/*/LC_MESSAGES/*.po"):
            with source.open("rb") as po, source.with_suffix(".mo").open("wb") as mo:
                write_mo(mo, read_po(po))
        super().run()
        if not self.editable_mode:
            defaults = Path(self.build_lib, "scanpipe", "defaults")
            defaults.mkdir(parents=True, exist_ok=True)
            for source in sorted(HERE.glob("config/*.toml")):
                shutil.copyfile(source, defaults / source.name)


setup(cmdclass={"build_py": BuildWithCatalogues})
