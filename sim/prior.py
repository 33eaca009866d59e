"""What a declared prior says of a value: on which scale it is, and how it goes along with another value (ODD, 6)."""

import math
from typing import Any


def on_log_scale(allowed: list) -> bool:
    """Whether a prior is taken on the log scale: the range is positive and spans more than a factor of 10."""
    return allowed[0] > 0 and allowed[1] > 10 * allowed[0]


CUT = 0.2  # of the way from an end of the range to the value: what a prior leaves free beyond its low and high


def prior_around(meta: dict, value: Any) -> list[float]:
    """The prior [low, high] of a declaration, laid around the value that a scenario gives; [] if it has none.

    The value is the median; a tenth of the plausible worlds lies below low, a tenth above high. A value of the
    scenario's own takes the prior along: by the same distance, or ratio on the log scale, as far as its range allows.
    """
    if "prior" not in meta:
        return []
    if value == meta["value"]:
        return list(meta["prior"])
    to, back = (math.log, math.exp) if on_log_scale(meta["range"]) else (float, float)
    own, here, least, most = to(meta["value"]), to(value), *map(to, meta["range"])
    low, high = (here + to(end) - own for end in meta["prior"])
    low, high = max(low, least + CUT * (here - least)), min(high, most - CUT * (most - here))
    return [back(min(low, here)), back(max(high, here))]
