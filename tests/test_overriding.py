"""What a subclass overrides in Python is called, and what only hands on to the model lives the same days to the bit."""

import numpy as np
import pytest

from sim.community import DAY, Community
from sim.scenario import ACTIVITIES, load
from sim.state.members import Stage
from sim.team.people import Marketer, Person, Staff
from tests.tiny import differences, digest, state

SMALL = {"community.members": 120, "needing.rate": 0.05, "telling.base": -1.0}
DAYS = 20


def lived(kind, scenario, days=DAYS):
    """A community of a kind after some days, lived in one go."""
    community = kind(scenario, 3, keep_events=True)
    community.run(days, every=5)
    return community


def assert_same(one, other):
    """The same state, events and series, to the bit."""
    assert differences(state(one), state(other)) == [] and digest(one) == digest(other)
    assert np.array_equal(one.events, other.events)
    assert np.array_equal(one.take_series(), other.take_series(), equal_nan=True)


# The worked example of sim/ODD.md: somebody of the team, and a rule


class Counting(Marketer):
    """Publishes as the model does, and counts how often."""

    published = 0

    def publish(self):
        done = super().publish()
        self.published += done
        return done


class Counted(Community):
    kinds = {**Community.kinds, "marketer": Counting}


def test_an_act_that_is_overridden_is_called_and_handing_on_changes_nothing():
    scenario = load("broadcast", SMALL)
    mine = lived(Counted, scenario)
    assert sum(person.published for person in mine.team if isinstance(person, Counting)) > DAYS
    assert_same(mine, lived(Community, scenario))


class Silent(Staff):
    """Welcomes nobody."""

    def welcome(self):
        return False


class Unwelcoming(Community):
    kinds = {**Community.kinds, "staff": Silent}


def test_an_act_that_does_otherwise_makes_another_world():
    scenario = load("facilitation", SMALL)
    mine, plain = lived(Unwelcoming, scenario), lived(Community, scenario)
    assert mine.observe()["hours.welcome"] == 0.0 < plain.observe()["hours.welcome"]
    assert mine.observe()["hours.host"] > 0.0


class Listening(Community):
    """Tells as the model does, and notes who has won something."""

    def tell(self):
        self.winners = getattr(self, "winners", 0) + int(np.count_nonzero(self.members.view.won))
        super().tell()


class Mute(Community):
    """Nobody tells anything."""

    def tell(self):
        pass


def test_a_rule_that_is_overridden_is_called_and_handing_on_changes_nothing():
    scenario = load("story_led", SMALL)
    mine, plain = lived(Listening, scenario), lived(Community, scenario)
    assert mine.winners > 0 and mine.observe()["stories"] > 0.0
    assert_same(mine, plain)
    assert lived(Mute, scenario).observe()["stories"] == 0.0


def test_a_rule_can_be_overridden_on_one_community():
    community = Community(load("baseline", SMALL), 3)
    asked = []
    community.leave = lambda: asked.append(community.day)
    community.run(3)
    assert asked == [1, 2, 3] and not (community.members.view.stage == Stage.LEFT).any()


# Everything at once


def handing_on(name, base):
    """A method that only calls that of `base`."""
    return lambda self: getattr(base, name)(self)


def of_python(kind):
    """A kind of person whose every act is overridden, and hands on."""
    return type(kind.__name__, (kind,), {act: handing_on(act, kind) for act in ACTIVITIES})


AllOfPython = type(
    "AllOfPython",
    (Community,),
    {
        **{rule: handing_on(rule, Community) for rule in DAY},
        "kinds": {name: of_python(kind) for name, kind in Community.kinds.items()},
    },
)


@pytest.mark.parametrize("name", ["facilitation", "broadcast", "social_business"])
def test_all_rules_called_from_python_give_the_same_as_the_compiled_day(name):
    scenario = load(name, SMALL)
    mine = lived(AllOfPython, scenario)
    assert all(getattr(type(person), act) is not getattr(Person, act) for person in mine.team for act in ACTIVITIES)
    assert_same(mine, lived(Community, scenario))


def test_every_rule_of_the_day_can_be_overridden():
    assert [rule for rule in DAY if not callable(getattr(Community, rule, None))] == []
