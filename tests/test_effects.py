"""Effects in logs with roles: windows at their edges by hand, synthetic logs with known effects, pooling, the real logs."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.meta_analysis import combine_effects

from experiments.cli import main
from experiments.effects import announcements, dilution, effort, established, levels, logs, newcomers, responders, study
from experiments.effects.fits import dummies, linear, poisson
from experiments.effects.pooling import pool
from experiments.effects.windows import Moments
from experiments.runs.given import BadInput

DAY = logs.DAY
START = 15_000 * DAY  # a midnight, UTC
REAL = Path(__file__).parents[2] / "shared/data/company"
real = pytest.mark.skipif(not REAL.is_dir(), reason="the logs of hosted communities are not here")


def lived(*events, staff=(), leads=(), since=None, threads=None):
    """A community of (day, source, target, kind, thread)."""
    rows = pd.DataFrame(events, columns=["time", "source", "target", "kind", "thread"])
    rows["time"] = START + rows["time"] * DAY
    who = sorted({*rows["source"], *rows["target"]})
    roles = pd.DataFrame(
        {"member": who, "staff": [int(i in staff) for i in who], "moderator": [int(i in leads) for i in who]}
    )
    roles["since"] = [START + (since or {}).get(i, -15_000) * DAY for i in who]
    return logs.community("small", rows, roles, threads)


# Windows


@pytest.mark.parametrize(
    ("day", "inside"),
    [(1, ""), (1.01, "d1_8"), (7, "d1_8"), (7.01, "d1_8 d7_37 d7_97"), (8, "d1_8 d7_37 d7_97"), (8.01, "d7_37 d7_97"),
     (37, "d7_37 d7_97"), (37.01, "d7_97"), (97, "d7_97"), (97.01, "")],
)  # fmt: skip
def test_a_newcomer_is_back_within_a_window_whose_end_counts_and_whose_begin_does_not(day, inside):
    log = lived((0, 9, 9, "topic", 1), (10, 1, 1, "topic", 2), (10 + day, 1, 9, "reply", 1), (200, 9, 9, "topic", 3))
    (row,) = newcomers.newcomers(log).query("member == 1").to_dict("records")
    assert {name for name in newcomers.WINDOWS if row[name] == 1.0} == set(inside.split())
    assert all(row[f"{name}_else"] == row[name] for name in newcomers.WINDOWS)


def test_writing_in_the_own_thread_is_not_elsewhere():
    log = lived((0, 9, 9, "topic", 1), (10, 1, 1, "topic", 2), (20, 1, 9, "reply", 2), (200, 9, 9, "topic", 3))
    (row,) = newcomers.newcomers(log).query("member == 1").to_dict("records")
    assert row["d7_37"] == 1.0 and row["d7_37_else"] == 0.0


@pytest.mark.parametrize(("last", "known"), [(106, "d1_8 d7_37"), (107, "d1_8 d7_37 d7_97"), (46, "d1_8"), (16, "")])
def test_a_window_that_ends_after_the_log_says_nothing(last, known):
    """A newcomer at noon of day 10; the log ends at the midnight after its last day."""
    log = lived((0, 9, 9, "topic", 1), (10.5, 1, 1, "topic", 2), (last, 9, 9, "topic", 3))
    (row,) = newcomers.newcomers(log).query("member == 1").to_dict("records")
    assert {name for name in newcomers.WINDOWS if not math.isnan(row[name])} == set(known.split())


@pytest.mark.parametrize(
    ("hours", "day", "week"), [(24, True, True), (24.1, False, True), (168, False, True), (168.1, False, False)]
)
def test_a_reply_within_24_hours_or_7_days(hours, day, week):
    log = lived((0, 1, 1, "topic", 1), (hours / 24, 2, 1, "reply", 1), (200, 3, 3, "topic", 2), staff=[2])
    people = newcomers.newcomers(log).query("member == 1")
    for who in ("any", "staff"):
        assert newcomers.within(people, who, 24).item() is day and newcomers.within(people, who, 168).item() is week
    assert not newcomers.within(people, "others", 168).item()
    assert people["addressed"].item() is week


def test_quarters_are_91_days_from_the_first_midnight():
    log = lived(
        (0.5, 1, 1, "topic", 1),
        (90.99, 2, 2, "topic", 2),
        (91, 3, 3, "topic", 3),
        (181.9, 4, 4, "topic", 4),
        (182, 5, 5, "topic", 5),
    )
    assert list(newcomers.newcomers(log)["quarter"]) == [0, 0, 1, 1, 2]


def test_moments_count_by_hand():
    moments = Moments([1, 1, 2, 1], [10, 20, 10, 30])
    assert list(moments.count([1, 1, 2, 3, 1], [10, 9, 0, 0, 30], [30, 10, 10, 99, 10])) == [2, 1, 1, 0, 0]


# Reading


def test_threads_are_told_from_messages():
    log = lived(
        (0, 1, 1, "announcement", 7), (0.1, 1, 1, "reply", 7), (1, 2, 1, "reply", 7), (2, 3, 2, "reply", 7),
        (3, 2, 2, "question", 8), (4, 4, 2, "answer", 8), (5, 1, 2, "message", -1), staff=[1, 3], leads=[4],
    )  # fmt: skip
    one, two = log.threads.to_dict("records")
    assert one["kind"] == "announcement" and one["staff"] and two["kind"] == "topic" and not two["staff"]
    assert one["first_reply"] == START + DAY == one["first_member_reply"] and one["first_by"] == "member"
    assert one["first_staff_reply"] == START + 2 * DAY
    assert two["first_by"] == "lead" and math.isnan(two["first_staff_reply"])
    assert len(log.messages) == 6 and list(log.messages["special"].unique()) == ["announcement", "topic"]


def test_a_role_that_begins_later_holds_from_then():
    log = lived((0, 1, 1, "topic", 1), (10, 2, 1, "reply", 1), (20, 1, 2, "reply", 1), staff=[1], since={1: 15})
    assert list(log.messages["staff"]) == [False, False, True] and not log.threads["staff"].item()
    assert list(log.messages["to_staff"]) == [False, False, False]


def test_what_the_table_of_threads_says_counts():
    given = pd.DataFrame(
        {"thread": [1], "opened": [START], "opener": [1], "kind": ["event"], "category": [5], "opening_words": [12],
         "first_reply": [START + 60], "first_replier": [math.nan], "first_staff_reply": [math.nan],
         "first_member_reply": [START + 60]}
    )  # fmt: skip
    (thread,) = lived((0, 1, 1, "topic", 1), (3, 2, 1, "reply", 1), threads=given).threads.to_dict("records")
    assert thread["kind"] == "event" and thread["first_reply"] == START + 60 and thread["words"] == 12


@pytest.mark.parametrize(
    ("log", "members", "said"),
    [
        ("time,source,target,kind\n1,1,1,topic\n", "member,staff\n1,0\n", "has no column `thread`"),
        ("time,source,target,kind,thread\n1,1,1,message,-1\n", "member,staff\n1,0\n", "no message is in a thread"),
        ("time,source,target,kind,thread\n1,1,,topic,1\n", "member,staff\n1,0\n", "column `target` is empty in row 2"),
        ("time,source,target,kind,thread\nx,1,1,topic,1\n", "member,staff\n1,0\n", "`time` holds something that is no number"),
        ("time,source,target,kind,thread\n", "member,staff\n1,0\n", "has a header and no rows"),
        ("time,source,target,kind,thread\n1,1,1,topic,1\n", "member\n1\n", "has no column `staff`"),
        ("time,source,target,kind,thread\n1,1,1,topic,1\n", None, "there is no such file"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_files_is_said(tmp_path, capsys, log, members, said):
    (tmp_path / "log.csv").write_text(log)
    if members is not None:
        (tmp_path / "log_members.csv").write_text(members)
    assert main(["effects", str(tmp_path / "log.csv"), "--quiet"]) == 2
    assert said in capsys.readouterr().err
    with pytest.raises(BadInput):
        logs.read(tmp_path / "log.csv")


# Fits and pooling


def test_poisson_within_groups_is_that_of_statsmodels():
    draws = np.random.default_rng(3)
    group = np.repeat(np.arange(12), 25)
    x = pd.DataFrame({"a": draws.normal(size=300), "b": draws.integers(0, 2, 300).astype(float)})
    y = draws.poisson(np.exp(0.3 * x["a"] - 0.5 * x["b"] + draws.normal(size=12)[group]))
    wide = x.join(pd.get_dummies(group, prefix="g").astype(float))
    shuffled = draws.permutation(300)
    for clusters, how in ((None, {"cov_type": "HC1"}), (group, {"cov_type": "cluster", "cov_kwds": {"groups": group}})):
        theirs = sm.GLM(y, wide, family=sm.families.Poisson()).fit(**how)
        order = None if clusters is None else clusters[shuffled]
        ours = poisson(y[shuffled], x.iloc[shuffled], group[shuffled], order)
        for name in x:
            assert ours[name].value == pytest.approx(theirs.params[name], rel=1e-6)
            assert ours[name].se == pytest.approx(theirs.bse[name], rel=0.01)


def test_poisson_by_hand():
    """One group, 2 rows of 0 with y 1 and 3, 2 rows of 1 with y 6 and 2: the ratio is 8 / 4."""
    found = poisson([1, 3, 6, 2, 0], pd.DataFrame({"x": [0, 0, 1, 1, 1.0]}), [0, 0, 0, 0, 1])
    assert found["x"].value == pytest.approx(math.log(2)) and found["x"].n == 4


def test_linear_within_members_by_hand():
    """Member 1: 0 without and 1 with; member 2: 1 without, 1 with; member 3 has one row and says nothing."""
    found = linear([0, 1, 1, 1, 0], pd.DataFrame({"x": [0, 1, 0, 1, 1.0]}), [1, 1, 2, 2, 3])
    assert found["x"].value == pytest.approx(0.5)


def test_dummies_leave_out_the_most_frequent():
    assert list(dummies([5, 5, 7, 9], "c")) == ["c 7", "c 9"]


BCG = [  # Colditz et al. 1994 as in metafor's dat.bcg: tuberculosis with and without among vaccinated, and not
    (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619), (33, 5036, 47, 5761),
    (180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892), (29, 7470, 45, 7232), (17, 1699, 65, 1600),
    (186, 50448, 141, 27197), (5, 2493, 3, 2338), (27, 16886, 29, 17825),
]  # fmt: skip


def test_pooling_is_that_of_a_published_example():
    """metafor's documentation, rma(method = "DL") on dat.bcg: -0.7141, tau2 0.3088; Knapp-Hartung widens to a t."""
    table = np.array(BCG, float)
    a, b, c, d = table.T
    value = np.log(a / (a + b)) - np.log(c / (c + d))
    se = np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))
    found = pool(value, se)
    assert found.value == pytest.approx(-0.7141, abs=1e-4) and found.tau**2 == pytest.approx(0.3088, abs=1e-4)
    theirs = combine_effects(value, se**2, method_re="dl")
    assert found.value == pytest.approx(theirs.mean_effect_re)
    assert (found.low, found.high) == pytest.approx(theirs.conf_int(use_t=True)[3])
    assert found.boot_low < found.value < found.boot_high and found.k == 13


def test_pooling_by_hand():
    """Two of equal error 1 at 0 and 4: Q 8, tau2 (8 - 1) / (2 - 1) = 7, mean 2, error of the mean 2, t(1) 12.706."""
    found = pool([0.0, 4.0], [1.0, 1.0])
    assert found.value == 2.0 and found.tau**2 == pytest.approx(7)
    assert found.high - 2 == pytest.approx(12.7062 * 2, rel=1e-4)
    assert pool([0.0, 0.1], [1.0, 1.0]).tau == 0.0  # never below 0
    assert pool([1.0], [0.5])[:3] == (1.0, pytest.approx(0.02), pytest.approx(1.98))
