"""From what varies to points: places in the space of what varies, each with every scenario of the study.

A place is a row of varied values; a point is a place with a scenario. Columns, not objects, so that a million points
stay small.
"""

from __future__ import annotations

import itertools
from functools import cached_property
from typing import Any

import numpy as np

from experiments.runs.point import Point, between, key_of, settled, value_at
from experiments.study.file import CUBES, DIAL, Range, Study, StudyError
from sim.scenario import ScenarioError

MOST_CHECKED = 2000  # points tried before the first run; a fault in one beyond them becomes an error row
LEVELS = 4  # of a Morris design
MOST_PLACES = 10_000_000
SPREAD = 20_261_123  # orders places so that whatever is finished covers the space


class Plan:
    """Every point of a study, in the order of the file.

    columns : varied key -> values, one a place; unit : float (places, keys), the design in the unit cube, or None;
    keys : bytes (places, scenarios), the key of each point.
    """

    def __init__(self, study: Study, model: str, columns: dict[str, list] | None = None):
        self.study, self.model = study, model
        self.labels = list(study.scenarios)
        self.digests = {label: scenario.digest() for label, scenario in study.scenarios.items()}
        self.columns, self.unit = (columns, None) if columns is not None else designed(study)
        self.places = len(next(iter(self.columns.values()))) if self.columns else 1

    @cached_property
    def keys(self) -> np.ndarray:
        """The key of each point: bytes, (places, scenarios)."""
        keys = (self.point(place, label).key for place in range(self.places) for label in self.labels)
        return np.fromiter(keys, "S16", self.places * len(self.labels)).reshape(self.places, -1)

    def shown(self, place: int) -> dict[str, Any]:
        """The varied values of a place."""
        return {key: values[place] for key, values in self.columns.items()}

    def point(self, place: int, label: str) -> Point:
        """The point of a place and a scenario."""
        scenario, shown = self.study.scenarios[label], self.shown(place)
        settings = {key: value for key, value in shown.items() if key != DIAL}
        if DIAL in shown:
            settings = {**between(scenario, self.study.dials[label], float(shown[DIAL])), **settings}
        settings = {key: value for key, value in settings.items() if value != value_at(scenario, key)}
        return Point(key_of(self.digests[label], settings, self.model), label, settings, shown)

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


def designed(study: Study) -> tuple[dict[str, list], np.ndarray | None]:
    """The places of a study as columns, and the design in the unit cube where there is one."""
    vary, design = study.vary, study.design
    if not vary:
        return {}, None
    if design in CUBES:
        unit = _cube(study)
        return {key: [_at(item, share) for share in unit[:, k]] for k, (key, item) in enumerate(vary.items())}, unit
    levels = {key: item.levels() if isinstance(item, Range) else item for key, item in vary.items()}
    if design == "rows":
        n = max(len(values) for values in levels.values())
        return {key: values * n if len(values) == 1 else values for key, values in levels.items()}, None
    rows: list[tuple] = []
    if design == "one":  # the first scenario's own values, then each key's levels with all others at those values
        first = next(iter(study.scenarios.values()))
        defaults = tuple(0.0 if key == DIAL else value_at(first, key) for key in levels)
        others = ((k, value) for k, values in enumerate(levels.values()) for value in values if value != defaults[k])
        rows = [defaults, *(defaults[:k] + (value,) + defaults[k + 1 :] for k, value in others)]
    else:
        places = np.prod([len(values) for values in levels.values()], dtype=float)
        if places > MOST_PLACES:
            raise StudyError(f"{study.path}: [vary]: the grid has {places:,.0f} places, more than {MOST_PLACES:,}")
        rows = list(itertools.product(*levels.values()))
    return {key: [row[k] for row in rows] for k, key in enumerate(levels)}, None


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
