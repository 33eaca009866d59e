"""How much of a difference each group of settings makes: Shapley values over groups moved one at a time.

The groups (the hours of an activity, a switch) stand as in strategy A or as in strategy B; the outcome of a coalition
is that of a world in which the coalition's groups are as in B and the others as in A. So in every world the
contributions add up to B - A, whatever the groups do together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from experiments.stats import paired

if TYPE_CHECKING:
    import pandas as pd

Coalition = frozenset[str]  # the groups that are as in B


def orders(groups: Sequence[str], worlds: int, seed: int = 0) -> list[tuple[str, ...]]:
    """In which order the groups are moved from A's setting to B's: an order a world, also gone through backwards.

    Orders are drawn at random (Castro, Gomez & Tejada 2009), each with its reverse (antithetic: Mitchell et al. 2022).
    As many worlds in a row as there are groups share one order, rotated: each group is first, and last, equally often.

    Parameters
    ----------
    groups : their names, each once
    worlds : how many
    seed : of the draws
    """
    rng = np.random.default_rng(seed)
    made: list[tuple[str, ...]] = []
    while len(made) < worlds:
        order = rng.permutation(np.array(groups, dtype=object)).tolist()
        made += [tuple(order[k:] + order[:k]) for k in range(len(order))]
    return made[:worlds]


def coalitions(order: Sequence[str]) -> list[Coalition]:
    """What is to be run in a world of this order: A first, B last; 2 g for g groups of two or more.

    >>> [sorted(one) for one in coalitions(("x", "y", "z"))]
    [[], ['x'], ['z'], ['x', 'y'], ['y', 'z'], ['x', 'y', 'z']]
    """
    there, back = _path(order), _path(order[::-1])
    pairs = (one for pair in zip(there, back, strict=True) for one in pair)
    return list(dict.fromkeys(pairs))


def contributions(order: Sequence[str], outcome: Mapping[Coalition, float]) -> dict[str, float]:
    """What each group adds in a world: the mean of what it adds there and back. They sum to B - A.

    With one or two groups these are the Shapley values themselves, with more a draw of which they are the mean.

    Parameters
    ----------
    outcome : the measure of each of the order's `coalitions`

    Raises
    ------
    KeyError : when one is missing
    """
    made = dict.fromkeys(order, 0.0)
    for way in (order, order[::-1]):
        path = _path(way)
        for k, group in enumerate(way):
            made[group] += (outcome[path[k + 1]] - outcome[path[k]]) / 2
    return made


def shares(drawn: Sequence[Sequence[str]], outcomes: Sequence[Mapping[Coalition, float]]) -> pd.DataFrame:
    """The mean contribution of each group over the worlds, the largest in size first.

    Parameters
    ----------
    drawn : the order of each world, as `orders` gives them
    outcomes : of each world the measure by coalition; a world with one that is not known (NaN) is left out

    Returns
    -------
    group; share, the estimate of its Shapley value, with its 95 % t interval over worlds low to high (which holds both
    the worlds' differences and the orders' luck): the shares add up to the mean of B - A. alone, the mean effect of
    this group alone put in (first in), and out, what is lost when it alone is taken out of B (last in), each with its
    interval (_low, _high), out of the worlds, alone_n and out_n, in which that coalition was run
    """
    import pandas as pd

    known = [(order, outcome) for order, outcome in zip(drawn, outcomes, strict=True) if _known(outcome.values())]
    table = pd.DataFrame([contributions(order, outcome) for order, outcome in known])
    records = []
    for group in drawn[0] if drawn else ():
        record: dict[str, object] = {"group": group}
        everything, added = frozenset(drawn[0]), table[group].to_numpy() if len(table) else np.empty(0)
        ways = {
            "share": added,
            "alone": _effects([outcome for _, outcome in known], frozenset({group}), frozenset()),
            "out": _effects([outcome for _, outcome in known], everything, everything - {group}),
        }
        for name, values in ways.items():
            mean = paired.interval(values)
            ends = ("low", "high") if name == "share" else (f"{name}_low", f"{name}_high")
            record |= {name: mean.mean, ends[0]: mean.low, ends[1]: mean.high}
            record |= {} if name == "share" else {f"{name}_n": mean.n}
        records.append(record)
    return pd.DataFrame(records).sort_values("share", key=abs, ascending=False, ignore_index=True)


def _path(order: Sequence[str]) -> list[Coalition]:
    """The coalitions that an order goes through, from A to B."""
    return [frozenset(order[:k]) for k in range(len(order) + 1)]


def _known(values: Iterable[float]) -> bool:
    """Whether all outcomes of a world are known."""
    return bool(np.isfinite(list(values)).all())


def _effects(outcomes: Sequence[Mapping[Coalition, float]], more: Coalition, less: Coalition) -> np.ndarray:
    """The difference between two coalitions in the worlds in which both were run, float (worlds,)."""
    return np.array([outcome[more] - outcome[less] for outcome in outcomes if more in outcome and less in outcome])
