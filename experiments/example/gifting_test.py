"""Gifting: the same as its plain twin, nothing at rate 0, and its values and measures where all others are."""

import pytest
from gifting import Gifting

from sim.community import Community
from sim.compiled.draws import uniform
from sim.scenario import ScenarioError


class Twin(Gifting):
    """The rule again as its description says it, in plain Python, member by member."""

    def act(self, model, own):
        """Visitors in turn give with chance rate * belonging, and belonging grows by warmth of what is missing to 1."""
        members = model.members.view
        for i in model.visitors.tolist():
            if uniform(own.key, int(members.key[i]), 0) < own.values.rate * members.belonging[i]:
                members.belonging[i] += own.values.warmth * (1.0 - members.belonging[i])
                own.columns.given[i] += 1
                own.sums.gifts += 1.0


def lived(*rules, **changes):
    """A community of eighty, with these rules and values, after twenty days."""
    community = Community("facilitation", seed=3, rules=rules, **{"community.members": 80, **changes})
    community.run(20)
    return community


def same(one, other):
    """Whether all columns of members are equal, to the bit."""
    return all((a == b).all() for a, b in zip(one.members.view, other.members.view, strict=True))


def test_the_rule_does_what_its_twin_does():
    """And something: the two are not equal for want of gifts."""
    rule, twin = (lived(kind(), **{"gifting.rate": 1.0}) for kind in (Gifting, Twin))
    assert rule.observe()["gifting.gifts"] > 0
    assert same(rule, twin) and rule.observe() == pytest.approx(twin.observe(), rel=0, abs=0, nan_ok=True)


def test_at_rate_0_nothing_is_otherwise():
    """The rule has draws of its own, and disturbs no other."""
    still, plain = lived(Gifting(), **{"gifting.rate": 0.0}), lived()
    assert same(still, plain) and still.observe()["gifting.gifts"] == 0.0
    assert not same(still, lived(Gifting(), **{"gifting.rate": 1.0}))


def test_what_it_counts_is_what_members_gave():
    """The measures, by hand, from the column."""
    community = lived(Gifting(), **{"gifting.rate": 1.0})
    given = community.own("gifting").columns.given[: community.members.n]
    assert community.observe()["gifting.gifts"] == given.sum()
    assert community.observe()["gifting.givers"] == sum(count > 0 for count in given) / len(given)


def test_a_value_out_of_range_is_refused():
    """With the same words as a value of the model's own."""
    with pytest.raises(ScenarioError, match="key `gifting.rate`: 2.0 is not allowed; it is a number from 0 to 1"):
        lived(Gifting(), **{"gifting.rate": 2.0})
