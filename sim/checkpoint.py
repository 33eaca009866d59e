"""A run on disk, to go on with: the whole state, the resolved scenario and what was observed (ODD, 4.11 Observation).

A checkpoint is a line that names the format, a SHA-256 of all that follows, and a NumPy archive of plain arrays with
one text of JSON among them. Nothing in it is executed: it may come from somebody else. It is written aside and renamed,
so that one that is there stays until the next is whole. It is read only by the model that wrote it, since another
would go on differently; what goes on is the same to the bit as what was never stopped.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.agents import set_clock
from sim.aside import write_aside
from sim.community import Community
from sim.given import BadInput, plain_json, read_bytes
from sim.rules.room import Room
from sim.scenario import Scenario, validated
from sim.state.events import KINDS
from sim.state.members import COLUMNS, with_more
from sim.state.posts import Kind
from sim.state.tables import OF_MEMBERS
from sim.version import model_hash

FORMAT = b"hearthside checkpoint 2\n"
LARGEST = 40_000_000_000  # bytes; of five million members
ANY_FORMAT = FORMAT.split()[0] + b" checkpoint "
RECORDS = ("now", "count", "company", "closeness")
WHOLE = ("talk", "heard", "library", "volume", "flows", "dawn", "company_value", "member_value")
NEAR, MOST = 1e-9, float(2**62)
# What a column may hold, where it is not a row of another table (`_refuse_unsound`): low and high, both allowed.
BOUNDS: dict[str, tuple[float, float]] = {
    **{f"members.{name}": (0, 1) for name, (_, _, unit) in COLUMNS.items() if unit.split(";")[0].endswith("0-1")},
    **{f"members.{name}": (-NEAR, MOST) for name in ("annoyance", "hurt", "loss", "activity", "adstock", "closeness")},
    **{f"members.{name}": (-NEAR, MOST) for name in ("heard_staff", "heard_member", "written", "helped", "wins")},
    **{f"members.{name}": (0, 1) for name in ("known", "muted", "met", "invited")},
    "members.source": (0, 3), "members.asked": (0, 2), "members.won": (0, 0), "rows.beliefs": (0, 1),
    "rows.ties strength": (-NEAR, 1), "rows.ties back": (-NEAR, 1), "rows.ties memory": (0, MOST),
    "rows.ties exchanges": (0, MOST), "rows.events kind": (0, len(KINDS) - 1), "rows.visits left": (0, MOST),
    "rows.owed turn": (0, MOST),
    **{f"rows.posts {name}": (0, 1) for name in ("hour", "difficulty", "closed", "answered", "hidden", "checked")},
    **{f"rows.posts {name}": (0, MOST) for name in ("heat", "replies", "uses", "breach", "conduct")},
    **{f"rows.norms {name}": (0, MOST) for name in ("sanctions", "breaches", "held_days")},
    **{f"rows.team {name}": (0, MOST) for name in ("minutes", "spent")},
    "one.company experience": (0, 1), "one.company capability": (0, 1), "one.company acted": (0, 1),
    **{f"one.company {name}": (0, MOST) for name in ("adstock", "stories", "exposures", "practical", "feed", "awards")},
    **{f"one.company {name}": (0, MOST) for name in ("practical_staff", "promotions", "money")},
    "all.library": (0, MOST), "all.volume": (0, MOST), "all.talk": (0, MOST), "all.heard": (0, MOST),
}  # fmt: skip
DAYS = (
    *(f"members.{name}" for name in ("joined", "last_visit", "visit_before", "called", "need_day", "last_written")),
    "members.introduced_day", "rows.owed begun", "rows.ties last", "rows.posts day", "rows.insights day",
)  # fmt: skip
WHO = ("author", "last", "attacker", "target", "solver")  # columns of posts that name somebody


class CheckpointError(BadInput):
    """A checkpoint that cannot be used or written; the message is for the person who named it."""


class Checkpoint(NamedTuple):
    """A run as it was: `rows` are the measures observed on `days`, in order; `asked` is what it was asked for."""

    community: Community
    days: list[int]
    rows: list[list[float]]
    asked: dict[str, Any]


def write(
    community: Community,
    path: Path,
    days: list[int] | None = None,
    rows: list[list[float]] | None = None,
    asked: dict[str, Any] | None = None,
) -> None:
    """Write a community and what was observed of it, aside first; between two days.

    Parameters
    ----------
    path : the file; one that is there is replaced once the new one is whole
    days, rows : when it was observed, and each time every measure, in order
    asked : plain values that `read` compares with what it is asked for

    Raises
    ------
    CheckpointError : if it cannot be written; what was there is still there
    """
    path = Path(path)
    arrays, about = _taken(community)
    about |= {"model": model_hash(), "asked": asked or {}, "days": days or []}
    arrays["series"] = np.array(rows or [], np.float64).reshape(len(rows or []), -1 if rows else 0)
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)

    def fill(aside: Path) -> None:
        with packed.getbuffer() as content, open(aside, "wb") as file:  # no view stays open, whatever fails
            file.write(FORMAT + hashlib.sha256(content).hexdigest().encode() + b"\n")
            file.write(content)

    try:
        write_aside(path, fill)
    except OSError as error:
        note = "; the one before is still there" if path.is_file() else ""
        raise CheckpointError(f"checkpoint `{path}`: cannot be written ({error.strerror}){note}") from None


def read(path: Path, asked: dict[str, Any] | None = None, rules: Iterable[Any] = ()) -> Checkpoint:
    """Read a checkpoint, to go on from it.

    Parameters
    ----------
    asked : what the run that goes on is asked for; None: whatever the checkpoint is of
    rules : the own rules that it lived under, for a file holds no code

    Raises
    ------
    CheckpointError : if it is no checkpoint, is not whole, is of another model, or of a run that was asked for
        otherwise
    """
    path = Path(path)
    try:
        data = read_bytes(path, LARGEST)
    except OSError as error:
        raise CheckpointError(f"checkpoint `{path}`: cannot be read ({error.strerror})") from None
    except BadInput as error:
        raise CheckpointError(f"checkpoint {error}") from None
    begun, at = FORMAT[: len(data)] == data[: len(FORMAT)], len(FORMAT) + 65
    if data.startswith(ANY_FORMAT) and not begun:
        raise CheckpointError(f"checkpoint `{path}`: is of another version of the format; name a new file")
    if not begun or not data:
        raise CheckpointError(f"checkpoint `{path}`: is not a checkpoint; name a new file, or one that a run wrote")
    if data[len(FORMAT) : at] != hashlib.sha256(memoryview(data)[at:]).hexdigest().encode() + b"\n":
        raise CheckpointError(f"checkpoint `{path}`: is cut off or damaged; go on from another, or begin anew")
    try:
        with np.load(io.BytesIO(memoryview(data)[at:]), allow_pickle=False) as archive:
            if any(item.compress_type for item in archive.zip.infolist()):
                raise ValueError("it is packed, and could be of any size unpacked")
            arrays = {name: archive[name] for name in archive.files}
        about = plain_json(arrays["about"].tobytes())
        _refuse_other(path, about, asked)
        _refuse_other_rules(path, about["rules"], tuple(rules))
        community = _given(arrays, about, tuple(rules))
        return Checkpoint(community, about["days"], arrays["series"].tolist(), about["asked"])
    except CheckpointError:
        raise
    except Exception as error:  # whatever a file from somewhere else makes of NumPy, JSON or the scenario
        raise CheckpointError(f"checkpoint `{path}`: does not hold what a checkpoint holds ({error})") from None


def _refuse_other(path: Path, about: dict, asked: dict[str, Any] | None) -> None:
    """Refuse a checkpoint of another version of the model, or of a run with other options."""
    if about["model"] != model_hash():
        raise CheckpointError(
            f"checkpoint `{path}`: was written by another version of the model ({about['model']}, this is "
            f"{model_hash()}), which would go on differently; begin anew with a new file"
        )
    stored = about["asked"]
    if asked is not None and stored != asked:
        differences = [f"{key} {stored.get(key)}, asked for {asked.get(key)}" for key in asked | stored
                       if stored.get(key) != asked.get(key)]  # fmt: skip
        raise CheckpointError(f"checkpoint `{path}`: is of another run ({'; '.join(differences)}); name a new file")


def _refuse_other_rules(path: Path, stored: dict[str, str], rules: tuple) -> None:
    """Refuse to go on under other own rules than before."""
    if {rule.name: rule.fingerprint() for rule in rules} != stored:
        names = ", ".join(f"`{name}`" for name in stored) or "none"
        raise CheckpointError(f"checkpoint `{path}`: its own rules are {names}, as they were when it was written; give "
                              f"these in `rules`, unchanged, or name a new file")  # fmt: skip


def _rows_in_use(c: Community) -> dict[str, int]:
    """How many rows of each table are in use, and so determine the community's future."""
    now = c.tables.now
    of_rules = {name: now.members for name in c.tables.of_members[len(OF_MEMBERS) :]}
    of_rules |= {f"own.{rule.name}": 1 for rule in c.scenario.rules}
    return {"beliefs": now.members, "ties": now.tie_rows, "posts": now.next - now.start,
            "norms": len(c.scenario.norms), "team": len(c.team), "insights": now.insights, "works": now.works,
            "owed": now.owed, "messages": now.messages, "visits": now.visitors,
            "recent": now.recent, "events": c.tables.count.events, **of_rules}  # fmt: skip


def _taken(c: Community) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Everything that determines the future of a community and its measures: arrays, and plain values."""
    tables = c.tables
    arrays = {f"rows.{name}": tables.rows[name][:count] for name, count in _rows_in_use(c).items()}
    arrays |= {f"members.{name}": column[: tables.now.members] for name, column in tables.columns.items()}
    arrays |= {f"one.{name}": np.array(getattr(tables, name)).reshape(1) for name in RECORDS}
    arrays |= {f"all.{name}": getattr(tables, name) for name in WHOLE}
    about = {
        "scenario": c.scenario.resolved(), "origins": c.scenario.origins, "path": c.scenario.path, "seed": c.root,
        "day": c.day, "keep_events": c.keep_events, "epoch": c.epoch,
        "rules": {rule.name: rule.fingerprint() for rule in c.scenario.rules},
    }  # fmt: skip
    return arrays, about


def _given(arrays: dict[str, np.ndarray], about: dict[str, Any], rules: tuple) -> Community:
    """The community rebuilt from what `_taken` returned."""
    scenario: Scenario = validated(about["scenario"], about["origins"], about["path"], rules=rules)
    c = Community(scenario, about["seed"], keep_events=about["keep_events"])
    tables, n = c.tables, arrays["members.key"].size
    members = {name: _like(arrays, f"members.{name}", column.dtype, (n,)) for name, column in tables.columns.items()}
    tables.columns = with_more(members, n, max(len(tables.columns["key"]), n))
    for name in _rows_in_use(c):
        rows, count = tables.rows[name], len(arrays[f"rows.{name}"])
        tables.rows[name] = _filled(_like(arrays, f"rows.{name}", rows.dtype, (count, *rows.shape[1:])), len(rows))
    for name in RECORDS:
        record = getattr(tables, name)
        array = _like(arrays, f"one.{name}", record.dtype, (1,))
        for field in record.dtype.names:  # in place: an archive's record is not aligned; rules would be compiled anew
            record[field] = array[field][0]
    for name in WHOLE:
        whole = getattr(tables, name)
        whole[:] = _like(arrays, f"all.{name}", whole.dtype, whole.shape)
    c.day, c.epoch = about["day"], about["epoch"]
    _refuse_out_of_range(arrays, c.day)
    _refuse_unsound(c, {name: len(array) for name, array in arrays.items()})
    tables.make_room(Room(len(tables.columns["key"]), *(0 for _ in Room._fields[1:])))
    set_clock(c, c.day)
    return c


def _like(arrays: dict[str, np.ndarray], name: str, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """An array of this type and shape; ValueError if it is another."""
    array = arrays[name]
    if array.dtype != dtype or array.shape != shape:
        raise ValueError(f"{name} is {array.dtype} {array.shape}, not {dtype} {shape}")
    return array


def _filled(rows: np.ndarray, room: int) -> np.ndarray:
    """A table of `room` rows or more that begins with these; the rest is zero."""
    table = np.zeros((max(room, len(rows)), *rows.shape[1:]), rows.dtype)
    table[: len(rows)] = rows
    return table


def _refuse_out_of_range(arrays: dict[str, np.ndarray], day: int) -> None:
    """Refuse what is no number, and what lies outside of `BOUNDS`, or after `day`."""
    for name, array in arrays.items():
        for field in array.dtype.names or ("",):
            values, key = (array[field], f"{name} {field}") if field else (array, name)
            low, high = BOUNDS.get(key, (-np.inf, day if key in DAYS else np.inf))
            if key != "series" and values.dtype.kind == "f" and not np.isfinite(values).all():
                raise ValueError(f"{key} is not a number somewhere")
            if values.size and (values.min() < low or values.max() > high):
                raise ValueError(f"{key} lies outside of {low:g} to {high:g}")


def _refuse_unsound(c: Community, counts: dict[str, int]) -> None:
    """Refuse row numbers and places outside of the tables: compiled rules would read there unchecked.

    counts : how many rows each array of the checkpoint has
    """
    tables, now, world = c.tables, c.tables.now, c.scenario.community
    if not 0 <= now.members <= len(tables.columns["key"]):
        raise ValueError(f"{now.members} members in {len(tables.columns['key'])} rows")
    for name, count in _rows_in_use(c).items():
        if counts[f"rows.{name}"] != count:
            raise ValueError(f"{name} has {counts[f'rows.{name}']} rows, not {count}")
    if not 0 <= now.start <= now.oldest <= now.next:
        raise ValueError(f"posts {now.oldest} to {now.next} from {now.start} on")
    tables.version += 1
    m, posts, n, team = c.members.view, c.posts, int(now.members), len(c.team)
    has = m.tie_room > 0
    insights, works, owed = (tables.rows[name][: getattr(now, name)] for name in ("insights", "works", "owed"))
    within = {
        "partner": (tables.ties["partner"], 0, n), "tie_count": (m.tie_count, 0, m.tie_room + 1),
        "tie_room": (m.tie_room, 0, c.scenario.ties.slots + 1), "tie_row": (m.tie_row, -1, now.tie_rows),
        "row of ties": (m.tie_row[has], 0, now.tie_rows - m.tie_room[has] + 1),
        "day": (np.array([c.day]), 0, world.days + 1), "visitor": (tables.rows["visits"]["row"][: now.visitors], 0, n),
        "recent": (tables.rows["recent"][: now.recent], 0, n), "kind": (posts["kind"], 0, len(Kind)),
        "post topic": (posts["topic"], 0, world.topics), "insight": (insights["member"], 0, n),
        "work": (works["member"], -1, n), "touchpoint": (insights["touchpoint"], 0, 4),
        "work's touchpoint": (works["touchpoint"], 0, 4), "stage": (m.stage, 0, 6),
        "member's touchpoint": (m.touchpoint, 0, 4), "need": (m.need, -1, world.topics),
        "introduced": (m.introduced, -1, n), "waits": (posts["waits"], -1, n), "owes": (owed["who"], 0, n),
        "owed": (owed["to"], -1 - team, n), "thread": (owed["thread"], -1, now.next),
    }  # fmt: skip
    within |= {name: (getattr(m, name), 0, world.topics) for name in ("topic", "second")}
    within |= {name: (getattr(m, name), -1, now.next) for name in ("post", "question")}
    within |= {f"post {name}": (posts[name], -1 - team, n) for name in WHO}
    for name, (values, low, high) in within.items():
        if values.size and ((values < low) | (values >= high)).any():
            raise ValueError(f"{name} lies outside of {low} to {np.min(high) - 1}")
    if (owed["due"][1:] < owed["due"][np.arange(now.owed - 1) // 2]).any():
        raise ValueError("answers owed lie in no order")
