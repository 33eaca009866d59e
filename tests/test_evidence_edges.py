"""What experiments in the model measure, and how near a published figure must be, worked by hand."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from experiments.evidence import docking, rankings, replications, trials


def test_visits_are_a_share_of_all_who_ever_were_members(monkeypatch):
    end = {
        "posts": 100.0,
        "responses": 200.0,
        "visits": 400.0,
        "members": 60.0,
        "left": 20.0,
        "dyad": 0.3,
        "sanctions": 60.0,
    }
    monkeypatch.setattr(rankings, "at_end", lambda world, changes, seed: end)
    found = rankings.moderate("usual", 1)
    for arm in rankings.ARMS:
        assert found[f"{arm}_visits"] == 5.0  # 400 by 60 who are there and 20 who left
        assert found[f"{arm}_posts"] == 1.0 and found[f"{arm}_tie"] == 0.3  # 300 in 300 days
    assert found["openings"] == pytest.approx(1 / 3) and found["removed"] == 60.0


def test_the_best_level_is_chosen_by_even_seeds_and_judged_on_odd():
    levels = trials.Present.levels  # of four seeds; what is not said is 0
    numbers = {f"{kind}_{level:g}": np.zeros(4) for kind in ("practical", "social") for level in levels}
    numbers |= {f"practical_{level:g}_share": np.array([0.0, 0.2]) for level in levels}
    numbers["practical_0"] = np.array([1.0, 2.0, 1.0, 4.0])
    numbers["practical_2"] = np.array([9.0, 5.0, 9.0, 6.0])  # the best of seeds 0 and 2
    numbers["practical_4"] = np.array([3.0, 50.0, 3.0, 50.0])  # the best of seeds 1 and 3, that do not choose
    numbers["practical_40"] = np.array([1.0, 1.0, 1.0, 3.0])
    numbers["social_1"] = np.array([8.0, 3.0, 8.0, 2.0])
    numbers["social_8"] = np.array([2.0, 30.0, 2.0, 30.0])
    numbers["social_40"] = np.array([1.0, 1.0, 1.0, 1.0])
    numbers["practical_40_share"] = np.array([0.7, 0.9])
    found = replications.best_presence(numbers)
    assert found["best"].tolist() == [2.0]
    assert found["rise"].tolist() == [3.0, 2.0]  # 5 - 2 and 6 - 4
    assert found["fall"].tolist() == [4.0, 3.0]  # 5 - 1 and 6 - 3
    assert found["fall_social"].tolist() == [2.0, 1.0]  # 3 - 1 and 2 - 1
    assert found["most"].tolist() == [pytest.approx(0.8)]


class Timetable:
    """Two members whose brand is the day and whose annoyance is a tenth of it; a third has met no message."""

    arms = ("1", "16")
    campaign = 10

    def __init__(self, seed, weekly, changes):
        self.day, self.weekly = 0, int(weekly)
        self.scenario = SimpleNamespace(community=SimpleNamespace(days=70))
        self.members = SimpleNamespace(n=3, view=SimpleNamespace())
        self.flows = {replications.Flow.ATTENTION_COMPANY: 0.0}

    def step(self):
        self.day += 1
        self.flows[replications.Flow.ATTENTION_COMPANY] += 2 * self.weekly  # each meets so many a day
        self.members.view.brand = np.array([self.day - 0.5, self.day + 0.5, 0.0])
        self.members.view.annoyance = np.array([0.1 * self.day, 0.1 * self.day, 0.0])
        self.members.view.met = np.array([1, 1, 0])


def test_attitude_at_the_end_of_a_campaign_is_that_of_its_last_day(monkeypatch):
    monkeypatch.setattr(trials, "Frequent", Timetable)
    found = replications.like_messages(1)
    for weekly in Timetable.arms:
        assert found[f"attitude_{weekly}"] == 9.0
        assert found[f"net_{weekly}"] == 9.0  # day 10: 10 less 1
        assert found[f"net_{weekly}_later"] == pytest.approx(0.9 * 49)  # days 32 to 66, in the middle 49
        assert found[f"met_{weekly}"] == pytest.approx(28 * int(weekly))


def test_a_published_mean_of_few_runs_may_be_as_far_off_as_its_own_error_and_ours():
    ours = np.array([1.0, 3.0, 5.0, 7.0])  # variance 20/3
    assert docking.tolerance({"runs": 4}, 4.0, ours) == pytest.approx(2 * math.sqrt(20 / 3 * (1 / 4 + 1 / 4)))
    assert docking.tolerance({"runs": 1}, 4.0, ours) == pytest.approx(2 * math.sqrt(20 / 3 * (1 / 4 + 1)))
    assert docking.tolerance({"runs": 4, "least": 9.0}, 4.0, ours) == 9.0
    assert docking.tolerance({"runs": 4, "least": 0.5}, 4.0, ours[:1]) == 0.5  # one run of ours shows no spread
