"""What tests/fuzz.py changes: for each kind a few valid files, and the reader, which also looks at what it took."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import tomli_w

from experiments.calibration import draws, simulate
from experiments.comparison import report as comparison
from experiments.comparison.verdict import verdict
from experiments.effects import logs as effects
from experiments.pages import page, terminal
from experiments.runs.journal import Journal
from experiments.runs.pool import Pool
from experiments.study import design, file, report, status, sweep
from sim import checkpoint
from sim.community import Community
from sim.given import BadInput
from sim.logs.log import Log
from sim.logs.patterns import patterns
from sim.logs.readers import read as read_log
from sim.logs.readers.messages import LATEST
from sim.scenario import load, validated
from sim.version import model_hash
from studio import messages
from studio.connection import Connection
from studio.replaying import replay
from studio.session import Session
from studio.setup import Setup
from studio.spread import Runner
from tests import test_readers as exports
from tests.fuzz import Files, OutOfRange
from tests.laws import FLAGS, NEAR, NOT_NEGATIVE, SHARES, Watch
from tests.worlds import bound

SMALL = {"community.members": 20, "community.days": 3}


class Kind(NamedTuple):
    """`usual`: how many examples the long form tries; `few`: how many CI does."""

    examples: Callable[[], list[Files]]
    read: Callable[[Path], object]
    usual: int
    few: int


def sound(what: Callable[..., Any], *given: Any) -> None:
    """Raise OutOfRange where a law or a bound of tests/laws.py does not hold."""
    try:
        what(*given)
    except (AssertionError, IndexError) as error:
        raise OutOfRange(f"{what.__name__}: {error}") from error


# Scenarios and studies


def scenario_files() -> list[Files]:
    whole = load("facilitation", SMALL).resolved()
    few = b'base = "broadcast"\nquestion = "What?"\n[ties]\ngain = 0.1\n[norms.civility]\nstart = 0.5\n'
    return [{"mine.toml": tomli_w.dumps(whole).encode()}, {"mine.toml": few}]


def read_scenario(folder: Path) -> None:
    said = load(str(folder / "mine.toml")).resolved()
    said["community"] |= {"members": 20, "days": 3, "topics": said["community"]["topics"]}
    bound(said)
    watch = Watch(Community(validated(said, {}, "fuzz"), 1, keep_events=True))
    for _ in range(3):
        sound(watch.day)


def study_files() -> list[Files]:
    least = b'question = "q"\nscenarios = ["broadcast", "facilitation"]\nreplicates = 2\ndays = [2, 4]\n'
    held = b"[hold]\ncommunity.members = 30\ncommunity.days = 4\n"
    grid = b'[vary]\nties.gain = [0.05, 0.1]\nties.slots = { low = 5, high = 20, steps = 3, scale = "log" }\n'
    mix = b'question = "q"\nscenarios = ["facilitation"]\nreplicates = 2\n[mix]\ngoals = ["intimacy"]\ntrials = 10\n'
    cube = b'design = "sobol"\npoints = 8\nmeasures = ["intimacy"]\n' + held + b'[vary]\n"ties.*" = "range"\n'
    return [{"mine.toml": text} for text in (least + held + grid, mix + held, least + cube)]


def read_study(folder: Path) -> None:
    study = file.read(str(folder / "mine.toml"))
    plan = design.Plan(study, "model")
    plan.refuse_faults()
    if not 1 <= study.first_replicates <= 10_000 or not plan.places >= 1:
        raise OutOfRange(f"{plan.places} places, {study.first_replicates} replicates")


# Logs


def in_folder(build: Callable[[Path], Any]) -> Callable[[], list[Files]]:
    """Examples out of a builder of tests/test_readers.py, unpacked where it packs."""

    def examples() -> list[Files]:
        with tempfile.TemporaryDirectory() as name:
            made = build(Path(name))
            if made.suffix == ".zip":
                with zipfile.ZipFile(made) as packed:
                    return [{f"log/{inside}": packed.read(inside) for inside in packed.namelist()}]
            inside = sorted(path for path in Path(name).rglob("*") if path.is_file())
            return [{f"log/{path.relative_to(name)}": path.read_bytes() for path in inside}]

    return examples


def csv_files() -> list[Files]:
    rows = "".join(
        f"{1e9 + 9000 * k:.1f},{k % 5},{(k * 3) % 5},{('topic', 'reply')[k % 2]},{k // 3}\n" for k in range(40)
    )
    members = b"member,joined,staff\n0,1e9,0\n1,,1\n4,1000000000,0\n"
    threads = b"opened,opener,first_reply,first_replier\n1000000000,0,1000009000,3\n1000018000,2,,\n"
    log = b"time,source,target,kind,thread\n" + rows.encode()
    return [{"log/a.csv": log}, {"log/a.csv": log, "log/a_members.csv": members, "log/a_threads.csv": threads}]


def read_any_log(folder: Path) -> None:
    inside = folder / "log"
    single = [path for path in inside.iterdir() if path.name in ("a.csv", "posts.csv", "a.mbox", "general.json")]
    log = read_log(single[0] if single else inside / "site" if (inside / "site").is_dir() else inside)
    check_log(log)
    patterns(log, resamples=5)


def check_log(log: Log) -> None:
    """Times from 1970 to 3000 in order, accounts that are numbers, kinds that are known."""
    size = len(log)
    ids = np.concatenate([log.source, log.target])
    if not (np.isfinite(log.time).all() and (log.time >= 0).all() and (log.time <= LATEST).all()):
        raise OutOfRange("times")
    if (np.diff(log.time) < 0).any() or (ids < 0).any() or not {log.source.size, log.target.size} == {size}:
        raise OutOfRange("order or ids")
    if log.kind.size != size or (log.kind < 0).any() or (log.kind >= len(log.kinds)).any():
        raise OutOfRange("kinds")


def mbox_files() -> list[Files]:
    return [{"log/a.mbox": exports.MBOX.encode()}]


def effects_files() -> list[Files]:
    (log, beside) = csv_files()
    roles = b"member,staff,moderator,since\n0,1,0,0\n1,0,1,1000000000\n2,0,0,\n3,0,0,0\n4,0,0,0\n"
    threads = b"thread,opened,opener,kind,category,first_reply,first_replier\n0,1000000000,0,topic,3,1000009000,3\n"
    return [{"a.csv": log["log/a.csv"], "a_members.csv": roles, "a_threads.csv": threads}]


def read_effects(folder: Path) -> None:
    log = effects.read(folder / "a.csv")
    if not log.start < log.end or (log.messages["thread"] < 0).any():
        raise OutOfRange("start and end")


# What a study, a calibration or a run has stored


@cache
def stored_study() -> Files:
    """A comparison with its rows."""
    text = {"question": "q", "scenarios": ["broadcast", "facilitation"], "replicates": 2, "every": 2,
            "measures": [*file.HEADLINE, "active"], "hold": {"community.members": 20, "community.days": 4}}  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sweep.sweep(file.checked(text, "study", "study"), folder, Pool(1))
        inside = [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in inside}


def manifest_files() -> list[Files]:
    return [{"manifest.json": stored_study()["manifest.json"]}]


def rows_files() -> list[Files]:
    return [{name: data for name, data in stored_study().items() if name.endswith(".parquet")}]


def read_stored(folder: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    for name, data in stored_study().items():
        path = folder / name
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
    with terminal.OUT.capture():
        terminal.show_status(status.status(folder))
    study = report.Report(folder)
    page.render("study", page=study, manifest=study.manifest)
    runs, manifest = comparison.read(folder)
    comparison.assumptions(manifest)
    return runs, manifest


def read_rows(folder: Path) -> None:
    runs, manifest = read_stored(folder)
    tables = comparison.Tables(runs, manifest, verdict(runs, manifest))
    comparison.html(tables, {})


def posterior_files() -> list[Files]:
    table = pd.DataFrame({"ties.gain": [0.05, 0.1, 0.15], "members.voice_mean": [-2.0, -2.5, -3.0],
                          "attention.things": [3, 4, 5]})  # fmt: skip
    return [{"draws.csv": table.to_csv(index=False).encode()}, {"posterior.parquet": table.to_parquet(index=False)}]


def read_posterior(folder: Path) -> None:
    path = folder / draws.FILE
    if not path.exists():
        try:
            pd.read_csv(folder / "draws.csv").to_parquet(path, index=False)
        except Exception as error:  # it was to be a table; what is none is for the other example
            raise BadInput(str(error) or "no table") from None
    for draw in draws.read(path):
        if not all(np.isfinite(value) for value in draw.values()):
            raise OutOfRange(str(draw))


ASKED = {
    "log": "forum.csv",
    "events": 120,
    "split": 1e9,
    "scenario": "0123456789abcdef",
    "root": 1,
    "keys": ["ties.gain"],
}


def plan_files() -> list[Files]:
    plan = json.dumps({**ASKED, "model": model_hash()}).encode()
    rows = {f"runs/fit-0-{k}-0123456789ab.json": json.dumps({"seconds": 1.5, "result": result}).encode()
            for k, result in enumerate(([0.5] * len(simulate.ABOUT), None))}  # fmt: skip
    return [{"plan.json": plan, **rows}]


def read_plan(folder: Path) -> None:
    journal = Journal(folder, ASKED)
    if not (np.isfinite(journal.work) and journal.work >= 0 and np.isfinite(journal.elapsed)):
        raise OutOfRange(f"{journal.work} seconds")
    made = simulate.as_numbers(simulate.checked([row["result"] for row in journal.done.values()]))
    if made.size and made.dtype != np.float64:
        raise OutOfRange(str(made.dtype))


@cache
def stored_run() -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """What a checkpoint of a small run holds."""
    lively = {"members.drive_mean": 1.0, "members.voice_mean": 0.0, "community.members": 12, "community.days": 9}
    community = Community(load("story_led", lively), 7, keep_events=True)
    community.run(6, every=1)
    arrays, about = checkpoint._taken(community)
    arrays = {name: np.array(array) for name, array in arrays.items()}
    return arrays, about | {"model": model_hash(), "asked": {}, "days": [0]}


def checkpoint_files() -> list[Files]:
    arrays, about = stored_run()
    text = {name: array.tolist() for name, array in arrays.items()}
    return [
        {"about.json": json.dumps(about).encode(), "arrays.json": json.dumps(text, default=np.ndarray.tolist).encode()}
    ]


def sealed(about: bytes, text: bytes) -> bytes:
    """A checkpoint with a right sum over these, each array of the type that it has, as far as it can be."""
    kinds = {name: array.dtype for name, array in stored_run()[0].items()}
    try:
        said = json.loads(text)
        arrays = {name: np.array([tuple(row) if kinds[name].names else row for row in said[name]], kinds[name])
                  for name in said if name in kinds}  # fmt: skip
        with np.errstate(all="ignore"):
            packed = io.BytesIO()
            series, of = np.zeros((1, 1)), np.frombuffer(about, np.uint8)
            np.savez(packed, allow_pickle=False, about=of, series=series, **arrays)
    except Exception as error:  # what is none of these types is nothing that could be sent
        raise BadInput(f"no arrays: {error}") from None
    data = packed.getvalue()
    return checkpoint.FORMAT + hashlib.sha256(data).hexdigest().encode() + b"\n" + data


def read_checkpoint(folder: Path) -> None:
    path = folder / "a.checkpoint"
    path.write_bytes(sealed(*((folder / name).read_bytes() for name in ("about.json", "arrays.json"))))
    community = checkpoint.read(path).community
    sound(within_bounds, community)
    for _ in range(min(2, community.scenario.community.days - community.day)):
        community.step()
        sound(within_bounds, community)


def within_bounds(c: Community) -> None:
    """Each column by itself; what two columns say together (`laws.assert_sound`) may be another's invention."""
    m, ties, now = c.members.view, c.tables.ties, c.tables.now
    for name, column in m._asdict().items():
        assert np.isfinite(column).all(), name
        assert name not in SHARES or (column.min() >= 0.0 and column.max() <= 1.0), name
        assert name not in NOT_NEGATIVE or column.min() >= -NEAR, name
        assert name not in FLAGS or set(column.tolist()) <= {0, 1}, name
    for name in ("joined", "last_visit", "visit_before", "last_written", "called", "introduced_day"):
        assert getattr(m, name).max() <= c.day, name
    assert m.norms.min() >= 0 and m.norms.max() <= 1
    assert np.isfinite(ties["strength"]).all() and ties["strength"].min() >= -NEAR and ties["strength"].max() <= 1
    assert (ties["partner"] < now.members).all() and (m.stage < 6).all() and (m.stage >= 0).all()
    assert c.company.experience.min() >= 0 and c.company.experience.max() <= 1 and 0 <= c.company.capability <= 1
    assert all(np.isfinite(value) or np.isnan(value) for value in c.observe().values())


# The studio

START = '{"do": "start", "setup": {"members": 20, "weeks": 1, "A": {"scenario": "broadcast"}}}'
SAID = [
    '{"do": "start", "setup": {"members": 20, "weeks": 1, "moves": [{"day": 2, "side": "A", "key": "facilitation", '
    '"value": 0.5}], "B": {"scenario": "facilitation", "values": {"ties.gain": 0.1}}}, "day": 3}',
    '{"do": "play", "speed": 20.0, "leap": 2}', '{"do": "pause"}', '{"do": "step", "days": 3}',
    '{"do": "change", "side": "both", "key": "ties.gain", "value": 0.1}',
    '{"do": "change", "side": "A", "key": "team.0.hats", "value": "community, social, service, product"}',
    '{"do": "inspect", "key": 3}', '{"do": "describe", "side": "A"}', '{"do": "runs", "seeds": 2, "shares": [0.5]}',
    '{"do": "export", "what": "csv", "side": "A"}', '{"do": "export", "what": "page"}',
    json.dumps({"do": "load", "side": "B", "name": "mine.toml", "text": 'base = "broadcast"\n[ties]\ngain = 0.1\n'}),
    '{"do": "choose", "side": "A", "scenario": "story_led"}', '{"do": "world", "world": "clique_town"}',
    json.dumps({"do": "plans", "world": "baseline", "seeds": 0, "members": 20, "weeks": 1, "unequal": ["b"], "plans": [
        {"name": "a", "scenario": "broadcast", "hours": {"publish": 15.0, "host": 5.0}},
        {"name": "b", "scenario": "facilitation", "hours": {"host": 30.0}, "budget": 30.0}]}),
]  # fmt: skip


class Socket:
    """A page that says some things and goes away."""

    def __init__(self, texts: list[str]):
        self.texts, self.errors = texts, list[str]()

    async def receive(self) -> dict[str, Any]:
        if not self.texts:
            return {"type": "websocket.disconnect"}
        return {"type": "websocket.receive", "text": self.texts.pop(0)}

    async def send_text(self, text: str) -> None:
        said = json.loads(text)
        if said["type"] == "error":
            self.errors.append(said["message"])

    async def send_bytes(self, data: bytes) -> None:
        pass

    async def close(self, *_: object) -> None:
        pass


RUNNER = Runner(1)


def message_files() -> list[Files]:
    return [{"message": text.encode()} for text in SAID]


def read_message(folder: Path) -> None:
    text = (folder / "message").read_bytes().decode("utf-8", "replace")
    socket = Socket([START, text])

    async def talk() -> None:
        connection = Connection(socket, 5.0, asyncio.Semaphore(2), RUNNER)  # type: ignore[arg-type]
        await connection.serve()

    asyncio.run(talk())
    if faults := [error for error in socket.errors if "fault of the studio" in error or "Traceback" in error]:
        raise RuntimeError(faults[0])
    if socket.errors:
        raise messages.BadMessage(socket.errors[0])


def saved_files() -> list[Files]:
    session = Session(Setup.model_validate({"members": 20, "weeks": 1}), 5)
    session.change("A", "ties.gain", 0.1)
    session.advance(2)
    return [{"hearthside.json": session.json().encode()}]


def read_saved(folder: Path) -> None:
    with terminal.OUT.capture(), contextlib.redirect_stdout(io.StringIO()):
        replay(folder / "hearthside.json", False)


KINDS = {
    "scenario": Kind(scenario_files, read_scenario, 1200, 40),
    "study": Kind(study_files, read_study, 1000, 30),
    "csv": Kind(csv_files, read_any_log, 1200, 40),
    "discourse": Kind(in_folder(exports.discourse), read_any_log, 1200, 30),
    "slack": Kind(in_folder(exports.slack), read_any_log, 1200, 30),
    "discord": Kind(in_folder(exports.discord), read_any_log, 1200, 30),
    "stackexchange": Kind(in_folder(exports.stack), read_any_log, 1200, 30),
    "mbox": Kind(mbox_files, read_any_log, 1200, 30),
    "effects": Kind(effects_files, read_effects, 1200, 30),
    "manifest": Kind(manifest_files, read_stored, 500, 15),
    "rows": Kind(rows_files, read_rows, 500, 8),
    "posterior": Kind(posterior_files, read_posterior, 1200, 30),
    "plan": Kind(plan_files, read_plan, 1200, 30),
    "checkpoint": Kind(checkpoint_files, read_checkpoint, 1000, 25),
    "message": Kind(message_files, read_message, 500, 15),
    "saved": Kind(saved_files, read_saved, 500, 12),
}
