"""Gifting: members who visit give something to the group, and belong the more. An own rule of Hearthside's model."""

from typing import Any

import numpy as np

from sim.compiled.draws import uniform
from sim.compiled.kernel import kernel, toward
from sim.measures import Measure
from sim.own import Own, OwnRule


@kernel
def gift_chance(belonging, p):
    """Chance of a gift on a visit, 0-1; `belonging`: to the group, 0-1; `p`: the table [gifting]."""
    return p.rate * belonging


@kernel
def gift(state, own):
    """Let today's visitors give."""
    m, p = state.members, own.values
    for v in range(state.now.visitors):
        i = state.visits.row[v]
        if uniform(own.key, m.key[i], 0) < gift_chance(m.belonging[i], p):
            m.belonging[i] = toward(m.belonging[i], p.warmth)
            own.columns.given[i] += 1
            own.sums.gifts += 1.0


class Gifting(OwnRule):
    """Who belongs more gives more often, and giving lets belong."""

    name = "gifting"
    after = "tell"
    table = {
        "rate": {"value": 0.1, "range": [0, 1], "unit": "chance a visit", "source": "assumed",
                 "about": "of a gift by a visitor who belongs wholly"},
        "warmth": {"value": 0.02, "range": [0, 1], "unit": "share", "source": "assumed",
                   "about": "of what is wanting to belonging, that a gift adds"},
    }  # fmt: skip
    columns = {"given": np.int32}  # gifts of each member so far
    measures = {
        "gifts": Measure("Gifts", "gifts", "flow", "by members to the group", "more"),
        "givers": Measure("Givers", "share of members", "state", "have ever given, of all who ever joined", "more"),
    }

    def act(self, model: Any, own: Own) -> None:
        """Let today's visitors give."""
        gift(model.state, own)

    def givers(self, model: Any, own: Own) -> float:
        """Share of members who have ever given, 0-1."""
        return float(np.mean(own.columns.given[: model.members.n] > 0))
