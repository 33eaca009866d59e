"""Calibrate, then freeze: the pinned numbers of one run.

They move only when a rule or a value has been changed, in the commit that changes it. To renew them:

    python -m tests.renew
"""

import numpy as np
import pytest

from sim.scenario import load
from tests.renew import DAYS, MEMBERS, SEED, kept, measured


def test_the_baseline_is_the_one_that_was_frozen():
    assert load("baseline").digest() == kept()["digest"], "the baseline has changed; renew with: python -m tests.renew"


@pytest.mark.parametrize("name", ["broadcast", "facilitation"])
def test_a_run_gives_the_numbers_that_were_pinned(name):
    expected = kept()[name]
    found = measured(name)
    assert found.keys() == expected.keys()
    # the same bits on one machine; the last digits of exp and log may differ on another
    off = {key: (found[key], expected[key]) for key in found if not np.isclose(found[key], expected[key], rtol=1e-9)}
    assert not off, f"renew with `python -m tests.renew` if this was meant: {off}"


def test_what_is_pinned_is_not_trivial():
    found = kept()
    assert found["run"] == {"members": MEMBERS, "days": DAYS, "seed": SEED}
    for name in ("broadcast", "facilitation"):
        assert found[name]["exchanges"] > 20 and found[name]["intimacy"] > 0 and found[name]["visits"] > 1000
    assert found["broadcast"] != found["facilitation"]


def test_a_changed_value_would_show():
    changes = {"ties.gain": load("baseline").ties.gain * 1.01}
    assert load("baseline", changes).digest() != kept()["digest"]
    assert measured("facilitation", changes)["intimacy"] != kept()["facilitation"]["intimacy"]
