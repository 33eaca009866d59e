"""Whichever way a measure is better, each place that turns it round names the right one: less annoyance is a win."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import experiments
from experiments.comparison import figures, report, verdict, words
from experiments.comparison.across import verdict as across
from experiments.stats.ahead import ahead, told
from experiments.stats.selection import select
from experiments.study import mix, regimes
from experiments.study import report as study_report
from sim.measures import Measure

SEEDS = np.arange(12)
NOISE = 0.05 * (np.sin(SEEDS) - np.sin(SEEDS).mean())
VALUES = {"low": 1.51 + NOISE, "middle": 2.5 + NOISE[::-1], "high": 6.04 - NOISE}
KEY = "intimacy"


def about(wanted):
    return {"label": "Thing", "unit": "things", "kind": "state", "about": "", "better": wanted}


def rows(values=VALUES, place=0, **columns):
    tables = (
        pd.DataFrame({"scenario": label, "place": place, "replicate": SEEDS, "seed": SEEDS, "day": 4, KEY: own})
        for label, own in values.items()
    )
    return pd.concat(tables, ignore_index=True).assign(**columns)


def manifest(labels, wanted):
    resolved = {"community": {"members": 9}, "strategy": {"hours": {}}}
    item = {"resolved": resolved, "entries": [], "cost": {"hours_per_week": 1.0}}
    sheet = {"replicates": len(SEEDS), "precision": None}
    return {
        "labels": labels, "keys": [], "sheet": sheet, "measures": {KEY: about(wanted)},
        "scenarios": dict.fromkeys(labels, item),
    }  # fmt: skip


def judged(first, second, wanted):
    labels = [first, second]
    runs = rows({label: VALUES[label] for label in labels})
    (pair,) = verdict.verdict(runs, manifest(labels, wanted)).pairs
    return pair


def three(wanted):
    (best,) = verdict.verdict(rows(), manifest(list(VALUES), wanted)).best
    return best


# Each place: who is best when more of it is wanted, or less. By module and function, as `turns` finds them.


def of_better(wanted, monkeypatch):
    return judged("low", "high", wanted).headline[0].better


def of_verdict(wanted, monkeypatch):
    best = three(wanted)
    assert best.over_next.better == best.ranking[0] and best.ranking[1] == "middle"
    return best.ranking[0]


def of_forest(wanted, monkeypatch):
    """A row of which less is better says so; who is higher is told by the axis."""
    drawn = []
    monkeypatch.setattr(figures, "in_rows", lambda axes, labels: drawn.extend(labels))
    judged_pair = judged("low", "high", wanted)
    figures.forest(report.forest(judged_pair.headline), "low", "high", 12)
    return "low" if drawn == ["Thing (less is better)"] else "high"


def of_select(wanted, monkeypatch):
    return select(pd.DataFrame(VALUES), 0.1, wanted).best


def of_winners(wanted, monkeypatch):
    monkeypatch.setattr(regimes.store, "read_manifest", lambda folder: manifest(list(VALUES), wanted))
    monkeypatch.setattr(regimes, "by_day", lambda folder, measure: rows())
    (row,) = regimes.winners(Path(), KEY).to_dict("records")
    assert row["next"] == "middle" and row["lead"] == pytest.approx(0.99 if wanted == "less" else 3.54)
    assert 0 < row["low"] < row["lead"] < row["high"] and row["best"] == row["winner"]
    return row["winner"]


def searched(wanted):
    goals = SimpleNamespace(goals=[KEY], finalists=1, trials=3, fresh=12)
    return SimpleNamespace(measures={KEY: Measure(**about(wanted))}, mix=goals, seed=1, first_replicates=12)


def of_guide(wanted, monkeypatch):
    guide = mix._guide(searched(wanted))
    for value in (1.0, 2.0, 4.0):
        guide.tell(guide.ask(), [value])
    return {1.0: "low", 2.0: "middle", 4.0: "high"}[guide.best_value]


def of_front(wanted, monkeypatch):
    (on,) = mix.front(np.array([[own.mean()] for own in VALUES.values()]), [wanted])
    return list(VALUES)[on]


def of_finalists(wanted, monkeypatch):
    """Place 0 is the scenario's own mix, which is always among them."""
    means = pd.DataFrame({KEY: [2.0, 1.0, 4.0]})
    monkeypatch.setattr(mix, "goals_by_place", lambda study, folder: means)
    _, best = mix.finalists(searched(wanted), Path())
    return {1: "low", 2: "high"}[best]


def of_best(wanted, monkeypatch):
    """A curve over places 0, 1, 2 at which the one scenario has the three values."""
    places = pd.concat(rows({"a": own}, k) for k, own in enumerate(VALUES.values()))
    ends = pd.DataFrame({"scenario": "a", "place": [0, 1, 2], "x": [10.0, 20.0, 40.0], "mean": [1.0, 2.0, 4.0]})
    said = study_report._best(ends.assign(low=0.9, high=4.1), places, "x", KEY, Measure(**about(wanted)))
    assert "not shown to be worse" not in said
    return {"x = 10": "low", "x = 20": "middle", "x = 40": "high"}[said.split(":")[0]]


def sentences(wanted, runs, labels, keys):
    said = []
    page = SimpleNamespace(
        rows=runs, labels=labels, keys=keys, main={KEY: Measure(**about(wanted))}, tables={},
        measures=[KEY], say=lambda measure, text: said.append(text),
    )  # fmt: skip
    study_report._compared(page)
    return said


def of_compared(wanted, monkeypatch):
    """The second scenario against the first at two places, at both of them higher."""
    pair = {label: VALUES[label] for label in ("low", "high")}
    (said,) = sentences(wanted, pd.concat([rows(pair), rows(pair, 1)]), list(pair), ["ties.gain"])
    ahead, behind = "high is shown ahead of low in 2, behind in 0", "high is shown ahead of low in 0, behind in 2"
    assert (ahead in said) != (behind in said) and "in 0 no difference is shown" in said
    return "high" if ahead in said else "low"


def of_ahead(wanted, monkeypatch):
    """The one of two that is told to be ahead in thirty worlds."""
    low, high = np.zeros(30), np.ones(30)
    return told([ahead(low, high, ("low", "high"), wanted)])[0].winner


def of_across(wanted, monkeypatch):
    """The one that is ahead of two, by what the catalogue says of the measure."""
    return {"more": "high", "less": "low"}[across._wanted(about(wanted))]


PLACES = {
    "comparison/across/verdict.py _wanted": of_across,
    "stats/ahead.py ahead": of_ahead,
    "comparison/verdict.py better": of_better,
    "comparison/verdict.py verdict": of_verdict,
    "comparison/figures.py forest": of_forest,
    "stats/selection.py select": of_select,
    "study/regimes.py winners": of_winners,
    "study/mix.py _guide": of_guide,
    "study/mix.py front": of_front,
    "study/mix.py finalists": of_finalists,
    "study/report.py _best": of_best,
    "study/report.py _compared": of_compared,
}


@pytest.mark.parametrize("wanted", ["more", "less"])
@pytest.mark.parametrize("place", PLACES)
def test_the_best_has_the_most_or_the_least(place, wanted, monkeypatch):
    assert PLACES[place](wanted, monkeypatch) == {"more": "high", "less": "low"}[wanted]


def test_a_place_counts_as_ahead_only_where_a_difference_is_shown():
    """Three places: shown ahead; higher, but by luck; shown behind."""
    base = 0.1 * np.arange(len(SEEDS))
    turn = np.where(np.arange(len(SEEDS)) % 2, 1.0, -1.0)
    pairs = [{"a": base, "b": base + lead + luck * turn} for lead, luck in ((1, 0.01), (0.5, 9), (-1, 0.01))]
    said, *_ = sentences("more", pd.concat(rows(pair, k) for k, pair in enumerate(pairs)), ["a", "b"], ["ties.gain"])
    assert "of 3 places, b is shown ahead of a in 1, behind in 1; in 1 no difference is shown" in said


def turns():
    """The functions that ask which way a measure is better: those that hold the word `less` alone."""
    root = Path(experiments.__file__).parent
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any(
                isinstance(one, ast.Constant) and one.value == "less" for one in ast.walk(node)
            ):
                yield f"{path.relative_to(root).as_posix()} {node.name}"


def test_no_other_place_turns_a_measure_round():
    assert set(turns()) == set(PLACES)


# Sentences


@pytest.mark.parametrize("wanted", ["more", "less"])
def test_the_report_of_a_study_names_the_best_of_three(wanted):
    said = sentences(wanted, rows(), list(VALUES), [])[-1]
    assert said.startswith(f": best is {'low' if wanted == 'less' else 'high'} (ranking and selection")


@pytest.mark.parametrize("wanted", ["more", "less"])
def test_the_best_mix_is_the_one_that_ranking_and_selection_leaves(wanted, monkeypatch):
    """Places: 0 the own mix (2), 1 the least (1), 2 the most (4)."""
    of_place = [VALUES["middle"], VALUES["low"], VALUES["high"]]
    runs = pd.concat(rows({"a": own}, k, **{"strategy.hours.host": 0.1 + 0.1 * k}) for k, own in enumerate(of_place))
    whole = pd.concat([runs, runs.assign(replicate=runs["replicate"] + len(SEEDS))])  # the search's seeds, and fresh
    goals = {"goals": [KEY], "trials": 10, "finalists": 2, "fresh": 12}
    sheet = {"question": "?", "scenarios": ["balanced"], "replicates": len(SEEDS), "mix": goals}
    held = {"keys": ["strategy.hours.host"], "sheet": sheet, "measures": {KEY: about(wanted)}}
    monkeypatch.setattr(mix.store, "read_manifest", lambda folder: held)
    monkeypatch.setattr(mix.store, "read", lambda folder, keep: whole)
    found = mix.best(Path())
    assert found.winner == found.front[0] == (1 if wanted == "less" else 2) and len(found.front) == 1
    lead = found.table.set_index("place")[f"{KEY}_lead"]
    assert lead.tolist() == pytest.approx([0, -0.99, 3.54])  # as it is, in the measure's own direction
    assert found.table[f"{KEY}_luck"].abs().max() < 1e-12


@pytest.mark.parametrize(("first", "second"), [("low", "high"), ("high", "low")])
@pytest.mark.parametrize(
    ("wanted", "winner", "loser", "means", "share"),
    [("more", "high", "low", ("6.04", "1.51"), "+300 %"), ("less", "low", "high", ("1.51", "6.04"), "−75 %")],
)
def test_the_answer_is_told_from_the_better_ones_side_over_the_losers_mean(
    first, second, wanted, winner, loser, means, share
):
    pair = judged(first, second, wanted)
    said = str(words.answer(pair.headline[0]))
    assert f"{winner}. {means[0]} things at the end, against {means[1]} things under {loser}: {share[0]}4.53" in said
    assert f", {share}. Ahead in 12 of 12 seeds. It leads from day 4 on." in said
    assert words.wins(pair, winner) == f"thing ({share})" and words.wins(pair, loser) == ""


@pytest.mark.parametrize("wanted", ["more", "less"])
@pytest.mark.parametrize("labels", [["a", "b"], ["b", "a"]])
def test_the_seeds_counted_are_those_in_which_the_better_one_is_ahead(wanted, labels):
    apart = np.where(SEEDS < 10, 1.0, -0.1)
    runs = rows({"a": 5 + NOISE, "b": 5 + NOISE + apart})
    (pair,) = verdict.verdict(runs, manifest(labels, wanted)).pairs
    said = str(words.answer(pair.headline[0]))
    assert f": {'b' if wanted == 'more' else 'a'}. " in said and "Ahead in 10 of 12 seeds" in said


@pytest.mark.parametrize("base", [0.0, 1e-14])
def test_over_a_mean_of_nothing_no_percentage_is_told(base):
    runs = rows({"a": np.full(12, base), "b": VALUES["low"]})
    (pair,) = verdict.verdict(runs, manifest(["a", "b"], "more")).pairs
    said = str(words.answer(pair.headline[0]))
    assert " under a: +1.51 (95 % interval +1.49 to +1.53). Ahead in 12" in said
    assert words.wins(pair, "b") == "thing (+1.51)"


@pytest.mark.parametrize("wanted", ["more", "less"])
def test_who_is_overtaken_is_the_one_that_is_worse(wanted):
    """b is above on days 1 and 2, and below from day 3 on: then a is better if more is wanted, else b."""
    runs = pd.concat(
        rows({"a": 5 + NOISE, "b": 5 + NOISE[::-1] + turn}).assign(day=day)
        for day, turn in ((1, 1.0), (2, 2.0), (3, -1.0), (4, -3.0))
    )
    (pair,) = verdict.verdict(runs, manifest(["a", "b"], wanted)).pairs
    better, worse = ("a", "b") if wanted == "more" else ("b", "a")
    assert f": {better}. " in str(words.answer(pair.headline[0]))
    assert words.course(pair.headline[0]) == (
        f"It overtakes {worse} on day 3, which until then led by up to 2.00 (day 2); "
        "the interval excludes zero from day 3 on."
    )


def test_the_best_of_three_is_told_with_its_lead_over_the_next():
    assert words.best(three("more")).startswith(
        "More intimacy between members: high, ahead of the next best, middle: +"
    )
    assert words.best(three("less")).startswith("More intimacy between members: low, ahead of the next best, middle: −")
    assert "Order of the means: low > middle > high" in words.best(three("less"))
