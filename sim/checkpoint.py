"""A run on disk, to go on with: the whole state, the resolved scenario and what was observed (ODD, 4.11 Observation).

A checkpoint is a line that names the format, a SHA-256 of all that follows, and a NumPy archive of plain arrays with
one text of JSON among them. Nothing in it is executed: it may come from somebody else. It is written aside and renamed,
so that one that is there stays until the next is whole. It is read only by the model that wrote it, since another
would go on differently; what goes on is the same to the bit as what was never stopped.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import math
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim import events as log
from sim.agents import set_clock
from sim.community import Community
from sim.company import Company, Insight, Work
from sim.events import Events
from sim.members import Members
from sim.posts import Kind, Posts
from sim.scenario import Scenario, validated
from sim.ties import TieSlots
from sim.version import model_hash

FORMAT = b"hearthside checkpoint 1\n"
ANY_FORMAT = FORMAT.split()[0] + b" checkpoint "
TODAY = ("visitors", "hours", "left", "turns", "bits", "recent")  # arrays of the community that a day overwrites
LISTS: dict[str, Any] = {"backlog": Insight, "works": Work}
WHO = ("author", "last", "attacker", "target", "solver")  # columns of posts that name somebody
SUMS = ("company_value", "member_value")


class CheckpointError(ValueError):
    """A checkpoint that cannot be used or written; the message is for the person who named it."""


class Checkpoint(NamedTuple):
    """A run as it was: `rows` are the measures observed on `days`, `asked` is what the run was asked for."""

    community: Community
    days: list[int]
    rows: list[dict[str, float]]
    asked: dict[str, Any]


def write(
    community: Community,
    path: Path,
    days: list[int] | None = None,
    rows: list[dict[str, float]] | None = None,
    asked: dict[str, Any] | None = None,
) -> None:
    """Write a community and what was observed of it, aside first; between two days.

    Parameters
    ----------
    path : the file; one that is there is replaced once the new one is whole
    days, rows : when it was observed, and each time every measure
    asked : plain values that `read` compares with what it is asked for

    Raises
    ------
    CheckpointError : if it cannot be written; what was there is still there
    """
    path = Path(path)
    arrays, said = _taken(community)
    names = list(rows[0]) if rows else []
    said |= {"model": model_hash(), "asked": asked or {}, "days": days or [], "measures": names}
    arrays["rows"] = np.array([[row[name] for name in names] for row in rows or []]).reshape(
        len(rows or []), len(names)
    )
    arrays["said"] = np.frombuffer(json.dumps(said).encode(), np.uint8)
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with packed.getbuffer() as content, open(aside, "wb") as file:  # no view stays open, whatever fails
            file.write(FORMAT + hashlib.sha256(content).hexdigest().encode() + b"\n")
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError as error:
        kept = "; the one before is still there" if path.is_file() else ""
        raise CheckpointError(f"checkpoint `{path}`: cannot be written ({error.strerror}){kept}") from None
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)


def read(path: Path, asked: dict[str, Any] | None = None) -> Checkpoint:
    """Read a checkpoint, to go on from it.

    Parameters
    ----------
    asked : what the run that goes on is asked for; None: whatever the checkpoint is of

    Raises
    ------
    CheckpointError : if it is no checkpoint, is not whole, is of another model, or of a run that was asked for
        otherwise
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"checkpoint `{path}`: cannot be read ({error.strerror})") from None
    begun, at = FORMAT[: len(data)] == data[: len(FORMAT)], len(FORMAT) + 65
    if data.startswith(ANY_FORMAT) and not begun:
        raise CheckpointError(f"checkpoint `{path}`: is of another version of the format; name a new file")
    if not begun or not data:
        raise CheckpointError(f"checkpoint `{path}`: is not a checkpoint; name a new file, or one that a run wrote")
    if data[len(FORMAT) : at] != hashlib.sha256(memoryview(data)[at:]).hexdigest().encode() + b"\n":
        raise CheckpointError(f"checkpoint `{path}`: is cut off or damaged; go on from another, or begin anew")
    try:
        with np.load(io.BytesIO(memoryview(data)[at:]), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        said = json.loads(arrays["said"].tobytes())
        _refuse_other(path, said, asked)
        community = _given(arrays, said)
        rows = [dict(zip(said["measures"], row, strict=True)) for row in arrays["rows"].tolist()]
        return Checkpoint(community, said["days"], rows, said["asked"])
    except CheckpointError:
        raise
    except Exception as error:  # whatever a file from somewhere else makes of NumPy, JSON or the scenario
        raise CheckpointError(f"checkpoint `{path}`: does not hold what a checkpoint holds ({error})") from None


def _refuse_other(path: Path, said: dict, asked: dict[str, Any] | None) -> None:
    if said["model"] != model_hash():
        raise CheckpointError(
            f"checkpoint `{path}`: was written by another version of the model ({said['model']}, this is "
            f"{model_hash()}), which would go on differently; begin anew with a new file"
        )
    if asked is None or said["asked"] == asked:
        return
    apart = [f"{key} {said['asked'].get(key)}, asked for {asked.get(key)}" for key in asked | said["asked"]
             if said["asked"].get(key) != asked.get(key)]  # fmt: skip
    raise CheckpointError(f"checkpoint `{path}`: is of another run ({'; '.join(apart)}); name a new file")


def _taken(c: Community) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """All that the future of a community and its measures hang on: arrays, and plain values."""
    arrays: dict[str, np.ndarray] = {}
    for table, columns in (("members", c.members.view), ("ties", c.ties.view), ("posts", c.posts), ("norms", c.norms)):
        arrays |= {f"{table}.{name}": column for name, column in columns._asdict().items()}
    arrays |= {name: getattr(c, name) for name in TODAY if hasattr(c, name)}
    arrays |= {"flows": c.flows, "volume": c.volume, "tide": c.tide}
    plain: dict[str, Any] = {}
    for name, item in vars(c.company).items():
        if name in LISTS:
            arrays[f"company.{name}"] = np.array(item, np.float64).reshape(len(item), len(LISTS[name]._fields))
        elif name == "messages":
            arrays["company.messages"] = np.array(item, np.float64).reshape(len(item), 6)
        elif isinstance(item, np.ndarray | np.generic):
            arrays[f"company.{name}"] = np.asarray(item)
        else:
            plain[name] = item
    for person in c.team:
        arrays[f"team.{person.number}.talk"] = person.talk
    for name in Events._fields:
        days = [np.zeros(0, getattr(log.buffer(0), name).dtype), *(getattr(day, name) for day in c.event_log)]
        arrays[f"events.{name}"] = np.concatenate(days)
    said = {
        "scenario": c.scenario.resolved(), "origins": c.scenario.origins, "path": c.scenario.path, "seed": c.root,
        "day": c.day, "keep_events": c.keep_events, "epoch": c.epoch, "money_spent": float(c.money_spent),
        "gatherings": c.gatherings, "company": plain,
        "team": [{"minutes": person.minutes, "spent": person.spent} for person in c.team],
        **{name: {line: float(worth) for line, worth in getattr(c, name).items()} for name in SUMS},
    }  # fmt: skip
    return arrays, said


def _given(arrays: dict[str, np.ndarray], said: dict[str, Any]) -> Community:
    """The community that `_taken` took apart."""
    scenario: Scenario = validated(said["scenario"], said["origins"], said["path"])
    c = Community(scenario, said["seed"], keep_events=said["keep_events"])
    n = arrays["members.key"].size
    c.members, c.ties = Members(len(scenario.norms), n), TieSlots(scenario.ties.slots, n)
    c.members.add(n)
    c.ties.add(n)
    for table, columns in (("members", c.members.view), ("ties", c.ties.view), ("norms", c.norms)):
        for name, column in columns._asdict().items():
            column[:] = _like(arrays, f"{table}.{name}", column, column.shape)
    room = arrays["posts.author"].shape
    c.posts = Posts(*(_like(arrays, f"posts.{name}", column, room if name != "span" else (2,))
                      for name, column in c.posts._asdict().items()))  # fmt: skip
    for name in TODAY:
        if name in arrays:
            setattr(c, name, arrays[name])
    c.flows[:], c.volume[:], c.tide[:] = (
        _like(arrays, name, getattr(c, name), getattr(c, name).shape) for name in ("flows", "volume", "tide")
    )
    c.company = _company(arrays, said, c.company)
    for person, held in zip(c.team, said["team"], strict=True):
        if [*held["minutes"], *held["spent"]] != [*person.minutes, *person.spent]:
            raise ValueError(f"{person.name} has other activities")
        person.minutes, person.spent = held["minutes"], held["spent"]
        person.talk = _like(arrays, f"team.{person.number}.talk", person.talk, person.talk.shape)
    for name in SUMS:
        setattr(c, name, {line: float(said[name][line]) for line in getattr(c, name)})
    c.day, c.epoch, c.money_spent, c.gatherings = (said[name] for name in ("day", "epoch", "money_spent", "gatherings"))
    used = arrays["events.used"]
    ends = np.cumsum(used).tolist()
    logged = [arrays[f"events.{name}"] for name in Events._fields[:-1]]
    c.event_log = [
        Events(*(column[end - count : end] for column in logged), used[k : k + 1])  # type: ignore[call-arg]
        for k, (end, count) in enumerate(zip(ends, used.tolist(), strict=True))
    ]
    _refuse_unsound(c)
    set_clock(c, c.day)
    return c


def _company(arrays: dict[str, np.ndarray], said: dict[str, Any], founded: Company) -> Company:
    held = dict(said["company"])
    for name in vars(founded):
        item: Any = arrays.get(f"company.{name}")
        if name in LISTS:
            whole = [k for k, field in enumerate(LISTS[name]._fields) if field != "gain"]
            rows = [[int(x) if k in whole else np.float64(x) for k, x in enumerate(row)] for row in item.tolist()]
            held[name] = [LISTS[name]._make(row) for row in rows]
        elif name == "messages":
            held[name] = [(int(topic), *rest, int(story), novelty, reach)
                          for topic, *rest, story, novelty, reach in item.tolist()]  # fmt: skip
        elif item is not None:
            held[name] = (
                _like(arrays, f"company.{name}", np.zeros(0), getattr(founded, name).shape) if item.ndim else item[()]
            )
    return Company(**held)


def _like(arrays: dict[str, np.ndarray], name: str, column: np.ndarray, shape: tuple) -> np.ndarray:
    """An array of the type of `column` and of `shape`; ValueError if it is another."""
    found = arrays[name]
    if found.dtype != column.dtype or found.shape != shape:
        raise ValueError(f"{name} is {found.dtype} {found.shape}, not {column.dtype} {shape}")
    return found


def _refuse_unsound(c: Community) -> None:
    """Refuse rows and places that lie outside of the columns: compiled rules would look there."""
    m, ties, posts, world = c.members.view, c.ties.view, c.posts, c.scenario.community
    n, team, following = m.key.size, len(c.team), int(posts.span[1])
    used = np.arange(ties.partner.shape[1]) < ties.count[:, None]
    within = {
        "partner": (ties.partner[used], 0, n), "count": (ties.count, 0, ties.partner.shape[1] + 1),
        "span": (np.diff(posts.span), 0, posts.author.size + 1), "serial": (posts.span, 0, math.inf),
        "day": (np.array([c.day]), 0, world.days + 1), "visitors": (c.visitors, 0, n), "recent": (c.recent, 0, n),
        "kind": (posts.kind, 0, len(Kind)), "post topic": (posts.topic, 0, world.topics),
        "insight": (np.array([i.member for i in c.company.backlog]), 0, n),
        "work": (np.array([w.member for w in c.company.works]), -1, n),
        "touchpoint": (np.array([i.touchpoint for i in c.company.backlog]), 0, 4),
        "work's touchpoint": (np.array([w.touchpoint for w in c.company.works]), 0, 4),
        "stage": (m.stage, 0, 6), "member's touchpoint": (m.touchpoint, 0, 4),
    }  # fmt: skip
    within |= {name: (getattr(m, name), 0, world.topics) for name in ("topic", "second")}
    within |= {"caller": (m.caller, -1 - team, n), "introduced": (m.introduced, -1, n)}
    within |= {name: (getattr(m, name), -1, following) for name in ("thread", "post", "question")}
    within |= {f"post {name}": (getattr(posts, name), -1 - team, n) for name in WHO}
    within["need"] = (m.need, -1, world.topics)
    for name, (values, low, high) in within.items():
        if values.size and (values.min() < low or values.max() >= high):
            raise ValueError(f"{name} lies outside of {low} to {high - 1}")
