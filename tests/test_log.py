"""Logs in and out: what is read, what is written, and what is said about a log that cannot be used."""

import gzip
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sim.logs.log import EPOCH, KINDS, TEAM, Log, LogError, from_days, moment, of_run
from sim.logs.readers import read
from sim.state.events import EVENT

REAL = Path(__file__).parents[2] / "shared/data"
HEAD = "time,source,target,kind\n"


def given(tmp_path, text, name="log.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_columns_in_any_order_others_ignored_times_sorted(tmp_path):
    text = 'target,Note,Time,source,kind\n5,x,20.5,7,reply\n7,"a, b",10,7,topic\n5,z,20.5,6,answer\n'
    log = read(given(tmp_path, text))
    assert log.time.tolist() == [10.0, 20.5, 20.5]
    assert log.source.tolist() == [7, 7, 6]  # events of one second keep their order
    assert log.target.tolist() == [7, 5, 5]
    assert [log.kinds[k] for k in log.kind] == ["topic", "reply", "answer"]
    assert log.first_day == log.last_day == date(1970, 1, 1)


def test_without_kind_everything_is_a_message(tmp_path):
    log = read(given(tmp_path, "time,source,target\n1,2,3\n\n2,3,2\n"))
    assert len(log) == 2 and log.kinds == ("message",) and not log.kind.any()


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "1,2,3,a\n",
        "\ufeff" + HEAD + "1,2,3,a\n",
        HEAD.replace("\n", "\r\n") + "1,2,3,a\r\n",
        HEAD + '"1","2","3","a"\n',
        HEAD + "1,2,3,a",
        HEAD.upper() + "1,2,3,a\n\n",
        gzip.compress((HEAD + "1,2,3,a\n").encode(), mtime=0),
    ],
)
def test_forms_of_one_log(tmp_path, text):
    log = read(given(tmp_path, text))
    assert (log.time[0], log.source[0], log.target[0], log.kinds[log.kind[0]]) == (1.0, 2, 3, "a")


BAD = [
    ("", "is empty"),
    ("\n \n", "is empty"),
    (HEAD, "has a header and no rows"),
    (HEAD + "\n\n", "has a header and no rows"),
    (b"\x00\x01\x02\x03", "is not text"),
    (b"\xff\xfe\xfd", "is not text in UTF-8"),
    ((HEAD + "1,2,3,\xe9\n").encode("latin-1"), "is not text in UTF-8"),
    (gzip.compress((HEAD + "1,2,3,a\n").encode(), mtime=0)[:-9], "broken gzip"),
    ("time|source|target\n1|2|3\n", "row 1: no column `time`, `source`, `target`"),
    ("time,from,to\n1,2,3\n", "no column `source`, `target`"),
    ("time,source,target,time\n1,2,3,4\n", "two columns are called `time`"),
    (
        HEAD + "1,2,3,a\nnoon,2,3,a\n",
        "row 3: column `time`: 'noon' is not allowed; it is a number of seconds since 1970",
    ),
    (HEAD + "1,2,3,a\n\n-5,2,3,a\n", "row 4: column `time`: '-5'"),
    (HEAD + "nan,2,3,a\n", "row 2: column `time`: 'nan'"),
    (HEAD + "inf,2,3,a\n", "row 2: column `time`: 'inf'"),
    (HEAD + "True,2,3,a\n", "row 2: column `time`: 'True'"),
    (HEAD + "2014-02-30,2,3,a\n", "row 2: column `time`: '2014-02-30'"),
    (HEAD + "1500000000000,2,3,a\n", "are these milliseconds?"),
    (HEAD + "1,2,3,a\n1,2.5,3,a\n", "row 3: column `source`: '2.5' is not allowed; it is the number of a member"),
    (HEAD + "1,,3,a\n", "row 2: column `source`: nothing is not allowed"),
    (HEAD + "1,2,bob,a\n", "row 2: column `target`: 'bob'"),
    (HEAD + "1,2,-3,a\n", "row 2: column `target`: '-3'"),
    (HEAD + "1,99999999999999999999,3,a\n", "row 2: column `source`: '99999999999999999999'"),
    (HEAD + "1,2,3,\n", "row 2: column `kind`: nothing is not allowed"),
    (HEAD + "1,2,3, a\n", "row 2: column `kind`: ' a'"),
    (HEAD + "".join(f"{i},1,2,k{i}\n" for i in range(101)), "column `kind`: 101 different kinds; at most 100"),
    (HEAD + "1,2,3,a\n1,2,3\n", "row 3: has 3 fields; the header names 4"),
    (HEAD + "1,2,3,a\n1,2,3,a,b\n", "row 3: has 5 fields; the header names 4"),
    (HEAD + '1,2,3,"a\n', "is not a CSV"),
    (HEAD + "bad,2,3,a\n1,bad,3,a\n", "row 2: column `time`"),  # the first row comes first, whatever the column
    (HEAD + "1,bad,3,a\nbad,2,3,a\n", "row 2: column `source`"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_bad_logs_are_named(tmp_path, text, message):
    path = given(tmp_path, text)
    with pytest.raises(LogError) as found:
        read(path)
    assert str(found.value).startswith(str(path)) and message in str(found.value)
    assert "\n" not in str(found.value)


def test_not_a_file(tmp_path):
    with pytest.raises(LogError, match="no such file"):
        read(tmp_path / "none.csv")
    with pytest.raises(LogError, match="holds no log"):
        read(tmp_path)
    with pytest.raises(LogError, match="is a folder"):
        read(tmp_path, "csv")


def test_a_huge_file_is_refused_before_it_fills_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("sim.logs.readers.files.LARGEST_FILE", 1_000_000)
    path = given(tmp_path, gzip.compress((HEAD + "1,2,3,a\n" * 200_000).encode(), mtime=0))
    with pytest.raises(LogError, match=r"too large; at most 1,000,000 bytes"):
        read(path)


def test_what_is_written_is_read_back(tmp_path):
    log = Log(np.array([1.0, 2.125]), np.array([1, 2]), np.array([1, 1]), np.array([0, 2], np.int16))
    for name in ("log.csv", "log.csv.gz"):
        path = log.write(tmp_path / name)
        again = read(path)
        assert again.time.tolist() == [1.0, 2.125] and again.source.tolist() == [1, 2]
        assert [again.kinds[k] for k in again.kind] == ["topic", "reply"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["log.csv", "log.csv.gz"]  # nothing left aside


def test_nothing_is_overwritten(tmp_path):
    path = given(tmp_path, "precious")
    log = from_days([0.0], [1], [1], [0])
    with pytest.raises(LogError, match="exists already"):
        log.write(path)
    assert path.read_text() == "precious"
    with pytest.raises(LogError, match="cannot be written"):
        log.write(tmp_path / "no/such/folder.csv")


def test_events_in_days():
    # Of day 0, at 18 and at 6 o'clock; of day 2, at noon. Person 1 of the team is -3 in the model.
    log = from_days([0.75, 0.25, 2.5], [4, -3, 4], [4, 4, 7], [1, 3, 4])
    assert (log.time - EPOCH).tolist() == [6 * 3600, 18 * 3600, 60 * 3600]
    assert log.source.tolist() == [TEAM + 1, 4, 4] and log.target.tolist() == [4, 4, 7]
    assert [log.kinds[k] for k in log.kind] == ["answer", "question", "message"]


def test_the_log_of_a_run(tmp_path):
    topic, question, reply, answer, message = range(len(KINDS))
    kept = np.array(
        [  # time, source, target, thread, kind
            (1.5, 3, 3, 8, topic),
            (1.25, 4, 4, 7, question),
            (1.75, 3, 3, 9, topic),
            (2.75, 4, 3, 8, reply),  # the second reply by another
            (2.25, 3, 4, 8, reply),  # by the opener of the thread
            (2.5, -2, 3, 8, answer),
            (2.0, 3, 4, -1, message),  # apart
        ],
        EVENT,
    )
    members = SimpleNamespace(n=2, view=SimpleNamespace(joined=np.array([-3, 1])))
    log = of_run(SimpleNamespace(events=kept, epoch=0.0, members=members, team=["Ann"]))
    assert log.accounts.member.tolist() == [0, 1, TEAM] and log.accounts.joined.tolist() == [0.0, 86_400.0, 0.0]
    assert log.staff.tolist() == [TEAM]
    assert (log.time / 86_400).tolist() == [1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75]
    assert log.source.tolist() == [4, 3, 3, 3, 3, TEAM, 4]
    t = log.threads
    assert (t.opened / 86_400).tolist() == [1.25, 1.5, 1.75] and t.opener.tolist() == [4, 3, 3]
    assert np.isnan(t.first_reply).tolist() == [True, False, True] and t.first_reply[1] == 2.5 * 86_400
    assert t.first_replier.tolist() == [-1, TEAM, -1]
    again = read(log.write(tmp_path / "run.csv.gz"))
    assert again.time.tolist() == log.time.tolist() and again.target.tolist() == log.target.tolist()
    told = ["question", "topic", "topic", "message", "reply", "answer", "reply"]
    assert [again.kinds[k] for k in again.kind] == told
    assert (tmp_path / "run_members.csv.gz").is_file()
    with pytest.raises(LogError, match="run_members.csv: exists already"):
        (tmp_path / "run_members.csv").write_text("precious")
        log.write(tmp_path / "run.csv")
    assert not (tmp_path / "run.csv").exists()
    nobody = SimpleNamespace(n=0, view=SimpleNamespace(joined=np.zeros(0)))
    empty = of_run(SimpleNamespace(events=np.zeros(0, EVENT), epoch=None, members=nobody, team=[]))
    assert len(empty) == 0
    with pytest.raises(LogError, match="has no events"):
        _ = empty.first_day
    assert (tmp_path / "empty.csv") == empty.write(tmp_path / "empty.csv")


def test_before_and_moments():
    log = Log(np.array([0.0, 86_400.0, 90_000.0]), np.arange(3), np.arange(3), np.zeros(3, np.int16))
    assert len(log.before("1970-01-02")) == 1
    assert len(log.before(date(1970, 1, 3))) == 3
    assert moment("2000-01-01") == moment(date(2000, 1, 1)) == moment(EPOCH) == EPOCH
    assert moment("2000-01-01T12:00:00+02:00") == EPOCH + 10 * 3600
    with pytest.raises(LogError, match="date 'soon': is none; write it as 2014-03-01"):
        log.before("soon")


@pytest.mark.skipif(not REAL.is_dir(), reason="the real logs are not here")
@pytest.mark.parametrize(
    ("name", "events", "first", "last"),
    [
        ("openenergymonitor_forum", 42_568, date(2011, 4, 1), date(2017, 2, 14)),
        ("mathoverflow", 506_550, date(2009, 9, 29), date(2016, 3, 6)),
        ("bitcoin_otc", 35_592, date(2010, 11, 8), date(2016, 1, 25)),
    ],
)
def test_real_logs(name, events, first, last):
    log = read(REAL / f"{name}.csv.gz")
    assert (len(log), log.first_day, log.last_day) == (events, first, last)
    assert (np.diff(log.time) >= 0).all()
