"""Regressions of the designs: Poisson and least squares with one set of fixed effects taken out, and errors that hold.

Estimates are logs of ratios (Poisson) or differences (least squares), each with its standard error.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import statsmodels.api as sm

STEPS, CLOSE, LARGEST = 50, 1e-9, 30.0  # Newton steps; a change that is none; largest log ratio


class Estimate(NamedTuple):
    """A coefficient, its standard error, and how many rows it rests on."""

    value: float
    se: float
    n: int


def poisson(y: Any, x: pd.DataFrame, within: Any, clusters: Any = None) -> dict[str, Estimate]:
    """Poisson regression with a fixed effect for each group, log E y = x b + a_group; robust errors.

    The effects of groups drop out of the likelihood (Hausman, Hall & Griliches 1984): Newton's method on
    sum of y log(e^{xb} / sum over the group of e^{xb}); groups whose y are all zero say nothing and are left out.
    Columns that do not vary within groups are left out.

    Parameters
    ----------
    y : counts, 0 or more, (n,)
    x : what is held against it, a column each, (n, k); errors are given for each
    within : the group of each row (n,)
    clusters : rows whose errors belong together (n,); None: each row alone (HC1)
    """
    group, row = _grouped(y, within)
    if not row.size:
        return {}
    y = np.asarray(y, float)[row]
    names, columns = _varying(x.iloc[row], group)
    coefficients, spread, score = _newton(y, columns, group)
    if clusters is None:
        scores, scale = score, y.size / max(y.size - len(names) - group[-1] - 1, 1)
    else:
        _, cluster = np.unique(np.asarray(clusters)[row], return_inverse=True)
        scores = np.zeros((cluster.max() + 1, len(names)))
        np.add.at(scores, cluster, score)
        scale = scores.shape[0] / max(scores.shape[0] - 1, 1)
    covariance = spread @ (scores.T @ scores) @ spread * scale
    return {
        name: Estimate(float(coefficients[k]), float(np.sqrt(max(covariance[k, k], 0.0))), y.size)
        for k, name in enumerate(names)
        if abs(coefficients[k]) < LARGEST and covariance[k, k] > 0
    }


def _grouped(y: Any, within: Any) -> tuple[np.ndarray, np.ndarray]:
    """Groups that have some y, numbered, in order; and the places of their rows."""
    _, group = np.unique(np.asarray(within), return_inverse=True)
    some = np.bincount(group, np.asarray(y, float))[group] > 0
    row = np.flatnonzero(some)
    row = row[np.argsort(group[row], kind="stable")]
    _, group = np.unique(group[row], return_inverse=True)
    return group, row


def _varying(x: pd.DataFrame, group: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Columns that vary within groups and are no sum of those before them."""
    values = x.to_numpy(float)
    inside = values - _mean(values, np.ones(len(values)), group)
    chosen = _independent(inside)
    return [str(x.columns[k]) for k in chosen], values[:, chosen]


def _independent(x: np.ndarray) -> list[int]:
    """Columns that are not zero and no sum of those before them."""
    size = np.sqrt((x**2).sum(0))
    chosen = [k for k in range(x.shape[1]) if size[k] > 1e-8]
    if chosen:
        r = np.abs(np.diag(np.linalg.qr(x[:, chosen] / size[chosen], mode="r")))
        chosen = [k for k, left in zip(chosen, r, strict=False) if left > 1e-6]
    return chosen


def _mean(values: np.ndarray, weights: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Weighted means of each column within groups that lie together, spread over the rows."""
    starts = np.flatnonzero(np.r_[True, np.diff(group) > 0])
    total = np.add.reduceat(weights, starts)
    return (np.add.reduceat(values * weights[:, None], starts, axis=0) / total[:, None])[group]


def _newton(y: np.ndarray, x: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The coefficients, the inverse of the information, and each row's score."""
    starts = np.flatnonzero(np.r_[True, np.diff(group) > 0])
    total = np.add.reduceat(y, starts)[group]
    b, before = np.zeros(x.shape[1]), -np.inf
    step = np.zeros_like(b)
    for _ in range(STEPS):
        eta = x @ b
        eta -= np.maximum.reduceat(eta, starts)[group]
        size = np.exp(eta)
        expected = total * size / np.add.reduceat(size, starts)[group]
        likelihood = float((y * np.log(np.maximum(expected, 1e-300))).sum())
        if likelihood < before - 1e-9 * abs(before):  # too far: half of the last step back
            step /= 2
            b = b - step
            continue
        inside = x - _mean(x, np.maximum(expected, 1e-300), group)
        information = np.linalg.pinv((inside * expected[:, None]).T @ inside, hermitian=True)
        score = inside * (y - expected)[:, None]
        if abs(likelihood - before) <= CLOSE * abs(likelihood):
            break
        before, step = likelihood, information @ score.sum(0)
        b = b + step
    return b, information, score


def linear(y: Any, x: pd.DataFrame, within: Any) -> dict[str, Estimate]:
    """Least squares with a fixed effect for each group, errors clustered by group; y in points gives points."""
    group = pd.Series(np.asarray(within))
    many = (group.map(group.value_counts()) > 1).to_numpy()
    group, x = group[many].reset_index(drop=True), x[many].reset_index(drop=True)
    y = pd.Series(np.asarray(y, float)[many])
    y, x = y - y.groupby(group).transform("mean"), x - x.groupby(group).transform("mean")
    x = x.iloc[:, _independent(x.to_numpy(float))]
    if x.empty or group.nunique() < 2:
        return {}
    fit = sm.OLS(y, x).fit(cov_type="cluster", cov_kwds={"groups": pd.factorize(group)[0]})
    return _estimates(fit, x)


def over_time(y: Any, x: pd.DataFrame, within: Any = None) -> dict[str, Estimate]:
    """Least squares over periods in order, with an intercept or an effect for each group of periods.

    Errors hold under autocorrelation (Newey & West 1987), 4 (n / 100) ^ (2/9) lags.
    """
    y = pd.Series(np.asarray(y, float))
    x = x.reset_index(drop=True)
    if within is None:
        x = sm.add_constant(x, has_constant="add")
    else:
        group = pd.Series(np.asarray(within))
        y, x = y - y.groupby(group).transform("mean"), x - x.groupby(group).transform("mean")
    x = x.iloc[:, _independent(x.to_numpy(float))]
    lags = int(4 * (len(y) / 100) ** (2 / 9))
    fit = sm.OLS(y, x).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True})
    return _estimates(fit, x)


def _estimates(fit: Any, x: pd.DataFrame) -> dict[str, Estimate]:
    return {
        str(name): Estimate(float(fit.params[name]), float(fit.bse[name]), len(x))
        for name in x.columns
        if np.isfinite(fit.bse[name]) and fit.bse[name] > 0
    }


def dummies(values: Any, name: str) -> pd.DataFrame:
    """A column of 0 and 1 for each value but the most frequent."""
    values = pd.Series(np.asarray(values))
    others = list(values.value_counts().index[1:])
    return pd.DataFrame({f"{name} {value}": (values == value).astype(float) for value in others}, index=values.index)
