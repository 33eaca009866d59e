"""A run steered between days: the next day is lived under another scenario, and what was laid down stays."""

import numpy as np
import pytest

from sim.community import Community
from sim.scenario import load

SMALL = {"community.members": 60, "community.days": 30, "budget.hours_per_week": 40.0}


def lived(*scenarios, seed=3, days=10):
    """A community that lives `days` under each scenario in turn."""
    community = Community(scenarios[0], seed)
    for number, scenario in enumerate(scenarios):
        if number:
            community.change(scenario)
        for _ in range(days):
            community.step()
    return community


def same(one, other):
    return one.observe() == pytest.approx(other.observe(), abs=0, nan_ok=True) and all(
        np.array_equal(a, b) for a, b in zip(one.members.view, other.members.view, strict=True)
    )


def test_a_change_to_the_same_changes_nothing():
    scenario = load("facilitation", SMALL)
    assert same(lived(scenario, scenario), lived(scenario, days=20))


def test_a_change_acts_from_the_next_day_on_and_is_repeated_exactly():
    quiet, loud = load("facilitation", SMALL), load("broadcast", SMALL)
    steered = lived(quiet, loud)
    assert same(steered, lived(quiet, loud)) and not same(steered, lived(quiet, days=20))
    assert steered.team[1].weekly["publish"] == pytest.approx(0.62 * 40 * 60)
    before = {person.name: dict(person.spent) for person in lived(quiet).team}
    assert all(person.spent[what] >= spent for person in steered.team for what, spent in before[person.name].items())


def test_a_change_on_day_0_is_as_if_founded_so():
    quiet, loud = load("facilitation", SMALL), load("broadcast", SMALL)
    community = Community(quiet, 3)
    community.change(loud)
    for _ in range(10):
        community.step()
    assert same(community, lived(loud))


def test_new_hats_bring_new_work():
    both = load("story_led", SMALL)
    team = [{**person, "hats": ["community", "social", "service", "product"]} for person in both.resolved()["team"]]
    community = Community(both, 3)
    community.change(load("story_led", {**SMALL, "team": team}))
    assert set(community.team[0].weekly) == set(community.team[1].weekly) == set(both.activities)


def test_a_norm_follows_its_values_and_stays_written():
    plain = load("facilitation", {**SMALL, "norms.civility.visible": True})
    community = Community(plain, 3)
    community.change(load("facilitation", {**SMALL, "norms.civility.temptation": -1.0}))
    civility = list(plain.norms).index("civility")
    norm = community.tables.rows["norms"][civility]
    assert norm["temptation"] == -1.0 and norm["visible"] == 1


@pytest.mark.parametrize(
    "key, value", [("community.members", 61), ("community.topics", 4), ("ties.slots", 8), ("norms.other.start", 0.5)]
)
def test_what_was_laid_down_is_refused(key, value):
    community = Community(load("facilitation", SMALL), 3)
    with pytest.raises(ValueError, match=f"{key.split('.')[0]}.*laid down on day 0"):
        community.change(load("facilitation", {**SMALL, key: value}))
