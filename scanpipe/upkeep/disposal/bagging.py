"""Makes a folder a BagIt bag (RFC 8493, sha512) and checks it, in a process of its own: the library works in the folder as its current one, which a daemon
with threads must not.

    python -m scanpipe.upkeep.disposal.bagging FOLDER < bag-info.json      prints the sha512 of its tag manifest
"""

import hashlib
import json
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import bagit

VERSION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"  # RFC 8493; the library writes its draft's number, with which a bag is the same else
TAG_MANIFEST = "tagmanifest-sha512.txt"


def make(folder: Path, info: Mapping[str, str]) -> str:
    """What lies in the folder becomes the payload of a bag in its place. Returns the sha512 of its tag manifest. Raises bagit.BagError."""
    bag = bagit.make_bag(str(folder), dict(info), checksums=["sha512"])
    (folder / "bagit.txt").write_text(VERSION, "utf-8")
    bag.save()
    return check(folder)


def check(folder: Path) -> str:
    """The sha512 of the tag manifest of a bag whose every file is what the bag says. Raises bagit.BagError."""
    bagit.Bag(str(folder)).validate()
    return hashlib.sha512((folder / TAG_MANIFEST).read_bytes()).hexdigest()


def main() -> int:
    logging.disable(logging.INFO)
    try:
        digest = make(Path(sys.argv[1]), json.load(sys.stdin))
    except (bagit.BagError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return os.EX_TEMPFAIL
    print(digest)  # noqa: T201
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
