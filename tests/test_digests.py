"""Whole runs give the digests that are stored: what is to keep the bits does. All of them: `tests/digests.py`."""

import json

import pytest

from sim.scenario import shipped
from tests.digests import SEEDS, STORED, cases, differences

KNOWN = json.loads(STORED.read_text(encoding="utf-8"))
SOME = ("facilitation 1", "lawless 2", "story_led 1")


@pytest.mark.parametrize("name", SOME)
def test_a_whole_run_has_the_bits_that_it_had(name):
    found = dict(cases())[name]()
    apart = differences(found, KNOWN[name])
    assert not apart, f"{apart}: if a rule or value was meant to change, write them anew: python -m tests.digests --to"


def test_every_shipped_scenario_is_stored():
    assert {f"{name} {seed}" for name in shipped() for seed in SEEDS} <= set(KNOWN)


def test_another_digest_is_named():
    assert differences({"ties": "a", "posts": "b"}, {"ties": "a", "posts": "c"}) == ["posts"]
