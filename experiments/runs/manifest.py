"""What a stored study says of itself, checked before anything of it is used: it may come from somebody else.

A folder of a study is read with nothing but what lies in it: links that lead out of it, pipes and devices are refused.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from experiments.runs.files import StoreError
from experiments.runs.given import MOST_SEED
from sim.given import plain_json, read_bytes

if TYPE_CHECKING:
    import pyarrow as pa

LARGEST = 30_000_000  # bytes of a manifest
Key = Annotated[str, Field(min_length=1, max_length=200)]
Line = Annotated[str, Field(max_length=1000)]
Text = Annotated[str, Field(max_length=100_000)]
Word = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class _Checked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class _Measure(_Checked):
    """As `sim.measures.Measure`."""

    label: Key
    unit: Line
    kind: Literal["state", "flow"]
    about: Line
    better: Literal["more", "less", ""]


class _Entry(_Checked):
    """As `sim.scenario.Entry`, and whether it is assumed."""

    key: Key
    value: bool | int | float | Line
    unit: Line
    range: Annotated[list[bool | int | float | Line], Field(max_length=100)]
    source: Line
    about: Line
    origin: Line
    assumed: bool
    prior: Annotated[list[int | float], Field(max_length=2)] = []  # of these, older manifests say nothing
    why: Line = ""
    constant: Line = ""


class _Part(BaseModel):
    """What is read of a part that has more: the rest is not used, or is checked by whoever uses it."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


class _Community(_Part):
    members: Annotated[int, Field(ge=1)]


class _Strategy(_Part):
    hours: dict[Key, float]


class _Resolved(_Part):
    __pydantic_extra__: dict[Key, Any]
    community: _Community
    strategy: _Strategy


class _Cost(_Checked):
    """As `runs.given.cost` makes it."""

    hours_per_week: Annotated[float, Field(ge=0)]
    wage: float
    money_per_week: float
    cost_per_week: float


class _Scenario(_Checked):
    question: Line = ""
    digest: Word
    resolved: _Resolved
    cost: _Cost
    entries: list[_Entry] = []


class _Posterior(_Checked):
    draws: Annotated[int, Field(ge=1)]
    digest: Word


class _Known(_Checked):
    """As `comparison.known.Known.facts` makes it."""

    like: dict[Key, float]
    know: dict[Key, bool | int | float | Line]
    draws: Annotated[int, Field(ge=1)]
    left: Annotated[float, Field(gt=0)] | None
    few: bool
    notes: Annotated[list[Line], Field(max_length=100)]


class _Worlds(_Checked):
    """As `comparison.worlds.Worlds.facts` makes it."""

    kind: Literal["priors", "population", "posterior"]
    draws: Annotated[int, Field(ge=1)]
    digest: Word
    keys: Annotated[list[Key], Field(min_length=1, max_length=10_000)]
    fixed: Annotated[list[Key], Field(max_length=10_000)]
    around: Line | None
    nothing: Key
    known: _Known | None = None


class _Mix(_Part):
    goals: list[Key]


class _Sheet(_Part):
    """What is read of a study file in any store; who reads more of it checks it as `study.file.StudyFile`."""

    design: Line
    measures: list[Key] | None
    mix: _Mix | None
    days: list[Annotated[int, Field(ge=0)]] | None
    every: Annotated[int, Field(ge=1)] | None
    replicates: Annotated[int, Field(ge=1)] | None
    most: Annotated[int, Field(ge=2)]
    precision: Annotated[float, Field(ge=0, le=1)] | None


class Manifest(_Checked):
    """The manifest of a study or a comparison, as `store.manifest` makes it."""

    format: str
    name: Key
    question: Annotated[str, Field(max_length=2000)]
    prediction: Annotated[str, Field(max_length=4000)] = ""
    study: Annotated[str, Field(max_length=1_000_000)] = ""
    sheet: _Sheet
    command: Text = ""
    started: Line = ""
    root_seed: Annotated[int, Field(ge=0, le=MOST_SEED)]
    labels: Annotated[list[Key], Field(min_length=1, max_length=100)]
    keys: Annotated[list[Key], Field(max_length=10_000)]
    places: Annotated[int, Field(ge=1, le=100_000_000)]
    model: Line
    commit: Line
    versions: dict[Key, Line] = {}
    machine: dict[Key, int | Line | None] = {}
    measures: Annotated[dict[Key, _Measure], Field(min_length=1)]
    scenarios: dict[Key, _Scenario]
    values: dict[Key, _Entry] = {}
    founded_from: Line | None = None
    currency: Annotated[str, Field(max_length=8, pattern=r"^\S+$")] = "currency"
    posterior: _Posterior | None = None
    worlds: _Worlds | None = None
    why: Annotated[int, Field(ge=2)] | None = None
    beyond: list[Line] = []


def read(folder: Path, form: str) -> dict[str, Any]:
    """The manifest of the folder of a study, as plain data.

    Raises
    ------
    StoreError : if there is none, it is not of this form, or something in the folder leads out of it
    """
    path = folder / "manifest.json"
    refuse_leading_out(folder)
    try:
        data = read_bytes(path, LARGEST)
    except OSError:
        raise StoreError(f"`{folder}` holds no study (no manifest.json in it)") from None
    try:
        stored = plain_json(data)
    except ValueError as error:
        raise StoreError(f"{path}: is not valid JSON ({error})") from None
    if not isinstance(stored, dict) or stored.get("format") != form:
        raise StoreError(f"{path}: is not of the format `{form}`, the one that this version reads")
    try:
        checked = Manifest.model_validate(stored)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))[:100]
        raise StoreError(f"{path}: key `{where}`: {fault['msg']}; it was not written by this program") from None
    sheet = checked.sheet
    measures = [*(sheet.measures or []), *(sheet.mix.goals if sheet.mix else [])]
    for key, known, named in (
        ("scenarios", checked.scenarios, checked.labels),
        ("measures", checked.measures, measures),
    ):
        if missing := [name for name in named if name not in known]:
            raise StoreError(f"{path}: key `{key}`: says nothing of `{missing[0]}`, of which the study is")
    if checked.worlds and checked.worlds.nothing not in checked.labels:
        raise StoreError(f"{path}: key `worlds.nothing`: is none of the scenarios of which the study is")
    return stored


def refuse_leading_out(folder: Path) -> None:
    """Raise StoreError where an entry of the folder or of one in it is a link that leads out, a pipe or a device."""
    if not folder.is_dir():
        return
    root = folder.resolve()
    for inside in (folder, *(folder / name for name in ("runs", "network", "figures", "tables"))):
        if not inside.is_dir():
            continue
        with os.scandir(inside) as entries:
            odd = [Path(entry) for entry in entries if entry.is_symlink() or not (entry.is_file() or entry.is_dir())]
        for path in odd:
            if not path.is_symlink() or not path.resolve().is_relative_to(root):
                what = "a link that leads out of the folder" if path.is_symlink() else "a pipe or a device"
                raise StoreError(f"`{path}`: is {what}; nothing is read or written through it: take it away")


def refuse_other_columns(path: Path, manifest: dict[str, Any], measured: bool) -> pa.Schema:
    """Raise StoreError unless a file is a Parquet file with the columns of what the manifest tells of.

    measured : whether it has rows of runs; else the planned points. Returns its columns.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        if measured and isinstance(error, FileNotFoundError):  # gathered meanwhile
            raise
        raise StoreError(f"`{path}`: is no whole Parquet file ({str(error)[:100]})") from None
    types, texts, whole, numbers = pa.types, ["point", "scenario"], ["place"], []
    if measured:
        texts, whole, numbers = [*texts, "error"], ["replicate", "seed", "day"], list(manifest["measures"])
    for wanted, names, fits in (
        ("text", texts, lambda kind: types.is_string(kind) or types.is_large_string(kind)),
        ("whole numbers", whole, types.is_integer),
        ("numbers", numbers, types.is_floating),
        ("one value a row", manifest["keys"], lambda kind: not types.is_nested(kind)),
    ):
        for name in names:
            if schema.names.count(name) != 1 or not fits(schema.field(name).type):
                raise StoreError(
                    f"`{path}`: column `{name}`: is not there once, or is not {wanted}, as the study has it"
                )
    return schema
