"""What replies and own messages do to a member's next week (experiments/effects/encouragement.py)."""

import numpy as np
import pandas as pd
import pytest

from experiments.effects import encouragement, logs
from experiments.effects.pooling import pool
from tests.test_effects import REAL, lived, real

WEEK = 7


def test_weeks_by_hand():
    log = lived(
        (0.5, 1, 1, "topic", 0),  # week 0: a member opens
        (1.0, 9, 1, "reply", 0),  # staff answer: a reply, and no member's week
        (15.0, 1, 9, "reply", 0),  # week 2
        (15.5, 2, 1, "reply", 0),
        (16.0, 2, 1, "reply", 0),
        (23.0, 1, 1, "topic", 1),  # week 3: to everybody, a reply to nobody
        (45.0, 9, 9, "topic", 2),
        staff=(9,),
    )
    rows = encouragement.weeks_of_members(log).set_index(["member", "quarter"])
    one = rows.loc[(1, 0)]
    assert one["wrote"].tolist() == [1.0, 1.0, 0.0, 0.0]  # weeks 2 to 5; the log has six whole weeks
    assert one["replies"].tolist() == [0.5, 2.0, 1.0, 0.0]
    assert one["last"].tolist() == [0.0, 1.0, 1.0, 0.0]
    assert one["before"].tolist() == [1.0, 0.0, 1.0, 1.0]
    assert 9 not in rows.index.get_level_values("member")


def test_weeks_run_to_twelve_after_the_last_message():
    log = lived((0.0, 1, 1, "topic", 0), (1.0, 2, 1, "reply", 0), (100.0, 2, 2, "topic", 1), (200.0, 1, 1, "topic", 2))
    weeks = encouragement.weeks_of_members(log).groupby("member")["member"].size()
    assert weeks[1] == encouragement.AFTER - 1  # weeks 2 to 12: its last message is in a week that is not whole
    assert weeks[2] == 100 // WEEK + encouragement.AFTER - 1  # weeks 2 to 26


def simulated(pull, own, seed, members=300, weeks=104):
    """A log whose members write in a week with a rate of their own, times what replies and own writing make of it."""
    rng = np.random.default_rng(seed)
    usual = rng.uniform(-2.5, -0.8, members)
    wrote, replies = np.zeros((2, members)), np.zeros((2, members))
    events = []
    for week in range(weeks):
        heard = replies[0] + 0.5 * replies[1]
        rate = np.minimum(np.exp(usual + pull * (heard > 0.75) + own * (wrote[0] > 0)), 1.0)
        now = rng.random(members) < rate
        new = rng.random(members) < 0.35  # a reply to anybody, whatever it did
        events += [(week * WEEK + 1.0, int(i), int(i), "topic", week * members + int(i)) for i in np.flatnonzero(now)]
        events += [(week * WEEK + 2.0, members, int(i), "reply", int(i)) for i in np.flatnonzero(new)]
        wrote, replies = np.array([now, wrote[0]], float), np.array([new, replies[0]], float)
    return lived(*events, staff=(members,))


def found(pull, own, name):
    """An estimate over four such logs."""
    of = [encouragement.facts(simulated(pull, own, seed))[name] for seed in range(4)]
    return pool([one.value for one in of], [one.se for one in of]).value


def test_a_true_pull_of_replies_is_found_and_members_levels_do_not_mislead():
    assert found(0.4, 0.0, "pull_1") == pytest.approx(0.4, abs=0.08)
    assert found(0.0, 0.3, "pull_1") == pytest.approx(0.0, abs=0.08)


def test_what_having_written_does_comes_out_too_low_by_the_same_for_any_truth():
    none, some = found(0.0, 0.0, "own_last"), found(0.0, 0.3, "own_last")
    assert -0.35 < none < -0.15  # short panels with an effect of each member (Nickell 1981)
    assert some - none == pytest.approx(0.3, abs=0.08)


def test_a_log_with_few_weeks_says_nothing():
    assert encouragement.facts(lived((0.0, 1, 1, "topic", 0), (30.0, 2, 1, "reply", 0))) == {}


@real
def test_in_eleven_logs_the_pull_of_replies_ends():
    """What the values of `posting.heard_enough`, `posting.active` and `visiting.called` rest on."""
    paths = sorted(
        path for path in REAL.glob("*.csv.gz") if not path.name.endswith(("_members.csv.gz", "_threads.csv.gz"))
    )
    rows = [
        {"fact": name, "value": one.value, "se": one.se}
        for path in paths if path.name != "lean_zulip.csv.gz"  # the largest: seconds
        for name, one in encouragement.facts(logs.read(path)).items()
    ]  # fmt: skip
    over = {name: pool(of["value"], of["se"]) for name, of in pd.DataFrame(rows).groupby("fact")}
    assert over["pull_1"].low > 0.05
    assert over["pull_16"].value < over["pull_4"].value + 0.02
    assert over["own_last"].high < 0.15
