"""Adding a rule: every place of every rule is there, and one that is missing is named with what to do.

test_new_rule follows the steps of sim/README.md with the worked example tests/gifting.toml.
"""

from tests.places import missing


def test_every_place_of_every_rule_is_there():
    assert missing() == []
