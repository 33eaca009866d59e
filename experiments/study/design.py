"""From what varies to points: places in the space of what varies, each with every scenario of the study.

A place is a row of varied values; a point is a place with a scenario. What is asked for is made then, so that a million
points stay small and a part of them costs no more than itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np

from experiments.runs.point import Point, between, key_of, settled, value_at
from experiments.study.file import CUBES, DIAL, Range, Study, StudyError
from sim.scenario import ScenarioError

MOST_CHECKED = 2000  # points tried before the first run; a fault in one beyond them becomes an error row
LEVELS = 4  # of a Morris design
MOST_PLACES = 10_000_000
SPREAD = 20_261_123  # orders places so that whatever is finished covers the space


class Column(Sequence):
    """The values of one key, one a place, each made when it is asked for.

    at : the value at a place; kinds : values that show of what type all are
    """

    def __init__(self, places: int, at: Callable[[int], Any], kinds: list):
        self.places, self.at, self.kinds = places, at, kinds

    def __len__(self) -> int:
        return self.places

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self.at(one) for one in range(*place.indices(self.places))]
        if not -self.places <= place < self.places:
            raise IndexError(place)
        return self.at(place % self.places)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)


class Plan:
    """Every point of a study, in the order of the file; a value, a key or a point is made when it is asked for.

    columns : varied key -> values, one a place; unit : float (places, keys), the design in the unit cube, or None.
    """

    def __init__(self, study: Study, model: str, columns: dict[str, list] | None = None):
        self.study, self.model = study, model
        self.labels = list(study.scenarios)
        self.digests = {label: scenario.digest() for label, scenario in study.scenarios.items()}
        self.given = columns is not None
        self.columns: Mapping[str, Sequence]
        self.unit: np.ndarray | None
        self.columns, self.unit = (columns, None) if columns is not None else designed(study)
        self.places = len(next(iter(self.columns.values()))) if self.columns else 1
        self._own: dict[tuple[str, str], Any] = {}  # values of the scenarios

    @cached_property
    def keys(self) -> np.ndarray:
        """The key of each point as a number: uint64, (places, scenarios)."""
        keys = (int(self.point(place, label).key, 16) for place in range(self.places) for label in self.labels)
        return np.fromiter(keys, np.uint64, self.places * len(self.labels)).reshape(self.places, -1)

    def shown(self, place: int) -> dict[str, Any]:
        """The varied values of a place."""
        return {key: values[place] for key, values in self.columns.items()}

    def point(self, place: int, label: str) -> Point:
        """The point of a place and a scenario."""
        scenario, shown = self.study.scenarios[label], self.shown(place)
        settings = {key: value for key, value in shown.items() if key != DIAL}
        if DIAL in shown:
            settings = {**between(scenario, self.study.dials[label], float(shown[DIAL])), **settings}
        settings = {key: value for key, value in settings.items() if value != self._value_at(label, key)}
        return Point(key_of(self.digests[label], settings, self.model), label, settings, shown)

    def _value_at(self, label: str, key: str) -> Any:
        """The scenario's own value of a key."""
        if (label, key) not in self._own:
            self._own[label, key] = value_at(self.study.scenarios[label], key)
        return self._own[label, key]

    def order(self) -> np.ndarray:
        """The places in the order in which they are run: spread over the space."""
        return np.random.default_rng(SPREAD).permutation(self.places)

    def refuse_faults(self) -> None:
        """Try points, all of them or an even spread of many; StudyError names the first that cannot be."""
        step = max(1, self.places * len(self.labels) // MOST_CHECKED)
        for place in range(0, self.places, step):
            for label in self.labels:
                point = self.point(place, label)
                try:
                    settled(self.study.scenarios[label], point.settings)
                except ScenarioError as error:
                    at = ", ".join(f"{key} = {value}" for key, value in self.shown(place).items())
                    raise StudyError(f"{self.study.path}: {label} with {at}: {error}") from None


def designed(study: Study) -> tuple[Mapping[str, Sequence], np.ndarray | None]:
    """The places of a study as columns, and the design in the unit cube where there is one."""
    vary, design = study.vary, study.design
    if not vary:
        return {}, None
    if design in CUBES:
        unit = _cube(study)
        return {key: _along(item, unit[:, k]) for k, (key, item) in enumerate(vary.items())}, unit
    levels = {key: item.levels() if isinstance(item, Range) else item for key, item in vary.items()}
    if design == "rows":
        n = max(len(values) for values in levels.values())
        return {key: values * n if len(values) == 1 else values for key, values in levels.items()}, None
    if design == "one":  # the first scenario's own values, then each key's levels with all others at those values
        first = next(iter(study.scenarios.values()))
        defaults = tuple(0.0 if key == DIAL else value_at(first, key) for key in levels)
        others = ((k, value) for k, values in enumerate(levels.values()) for value in values if value != defaults[k])
        rows = [defaults, *(defaults[:k] + (value,) + defaults[k + 1 :] for k, value in others)]
        return {key: [row[k] for row in rows] for k, key in enumerate(levels)}, None
    return _grid(study, levels), None


def _grid(study: Study, levels: dict[str, list]) -> Mapping[str, Sequence]:
    """Every combination of levels, the last key's changing first."""
    places = math.prod(len(values) for values in levels.values())
    if places > MOST_PLACES:
        raise StudyError(f"{study.path}: [vary]: the grid has {places:,} places, more than {MOST_PLACES:,}")
    columns, block = {}, places
    for key, values in levels.items():
        block //= len(values)
        columns[key] = Column(places, partial(_level, values, block), values)
    return columns


def _level(values: list, block: int, place: int) -> Any:
    return values[place // block % len(values)]


def _along(item: list | Range, shares: np.ndarray) -> Column:
    """A list or a range, at shares of the way: float (places,) in [0, 1]."""
    kinds = [item.at(0.0), item.at(1.0)] if isinstance(item, Range) else item
    return Column(len(shares), lambda place: _at(item, shares[place]), kinds)


def _at(item: list | Range, share: float) -> Any:
    return item.at(float(share)) if isinstance(item, Range) else item[min(int(share * len(item)), len(item) - 1)]


def problem(keys: list[str]) -> dict[str, Any]:
    """A study as SALib knows it: its varied keys, each from 0 to 1."""
    return {"num_vars": len(keys), "names": keys, "bounds": [[0.0, 1.0]] * len(keys)}


def _cube(study: Study) -> np.ndarray:
    """The design in the unit cube, float (places, keys), the same every time."""
    seed = int(study.seed % 2**32)
    if study.design == "latin":
        from scipy.stats import qmc

        return qmc.LatinHypercube(len(study.vary), rng=np.random.default_rng(seed)).random(study.points)
    if study.design == "morris":
        from SALib.sample import morris

        return np.asarray(morris.sample(problem(study.keys), study.points, num_levels=LEVELS, seed=seed))
    from SALib.sample import sobol

    return np.asarray(sobol.sample(problem(study.keys), study.points, calc_second_order=False, seed=seed))
