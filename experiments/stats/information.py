"""The value of information: what knowing an open value before choosing a strategy would gain on average.

Of all open values at once (EVPI) and of each alone (EVPPI), in the unit of the outcome, out of worlds that were run
anyway: the regression method of Strong, Oakley & Brennan (2014), with penalised splines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

KNOTS = 5  # of the cubic spline, evenly over the ranks of a value
PENALTIES = np.logspace(-3, 4, 8)  # of which leave-one-out cross-validation takes the best
SHUFFLES = 5000  # so many that one of a hundred values can be told
FALSE = 0.05  # of the values told to be worth knowing, at most so many are not, on average


@dataclass(frozen=True)
class Gain:
    """What choosing with knowledge gains on average over always choosing the usual best, with its standard error."""

    gain: float
    error: float


def of_all(outcomes: np.ndarray) -> Gain:
    """The expected value of perfect information, E[max_s y_s] - max_s E[y_s] (Raiffa & Schlaifer 1961).

    Where a world was run with one seed it is of the world and the seed's luck, which nobody can know: an upper bound.

    Parameters
    ----------
    outcomes : net outcome, more being better, float (worlds, strategies), every one known
    """
    return _gain(outcomes, outcomes)


def of_each(values: pd.DataFrame, outcomes: np.ndarray, seed: int = 0) -> pd.DataFrame:
    """The expected value of knowing each open value, E_x[max_s E[y_s | x]] - max_s E[y_s], most first.

    E[y_s | x] is a ridge-penalised cubic spline in the rank of x, its penalty chosen by leave-one-out cross-validation;
    differences from the first strategy are fitted, so that what all share does no harm. A spline follows noise a
    little, which looks like a gain: the mean gain with outcomes shuffled among the worlds is taken off (not below 0).

    Parameters
    ----------
    values : a row a world, a column an open value
    outcomes : as of `of_all`
    seed : of the shuffles

    Returns
    -------
    key; gain; error, its standard error: that of the mean over worlds of what the informed choice gained, which is the
    estimate's influence function (Newey 1994) with the penalty taken as given; changes, the share of worlds in which
    the value known would change the choice; p, the share of shuffles that gain as much; found, whether it is told to be
    worth knowing with a false discovery rate of 5 % (Benjamini & Hochberg 1995)
    """
    import pandas as pd
    from scipy import stats

    more = outcomes - outcomes[:, :1]
    usual = int(more.mean(axis=0).argmax())
    noise = shuffled(more, np.random.default_rng(seed))
    records = []
    for key in values.columns:
        expected = fitted(values[key].to_numpy(float), more)
        plain = _gain(expected, more)
        p = (1 + np.count_nonzero(noise >= plain.gain * (1 - 1e-9))) / (1 + SHUFFLES)
        gain, changes = max(plain.gain - float(noise.mean()), 0.0), float(np.mean(expected.argmax(axis=1) != usual))
        records.append({"key": key, "gain": gain, "error": plain.error, "changes": changes, "p": p})
    made = pd.DataFrame(records, columns=["key", "gain", "error", "changes", "p"])
    adjusted = stats.false_discovery_control(made["p"]) if len(made) else np.empty(0)
    return made.assign(found=adjusted <= FALSE).sort_values(["gain", "p"], ascending=[False, True], ignore_index=True)


def fitted(value: np.ndarray, more: np.ndarray) -> np.ndarray:
    """The outcomes expected at a value: float (worlds, strategies).

    Parameters
    ----------
    value : float (worlds,)
    more : outcomes less those of the first strategy, float (worlds, strategies)
    """
    from scipy.stats import rankdata

    return _smooth((rankdata(value) - 0.5) / value.size, more)


def shuffled(more: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The gains of values that tell nothing: float (SHUFFLES,). Fits heed ranks alone, so they serve every value."""
    n, strategies = more.shape
    orders = rng.permuted(np.tile(np.arange(n), (SHUFFLES, 1)), axis=1)
    mixed = np.moveaxis(more[orders], 0, 1)  # worlds, shuffles, strategies
    fits = _smooth((np.arange(n) + 0.5) / n, mixed.reshape(n, -1)).reshape(n, SHUFFLES, strategies)
    return fits.max(axis=2).mean(axis=0) - more.mean(axis=0).max()


def _smooth(place: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Each column of targets, smoothed over a place from 0 to 1; one that does not vary stays as it is."""
    from sklearn.linear_model import RidgeCV
    from sklearn.preprocessing import SplineTransformer

    if np.ptp(place) == 0:
        return np.broadcast_to(targets.mean(axis=0), targets.shape)
    knots = np.linspace(0, 1, KNOTS)[:, None]
    basis = SplineTransformer(knots=knots).fit_transform(place[:, None])
    made = targets.astype(float)
    varies = np.flatnonzero(np.ptp(targets, axis=0) > 0)
    if varies.size:
        wanted = targets[:, varies]
        fit = RidgeCV(PENALTIES, alpha_per_target=True).fit(basis, wanted).predict(basis)
        made[:, varies] = fit.reshape(wanted.shape)
    return made


def _gain(expected: np.ndarray, outcomes: np.ndarray) -> Gain:
    """What it gains to choose by what is expected; `outcomes` came of it. Both float (worlds, strategies)."""
    usual = int(outcomes.mean(axis=0).argmax())
    worlds, choice = np.arange(len(outcomes)), expected.argmax(axis=1)
    each = outcomes[worlds, choice] - outcomes[:, usual]
    error = float(each.std(ddof=1) / math.sqrt(each.size)) if each.size > 1 else math.nan
    return Gain(float(expected.max(axis=1).mean() - expected.mean(axis=0).max()), error)
