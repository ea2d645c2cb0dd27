"""The fact of an accession in the catalogue's rows."""

import json
from collections.abc import Iterable
from datetime import datetime

from scanpipe.catalogue.database import Row
from scanpipe.core.model import Accession, PageFile


def accession_of(row: Row, files: Iterable[Row] = ()) -> Accession:
    """The fact in a row of table `accession` and those of table `page_file`."""
    fields = {name: row[name] for name in ("id", "number", "serial", "department", "name", "sha256", "bytes", "media_type", "fiscal_year")}
    duplex = None if row["duplex"] is None else bool(row["duplex"])
    return Accession(
        **fields,
        received=datetime.fromisoformat(row["received"]),
        duplex=duplex,
        declared=json.loads(row["declared"]),
        files=tuple(PageFile(**dict(file)) for file in files),
    )
