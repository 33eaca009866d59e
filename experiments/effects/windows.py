"""How often somebody did something in a span of time, for many people and spans at once."""

from __future__ import annotations

from typing import Any

import numpy as np

WIDE = 1 << 34  # seconds; more than any time since 1970, so that a key holds who and when


class Moments:
    """When each of many did something: `who` int (n,), `time` whole seconds since 1970 (n,), in any order."""

    def __init__(self, who: Any, time: Any):
        self.known, code = np.unique(np.asarray(who, np.int64), return_inverse=True)
        self.keys = np.sort(code.astype(np.int64) * WIDE + np.asarray(time, np.int64))

    def count(self, who: Any, after: Any, upto: Any) -> np.ndarray:
        """How often each did it later than `after` and not later than `upto` (seconds); int (m,)."""
        who = np.asarray(who, np.int64)
        code = np.searchsorted(self.known, who)
        found = code < self.known.size
        found[found] = self.known[code[found]] == who[found]
        low, high = (np.clip(np.asarray(end, np.int64), 0, WIDE - 1) for end in (after, upto))
        base = code * WIDE
        counts = np.searchsorted(self.keys, base + high, "right") - np.searchsorted(self.keys, base + low, "right")
        return np.where(found, np.maximum(counts, 0), 0)


def pairs(one: Any, other: Any) -> np.ndarray:
    """One number for each pair of two numbers from 0 to 2 ** 31, int (n,)."""
    return np.asarray(one, np.int64) << 31 | np.asarray(other, np.int64)
