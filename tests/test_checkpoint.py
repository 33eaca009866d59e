"""A run that is stopped goes on as if it had not been; what cannot be gone on from is refused in words."""

import hashlib
import json
import multiprocessing
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from experiments.cli import main
from sim import checkpoint
from sim.checkpoint import CheckpointError, read, write
from sim.logs.founding import from_log
from sim.logs.log import Log
from sim.run import run
from sim.scenario import load
from tests.tiny import differences, digest, ran, state

ROOT = Path(__file__).resolve().parent.parent
LIVELY = {
    "community.members": 60,
    "community.days": 30,
    "members.voice_mean": 0.0,
    "joining.rate": 0.0005,
    "joining.stories_reference": 0.001,
    "telling.base": -1.0,
    "leaving.base": -4.0,
}
NAMES = ("baseline", "story_led", "no_social_media", "social_business", "heavy_handed")


def lively(name="story_led", **changes):
    return load(name, {**LIVELY, **{key.replace("__", "."): value for key, value in changes.items()}})


def same(one, other):
    """Whether two runs gave the same to the bit."""
    assert one.series.keys() == other.series.keys() and one.days.tolist() == other.days.tolist()
    assert [name for name in one.series if one.series[name].tobytes() != other.series[name].tobytes()] == []
    for name, column in vars(one.network).items():
        assert np.array_equal(column, getattr(other.network, name)), name
    for name in ("time", "source", "target", "kind") if one.events is not None else ():
        assert np.array_equal(getattr(one.events, name), getattr(other.events, name)), name


@pytest.fixture(autouse=True)
def one_day_at_a_time(monkeypatch):
    """A run here can be stopped on any day."""
    monkeypatch.setattr("sim.run.MEMBER_DAYS", 1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.checkpoint"


# It goes on, bit for bit


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("day", [0, 1, 13])
def test_a_community_goes_on_bit_for_bit(name, day, path):
    one = ran(lively(name), 7, day, keep_events=True)
    write(one, path)
    other = read(path).community
    assert digest(one) == digest(other) and (other.steps, other.day) == (day, day)
    for _ in range(15):
        one.step()
        other.step()
        assert differences(state(one), state(other)) == []
    assert digest(one) == digest(other) and one.steps == other.steps == day + 15
    assert getattr(one, "time", None) == getattr(other, "time", None)
    seen, wanted = other.observe(), one.observe()
    assert seen.keys() == wanted.keys() and np.array_equal([*seen.values()], [*wanted.values()], equal_nan=True)
    assert [agent.unique_id for agent in one.agents] == [agent.unique_id for agent in other.agents]
    assert np.array_equal(one.events, other.events)
    assert set(np.floor(one.events["time"]).tolist()) == set(range(1, day + 16))
    assert one.members.n > 60 or day == 0


TEAM = ("team.community manager.", "team.social marketer.")
PARTS = {
    "rows.ties memory": ["ties.memory"],
    "rows.posts heat": ["posts.heat"],
    "rows.norms breaches": ["norms.breaches"],
    "rows.team minutes": [f"{person}minutes" for person in TEAM],
    "members.trust": ["members.trust"],
    "rows.beliefs": ["members.norms"],
    "all.library": ["company.library"],
    "all.talk": [f"{person}talk" for person in TEAM],
    "one.now tide": ["now.tide"],
    "one.company capability": ["company.capability"],
}


def test_each_part_of_a_checkpoint_is_read_and_no_other_comes_of_it(path, monkeypatch):
    """A part that is all 0 in the file is 0 in the community, which is otherwise as it was."""
    one = ran(lively("social_business"), 7, 20)
    taken = checkpoint._taken

    def seen(community):
        minutes = {f"team.{who.name}.minutes": np.array([*who.minutes.values()]) for who in community.team}
        return state(community) | minutes

    for part, changed in PARTS.items():

        def without(community, part=part):
            arrays, about = taken(community)
            return spoilt(arrays, part, np.zeros_like), about

        monkeypatch.setattr(checkpoint, "_taken", without)
        write(one, path)
        assert differences(seen(one), seen(read(path).community)) == changed


def spoilt(arrays, part, spoil):
    """The arrays of a checkpoint, one of them, or one column of it, other than it was."""
    name, _, column = part.partition(" ")
    array = arrays[name].copy()
    if column:
        array[column] = spoil(array[column])
    else:
        array = spoil(array)
    return {**arrays, name: array}


class Stopped(Exception):
    pass


def stop_on(day):
    def on_day(today):
        if today == day:
            raise Stopped

    return on_day


@pytest.mark.parametrize("name", ["story_led", "facilitation"])
@pytest.mark.parametrize("days", [(1,), (4, 17), (29, 30)])
def test_a_run_stopped_goes_on_bit_for_bit(name, days, path):
    asked = {"observe_every": 4, "log": True}
    whole = run(lively(name), 5, **asked)
    for day in days:
        with pytest.raises(Stopped):
            run(lively(name), 5, checkpoint=path, every=3, on_day=stop_on(day), **asked)
    from_days = []
    gone_on = run(lively(name), 5, checkpoint=path, every=3, on_resume=from_days.append, **asked)
    assert from_days == [days[-1] // 3 * 3]
    same(whole, gone_on)
    again = run(lively(name), 5, checkpoint=path, on_resume=from_days.append, on_day=stop_on(30), **asked)
    assert from_days[-1] == 30  # nothing was left to do
    same(whole, again)
    assert sorted(os.listdir(path.parent)) == [path.name]


def test_a_run_founded_from_a_log_goes_on(path):
    rng = np.random.default_rng(1)
    n = 400
    source = rng.integers(0, 25, n)
    real = Log(
        np.sort(rng.uniform(1e9, 1e9 + 90 * 86_400, n)),
        source,
        (source + 1 + rng.integers(0, 24, n)) % 25,
        np.zeros(n, np.int16),
    )
    scenario, founding = from_log(real, None, lively())
    whole = run(scenario, 5, founding=founding)
    with pytest.raises(Stopped):
        run(scenario, 5, founding=founding, checkpoint=path, every=10, on_day=stop_on(15))
    same(whole, run(scenario, 5, founding=founding, checkpoint=path))
    with pytest.raises(CheckpointError, match="another run.*founded from"):
        run(scenario, 5, checkpoint=path)
    at_other = from_log(real, 1e9 + 60 * 86_400, lively())[1]
    with pytest.raises(CheckpointError, match="founded from"):
        run(scenario, 5, founding=at_other, checkpoint=path)


# What is refused


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A checkpoint of day 6, as bytes."""
    path = tmp_path_factory.mktemp("written") / "a"
    write(ran(lively(), 7, 6), path, asked={"seed": 7})
    return path.read_bytes()


def refusal(path, asked=None):
    before = path.read_bytes()
    with pytest.raises(CheckpointError) as found:
        read(path, asked)
    message = str(found.value)
    assert f"`{path}`" in message and "\n" not in message
    assert path.read_bytes() == before
    return message


def test_a_checkpoint_cut_off_is_refused_at_any_length(written, path):
    lengths = {1, 10, 23, 24, 25, 60, 88, 89, 90, len(written) - 1, *range(100, len(written), len(written) // 40)}
    for length in lengths:
        path.write_bytes(written[:length])
        assert "cut off or damaged" in refusal(path), length
    path.write_bytes(written + b"\0")
    assert "cut off or damaged" in refusal(path)
    path.write_bytes(written)
    assert read(path).community.day == 6


def test_a_flipped_bit_is_seen(written, path):
    for at in [*range(24, 90, 7), *range(90, len(written), len(written) // 40)]:
        path.write_bytes(written[:at] + bytes([written[at] ^ 1]) + written[at + 1 :])
        assert "cut off or damaged" in refusal(path), at


FOREIGN = {
    "empty": (b"", "is not a checkpoint"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "is not a checkpoint"),
    "a scenario": (b'base = "broadcast"\n', "is not a checkpoint"),
    "a pickle": (b"\x80\x04\x95", "is not a checkpoint"),
    "a zip": (b"PK\x03\x04" + bytes(100), "is not a checkpoint"),
    "an earlier format": (b"hearthside checkpoint 1\n" + bytes(100), "another version of the format"),
    "a later format": (b"hearthside checkpoint 3\n" + bytes(100), "another version of the format"),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_a_foreign_file_is_refused_and_left_alone(what, path):
    content, said = FOREIGN[what]
    path.write_bytes(content)
    assert said in refusal(path)
    with pytest.raises(CheckpointError, match=said):
        run(lively(), 7, checkpoint=path)
    assert path.read_bytes() == content


def sealed(content):
    """Any content as a checkpoint whose sum is right: what somebody might send who means ill."""
    return checkpoint.FORMAT + hashlib.sha256(content).hexdigest().encode() + b"\n" + content


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x05\x06" + bytes(18)])
def test_a_right_sum_over_nonsense_is_not_enough(content, path):
    path.write_bytes(sealed(content))
    assert "does not hold what a checkpoint holds" in refusal(path)


def all_of(value):
    return lambda column: np.full_like(column, value)


UNSOUND = {
    "rows.ties partner": ("partner", all_of(10_000)),
    "rows.ties": ("ties has", lambda a: a[:-1]),
    "members.tie_room": ("tie_room", all_of(99)),
    "members.tie_count": ("tie_count", all_of(999)),
    "members.tie_row": ("row of ties", all_of(-1)),
    "members.caller": ("caller", all_of(60_000)),
    "members.topic": ("topic", all_of(100)),
    "members.trust": ("trust is float32", lambda a: a.astype(np.float32)),
    "members.drive": ("drive is float64", lambda a: a[:-1]),
    "rows.beliefs": ("beliefs is float32", lambda a: a.astype(np.float32)),
    "rows.team": ("team has", lambda a: a[:-1]),
    "rows.posts author": ("post author", all_of(-99)),
    "one.now next": ("posts has", all_of(10**6)),
    "one.now oldest": ("posts", all_of(10**6)),
    "one.now visitors": ("visits has", all_of(10**6)),
    "rows.visits row": ("visitor", all_of(10**9)),
    "all.volume": ("volume is", lambda a: a[:1]),
    "about": ("does not hold", lambda a: a[:-5]),
}


@pytest.mark.parametrize("part", UNSOUND)
def test_rows_that_are_none_are_refused(part, path, monkeypatch):
    """Compiled rules look where a column says, without asking whether it is there."""
    said, spoil = UNSOUND[part]
    savez = np.savez
    monkeypatch.setattr(checkpoint.np, "savez", lambda file, **kept: savez(file, **spoilt(kept, part, spoil)))
    write(ran(lively(), 7, 6), path)
    message = refusal(path)
    assert "does not hold what a checkpoint holds" in message and said in message


def test_objects_are_neither_written_nor_read(path):
    import io

    packed = io.BytesIO()
    np.savez(packed, about=np.array([{"a": 1}], object))
    path.write_bytes(sealed(packed.getvalue()))
    assert "pickle" in refusal(path)


def test_another_model_scenario_or_seed_is_refused(path, monkeypatch):
    with pytest.raises(Stopped):
        run(lively(), 7, checkpoint=path, every=2, on_day=stop_on(5))
    kept = path.read_bytes()
    for scenario, seed, more, said in (
        (lively(), 8, {}, "seed 7, asked for 8"),
        (lively("baseline"), 7, {}, "scenario"),
        (lively(ties__gain=0.1), 7, {}, "scenario"),
        (lively(), 7, {"observe_every": 2}, "observed every 1, asked for 2"),
        (lively(), 7, {"log": True}, "log False, asked for True"),
    ):
        with pytest.raises(CheckpointError) as found:
            run(scenario, seed, checkpoint=path, **more)
        assert "another run" in str(found.value) and said in str(found.value)
    monkeypatch.setattr(checkpoint, "model_hash", lambda: "0123456789abcdef")
    with pytest.raises(CheckpointError, match="another version of the model"):
        run(lively(), 7, checkpoint=path)
    assert path.read_bytes() == kept


# What cannot be written loses nothing


@pytest.mark.parametrize("step", ["write", "flush", "replace"])
def test_a_full_disk_leaves_the_checkpoint_before(step, path, monkeypatch):
    one = ran(lively(), 7, 3)
    write(one, path)
    kept = path.read_bytes()
    one.step()
    full = OSError(28, "No space left on device")

    def fails(*_, **__):
        raise full

    if step == "replace":
        monkeypatch.setattr("sim.aside.os.replace", fails)
    elif step == "flush":
        monkeypatch.setattr("sim.aside.os.fsync", fails)
    else:
        opened = open

        class Full:
            def __init__(self, name, mode):
                self.file = opened(name, mode)

            def __enter__(self):
                self.file.write(b"half of it")
                return self

            def __exit__(self, *_):
                self.file.close()

            write = fails

        monkeypatch.setattr(checkpoint, "open", Full, raising=False)
    with pytest.raises(CheckpointError, match="No space left on device.*the one before is still there"):
        write(one, path)
    monkeypatch.undo()
    assert path.read_bytes() == kept and os.listdir(path.parent) == [path.name]
    assert read(path).community.day == 3


def test_a_folder_that_is_not_there_or_closed_is_told_at_once(tmp_path):
    days = []
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    for path in (tmp_path / "none" / "a", *([closed / "a"] if os.getuid() else [])):
        with pytest.raises(CheckpointError, match="cannot be written"):
            run(lively(), 7, checkpoint=path, on_day=days.append)
    with pytest.raises(CheckpointError, match="cannot be read"):
        run(lively(), 7, checkpoint=closed, on_day=days.append)
    assert days == []


# The command

COMMAND = ["run", "story_led", "--members", "60", "--days", "40", "--set", "members.voice_mean=0.0"]


def series(folder):
    return (folder / "series.csv").read_bytes()


def stop_at_write(number, stop):
    """Let `stop` come in the midst of the command's writing of the checkpoint with this number."""
    real, left = os.fsync, [number]

    def fsync(file):
        left[0] -= 1
        if not left[0]:
            stop()
        real(file)

    os.fsync = fsync


def killed(words):
    """The command, ended by the system with no chance to tidy up; in a process of its own."""
    stop_at_write(5, lambda: os.kill(os.getpid(), signal.SIGKILL))
    main(words)


@pytest.mark.skipif(os.name == "nt", reason="no process forks there")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_the_command_killed_in_the_midst_goes_on_byte_for_byte(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = [*COMMAND, "--checkpoint", "a.checkpoint", "--every", "2", "--out", "mine", "--quiet"]
    process = multiprocessing.get_context("fork").Process(target=killed, args=(words,))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    assert read(tmp_path / "a.checkpoint").community.day == 6 and not (tmp_path / "mine").exists()
    said = []
    for more in (words, [*COMMAND, "--out", "whole"], [*COMMAND, "--checkpoint", "a.checkpoint"]):
        assert main(more) == 0
        said.append(capsys.readouterr())
    gone_on, whole, finished = said
    assert "going on from day 6 of 40" in gone_on.err and "nothing is left to do" in finished.err
    assert series(tmp_path / "mine") == series(tmp_path / "whole")
    assert gone_on.out.replace("mine", "whole") == whole.out
    assert finished.out.splitlines()[:30] == whole.out.splitlines()[:30]


@pytest.mark.skipif(os.name == "nt", reason="no process forks there")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_checkpoint_half_written_when_it_was_killed_goes_with_the_next(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [*COMMAND, "--checkpoint", "a.checkpoint", "--every", "2", "--quiet"]
    process = multiprocessing.get_context("fork").Process(target=killed, args=(words,))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL and len(list(tmp_path.glob(".a.checkpoint.*"))) == 1
    assert main(words) == 0 and os.listdir(tmp_path) == ["a.checkpoint"]


def test_ctrl_c_leaves_the_last_checkpoint(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "fsync", os.fsync)  # put back after the test
    stop_at_write(4, lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert main([*COMMAND, "--checkpoint", "a.checkpoint", "--every", "4", "--quiet"]) == 143
    said = capsys.readouterr().err
    assert "stopped; the run is kept in `a.checkpoint`, and the same command goes on: hearth run" in said
    assert read(tmp_path / "a.checkpoint").community.day == 8 and os.listdir(tmp_path) == ["a.checkpoint"]


BAD = [
    (["--checkpoint", "a", "--replicates", "2"], "one run"),
    (["--checkpoint", "none/a"], "no folder"),
    (["--checkpoint", "picture.png"], "is not a checkpoint"),
    (["--every", "0"], "--every"),
]


@pytest.mark.parametrize(("words", "said"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_bad_words_are_one_clear_message(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert main([*COMMAND, *words, "--quiet"]) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1 and "Traceback" not in err
    assert os.listdir(tmp_path) == ["picture.png"] and json.dumps(err)


def test_the_last_day_is_kept_whatever_the_interval(tmp_path):
    """Of 7 days a checkpoint is made on day 5 and at the end; the same again finds nothing left to do."""
    path, from_days = tmp_path / "x", []
    scenario = load("broadcast", {"community.members": 30, "community.days": 7})
    whole = run(scenario, 5, checkpoint=path, every=5)
    same(whole, run(scenario, 5, checkpoint=path, every=5, on_resume=from_days.append))
    assert from_days == [7]
