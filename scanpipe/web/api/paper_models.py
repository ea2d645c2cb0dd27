"""What /api/v1/stats/paper answers, field by field. Unknown = null."""

from typing import Literal

from pydantic import BaseModel, Field


class PaperFigure(BaseModel):
    """One figure of ledger A as the office has it."""

    month: str = Field(description="YYYY-MM")
    department: str = Field(description='code of the section; "*" = the whole city')
    source: Literal["purchase", "counter", "estimate"]
    unit: Literal["sheet", "side", "ream", "box"]
    quantity: float
    size: str
    duplex: float | None = Field(description="share of the sides that are two on a sheet")
    device: str
    note: str
    line: int = Field(description="of the file, from 1; 0 = entered by hand")


class ReadFigure(PaperFigure):
    """One that was read from the file."""

    sheet: str
    raw: str = Field(description="the cell")
    doubts: list[str] = Field(description="what a person should check, as sentences")


class PaperRemark(BaseModel):
    """What a person should look at."""

    sheet: str
    line: int | None
    value: str
    says: str
    problem: bool = Field(description="the figure was left out")
    like: list[str] = Field(description="sections that were perhaps meant")


class PaperChange(BaseModel):
    before: list[PaperFigure]
    after: list[PaperFigure]


class PaperDoubt(BaseModel):
    """What a person has to look at before it counts: figures with and without a device would both count, or one size of paper takes the place of another."""

    about: Literal["devices", "sizes"]
    month: str
    department: str
    source: Literal["purchase", "counter", "estimate"]


class PaperImport(BaseModel):
    """What was understood of a file, and what of it is new, the same, or another figure than before."""

    file: str
    dry_run: bool = Field(description="nothing was changed")
    rows: list[ReadFigure]
    remarks: list[PaperRemark]
    left_out: int
    new: int
    same: int
    changed: list[PaperChange]
    doubts: list[PaperDoubt]
