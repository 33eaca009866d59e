"""When a run ends before its last day: on the first day on which a condition on its measures holds."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from experiments.study.file import StudyError
from sim.scenario import nearest

SIGNS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
FORM = re.compile(r"\s*([A-Za-z_][\w.]*)\s*(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*")


class Condition(NamedTuple):
    """A measure, a sign and a number, as in `active < 10`."""

    measure: str
    sign: str
    number: float

    def holds(self, values: np.ndarray) -> np.ndarray:
        """Where it holds of a measure's values; of what is not known (NaN) nothing holds."""
        return SIGNS[self.sign](values, self.number)


def conditions(texts: Iterable[str], scenarios: dict[str, Any]) -> tuple[Condition, ...]:
    """Conditions read and checked; StudyError says what is wrong with one."""
    from sim.measures import catalogue

    found = []
    for text in texts:
        match = FORM.fullmatch(text)
        if not match:
            raise StudyError(f"key `stop.when`: {text!r} is not allowed; it is a measure, <, <=, > or >=, and a number")
        measure, sign, number = match.groups()
        if missing := [label for label, scenario in scenarios.items() if measure not in catalogue(scenario)]:
            known = catalogue(scenarios[missing[0]])
            raise StudyError(f"key `stop.when`: no measure `{measure}` in {missing[0]}; {nearest(measure, known)}")
        found.append(Condition(measure, sign, float(number)))
    return tuple(found)


def first_day(until: tuple[Condition, ...], series: dict[str, np.ndarray]) -> int | None:
    """The first place in the series at which one of the conditions holds, day 0 left out; None if there is none.

    >>> first_day((Condition("active", "<", 10.0),), {"active": np.array([5.0, 12.0, 9.0, 8.0])})
    2
    """
    if not until:
        return None
    holds = np.any([condition.holds(series[condition.measure]) for condition in until], axis=0)
    holds[0] = False
    return int(np.argmax(holds)) if holds.any() else None
