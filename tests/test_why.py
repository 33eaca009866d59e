"""What did it: parts that add up, what is run once, what is said and what is not, by hand on small games."""

from __future__ import annotations

import dataclasses
import json
import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from experiments.cli import main
from experiments.comparison import coalitions
from experiments.comparison.across import figures as pictures
from experiments.comparison.across import report, told, why
from experiments.comparison.across.why import REST, Difference, Part
from experiments.pages import figures
from experiments.runs.point import settled
from experiments.stats import paired
from experiments.study.file import replicate_seed
from sim.run import run
from sim.scenario import ACTIVITIES, load

pytestmark = pytest.mark.usefixtures("unpainted")

BROADCAST = {"publish": 0.6, "amplify": 0.1, "answer": 0.1}
FACILITATION = {"host": 0.3, "publish": 0.1, "connect": 0.2}
PAID = 20.0


# Groups and what is run


def test_every_activity_is_in_one_group():
    assert sorted(one for of in coalitions.GROUPS.values() for one in of) == sorted(ACTIVITIES)


def test_only_groups_in_which_hours_are_spent_are_asked_in_an_order_a_world():
    drawn = coalitions.orders([BROADCAST, FACILITATION | {"welcome": 0.0}], 8)
    assert {frozenset(order) for order in drawn} == {
        frozenset(("messages", "gatherings", "introductions", "answering"))
    }
    assert len(drawn) == 8 and len(set(drawn)) > 1 and coalitions.orders([{}, {}], 8) == []


def test_what_recurs_is_run_once_and_the_whole_strategy_not_again():
    """Broadcast has two groups: idle, the first there, the first back. Its full team is the comparison's own run."""
    drawn = coalitions.orders([BROADCAST, FACILITATION], 8)
    own = frozenset(("messages", "answering"))
    asked = coalitions.missing(drawn, BROADCAST)
    assert set(asked) == {frozenset(), frozenset(("messages",)), frozenset(("answering",))}
    assert all(worlds == list(range(8)) for worlds in asked.values()) and own not in asked
    three = coalitions.missing(drawn, FACILITATION)
    assert sum(map(len, three.values())) == 8 * 5 and three[frozenset()] == list(range(8))


def test_hours_that_are_not_worked_are_idle_and_none_is_moved():
    """A scenario in which a coalition works is a valid one that costs the same."""
    made = coalitions.worked(FACILITATION | {"welcome": 0.0}, [frozenset(), frozenset(("gatherings", "messages"))])
    assert made == {
        "strategy.hours.host": [0.0, 0.3],
        "strategy.hours.publish": [0.0, 0.1],
        "strategy.hours.connect": [0.0, 0.0],
    }
    whole = load("facilitation")
    idle = settled(whole, {key: values[0] for key, values in coalitions.worked(whole.strategy.hours, [()]).items()})
    assert sum(idle.strategy.hours.values()) == 0 and idle.cost_per_week == whole.cost_per_week
    series = run(settled(idle, {"community.members": 40, "community.days": 8}), 3).series
    assert series["staff_messages"][-1] == series["reach"][-1] == 0 > series["company.wages"][-1]


# The parts


def game(scale: float, idle: float = 0.0):
    """What each strategy comes to by what works: gatherings and introductions do 4 more together than each."""

    def first(works):
        return scale * (1.0 * ("messages" in works) + 2.0 * ("answering" in works))

    def second(works):
        together = 4.0 * ({"gatherings", "introductions"} <= works)
        return idle + scale * (10.0 * ("gatherings" in works) + 0.2 * ("messages" in works) + together)

    return first, second


def ends_of(drawn, scales, idle=0.0):
    """The same as what was run: by strategy, coalition and world."""
    made = []
    for side, hours in enumerate((BROADCAST, FACILITATION)):
        own = frozenset(coalitions.spent(hours))
        asked = coalitions.missing(drawn, hours) | {own: list(range(len(drawn)))}
        made.append({one: {world: {"reach": game(scales[world], idle)[side](one)} for world in worlds}
                     for one, worlds in asked.items()})  # fmt: skip
    return tuple(made)


def row(better="B", measure="reach"):
    return SimpleNamespace(measure=measure, better=better, found=SimpleNamespace(first="A", second="B"))


def found(n=24, better="B", idle=0.0, scales=None, seed=3):
    drawn = coalitions.orders([BROADCAST, FACILITATION], n)
    scales = np.random.default_rng(seed).lognormal(0, 0.3, n) if scales is None else scales
    weeks = tuple({group: PAID * share for group, share in coalitions.spent(hours).items()}
                  for hours in (BROADCAST, FACILITATION))  # fmt: skip
    one = why.difference(drawn, ends_of(drawn, scales, idle), weeks, row(better))
    return why.adjusted([one])[0], scales


def test_the_parts_add_up_to_the_difference_in_every_world():
    """Second minus first with all hours worked is 14.2 - 3 = 11.2 times the world's size, and 5 where all is idle."""
    drawn, scales = coalitions.orders([BROADCAST, FACILITATION], 12), np.arange(1.0, 13)
    ends = ends_of(drawn, scales, idle=5.0)
    parts = why.parts_by_world(drawn, why.outcomes(drawn, ends, "reach"))
    assert sum(parts.values()) == pytest.approx(11.2 * scales + 5)
    assert parts[REST] == pytest.approx(np.full(12, 5.0))


def test_the_parts_are_those_of_the_game():
    """What two groups do together is halved; what has hours in both strategies is the one minus the other."""
    one, scales = found()
    parts = {part.group: part.added.mean / scales.mean() for part in one.parts}
    assert parts == pytest.approx({"gatherings": 12.0, "introductions": 2.0, "answering": -2.0, "messages": -0.8})
    assert [part.group for part in one.parts][0] == "gatherings"
    assert sum(part.added.mean for part in one.parts) == pytest.approx(one.mean) == pytest.approx(11.2 * scales.mean())
    by = {part.group: part for part in one.parts}
    assert by["messages"].hours == pytest.approx((14.0, 2.0)) and by["gatherings"].hours == pytest.approx((0.0, 6.0))
    assert sum(part.share.mean for part in one.parts) == pytest.approx(1)
    ones, _ = found(scales=np.ones(24))
    alone = {part.group: (part.alone.mean, part.out.mean) for part in ones.parts}
    assert alone["gatherings"] == (10, pytest.approx(14)) and alone["introductions"] == (0, pytest.approx(4))


def test_a_group_without_hours_adds_nothing():
    drawn = coalitions.orders([BROADCAST, FACILITATION], 6)
    ends = ends_of(drawn, np.ones(6))
    same = why.parts_by_world(drawn, why.outcomes(drawn, (ends[0], ends[0]), "reach"))
    assert all(not values.any() for values in same.values())
    first = why.parts_by_world(drawn, why.outcomes(drawn, ({frozenset(): {k: {"reach": 0} for k in range(6)}}, ends[0]),
                                                   "reach"))  # fmt: skip
    assert not first["gatherings"].any() and first["answering"] == pytest.approx(np.full(6, 2.0))


def test_a_world_that_is_not_whole_is_left_out():
    drawn, scales = coalitions.orders([BROADCAST, FACILITATION], 6), np.arange(1.0, 7)
    ends = ends_of(drawn, scales)
    del ends[1][frozenset()][2]
    parts = why.parts_by_world(drawn, why.outcomes(drawn, ends, "reach"))
    assert sum(parts.values()) == pytest.approx(11.2 * scales[[0, 1, 3, 4, 5]])


# What is told


def test_a_lead_is_told_by_the_verdict_and_by_these_worlds():
    assert found()[0].leader == "B" and found(better=None)[0].leader is None and found(better="A")[0].leader is None
    both = np.tile([1.2, -1.0], 12)  # as often the one way as the other; the mean is a little above zero
    undecided = found(scales=both)[0]
    assert undecided.leader is None and np.isnan(undecided.parts[0].share.mean)
    assert not any(part.told or part.none for part in undecided.parts)


def noisy(group_means, n=24, leader="B"):
    """A difference of groups with given means and spreads over worlds, each as told as it is."""
    rng = np.random.default_rng(2)
    by = {group: rng.normal(0, spread, n) for group, (mean, spread) in group_means.items()}
    by = {group: values - values.mean() + group_means[group][0] for group, values in by.items()}
    gap = sum(by.values())
    parts = []
    for group, values in by.items():
        added = paired.interval(values)
        share = paired.ratio(values, gap)
        parts.append(Part(group, (0.0, 3.0), added, added, added, share, paired.chance_of_none(values)))
    mean = paired.interval(gap)
    return Difference("intimate_share", "A", "B", n, mean.mean, mean.low, mean.high, leader, parts)


GROUPS = {"gatherings": (9.0, 2.0), "messages": (-1.5, 0.5), "welcoming": (0.0, 0.2), "answering": (0.5, 4.0)}


def test_parts_are_told_told_none_or_not_told():
    (one,) = why.adjusted([noisy(GROUPS)])
    assert {part.group: (part.told, part.none) for part in one.parts} == {
        "gatherings": (True, False), "messages": (True, False), "welcoming": (False, True), "answering": (False, False)
    }  # fmt: skip


def test_what_is_asked_at_once_counts():
    """A part with a p of .03 is told by itself, and not beside twenty others of which nothing is known."""
    near = noisy({"gatherings": (5.0, 0.5), "messages": (1.0, 2.2)})
    assert 0.01 < near.parts[1].holm < 0.05
    assert why.adjusted([dataclasses.replace(near, parts=near.parts[1:])])[0].parts[0].told
    assert not why.adjusted([near, *[noisy({"answering": (0.1, 4.0)})] * 20])[0].parts[1].told


def test_a_part_that_taking_out_does_not_take_away_is_not_named():
    one = noisy(GROUPS)
    parts = [dataclasses.replace(one.parts[0], out=paired.Interval(-0.1, -1, 1, 7)), *one.parts[1:]]
    assert not why.adjusted([dataclasses.replace(one, parts=parts)])[0].parts[0].told


def test_a_sentence_says_what_made_a_lead_and_what_did_not():
    """9 of 8 are 112 %, and -1.5 of 8 are -19 %; welcoming lies within a tenth, answering anywhere."""
    (one,) = why.adjusted([noisy(GROUPS)])
    first, second, third, fourth = told.sentence(one).split("; ")
    assert first.startswith("Gatherings gave more than all of B's lead over A in close ties (112 %, 95 % interval ")
    assert second.startswith("messages lessened it by two tenths (−19 %, −")
    assert third == "welcoming gave none of it, or hardly any" and fourth == "there is no telling for answering."


def test_a_lead_of_which_no_part_is_told_is_said_to_be_one():
    (one,) = why.adjusted([noisy({"answering": (1.0, 4.0), "welcoming": (0.0, 0.01)})])
    one = dataclasses.replace(one, parts=[dataclasses.replace(part, told=False) for part in one.parts])
    assert told.sentence(one) == (
        "What gave B's lead over A in close ties cannot be told; welcoming gave none of it, or hardly any."
    )


def test_who_has_fewer_hours_leads_by_them():
    part = Part("messages", (14.0, 2.0), *[paired.Interval(1, 1, 1, 9)] * 4)
    ahead = {leader: told.worked(part, SimpleNamespace(leader=leader, first="A", second="B")) for leader in "AB"}
    assert ahead == {"A": "messages", "B": "fewer hours on messages"}


def test_the_figure_has_a_panel_a_lead_with_a_bar_a_group():
    one = noisy(GROUPS)
    drawn = pictures.parts([one, dataclasses.replace(one, measure="reach")], told.MEASURES)
    panels = {axes.get_title(loc="left"): axes for axes in drawn.axes}
    assert {"Close ties", "Reach"} == set(panels) and "24 worlds" in drawn.get_supxlabel()
    assert [bar.get_width() for bar in panels["Reach"].patches] == pytest.approx([9.0, -1.5, 0.0, 0.5])
    assert panels["Reach"].get_xlabel() == "people reached a\nmember"


def test_nothing_is_said_where_no_lead_is_told():
    one = found(better=None)[0]
    made = why.Why(24, {}, [one])
    assert told.sentences(made) == ["No lead is told, so there is nothing that made one."]
    assert told.text(made)[-1].split()[0] == "together" and "*" not in "".join(told.text(made)[4:])


# The command, the store, the report


TINY = ["--members", "40", "--days", "8", "--workers", "1"]
ASKED = ["--worlds", "3", "--why", "--why-worlds", "2"]
CLOSE = 1e-9  # of a sum in another order


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A comparison of three worlds, two of them asked what did it."""
    folder = tmp_path_factory.mktemp("why") / "made"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "DPI", 40)
        assert main(["compare", "broadcast", "facilitation", *TINY, *ASKED, "--quiet", "--out", str(folder)]) == 0
        yield folder


def stored(folder, label):
    return pd.concat(pd.read_parquet(path) for path in (folder / "why" / label / "runs").glob("*"))


def test_each_run_is_in_the_world_of_the_comparison_and_kept_once(made):
    """4 groups: 7 coalitions and the whole; 7 groups: 13. With idle hours, all is as without a team but the cost."""
    worlds = pd.read_parquet(made / "worlds.parquet")
    for label, most in (("broadcast", 7), ("facilitation", 13)):
        rows = stored(made, label)
        assert set(rows["replicate"]) == {0, 1}
        runs = rows[rows["day"] == 8]
        assert not runs.duplicated(["point", "seed"]).any()
        assert (runs.groupby("replicate").size() <= most).all() and len(runs) > most
        hours = [key for key in runs if key.startswith("strategy.hours.")]
        one = runs[(runs[hours].sum(axis=1) > 0) & (runs["replicate"] == 0)].iloc[-1]
        small = {"community.members": 40, "community.days": 8}
        lived = settled(load(label), small | {key: worlds[key].tolist()[0] for key in worlds} |
                        {key: float(one[key]) for key in hours})  # fmt: skip
        assert run(lived, replicate_seed(1, 0), observe_every=8).series["value_members"][-1] == one["value_members"]


def test_the_parts_of_stored_runs_add_up_to_the_comparisons_difference(made):
    data = json.loads((made / "verdict.json").read_text())
    runs, about = report.read(made)
    scaled = report.at_end(report.in_units(runs)).set_index(["scenario", "replicate"])
    assert data["why"]["worlds"] == 2 and len(data["why"]["groups"]) == 7
    seen = 0
    for one in data["why"]["differences"]:
        if one["worlds"] == 2:
            gap = scaled.loc["facilitation", one["measure"]] - scaled.loc["broadcast", one["measure"]]
            parts = sum(part["added"]["mean"] for part in one["parts"])
            assert parts == pytest.approx(gap[:2].mean(), abs=CLOSE) == pytest.approx(one["mean"], abs=CLOSE)
            seen += 1
    assert seen >= 3


def test_the_report_has_it_and_is_made_again_from_the_store(made, tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "DPI", 40)
    assert main(["report", str(made), "--out", str(tmp_path / "again")]) == 0
    for name in ("report.html", "verdict.json", "verdict.txt", "tables/why.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (made / name).read_bytes()
    page = (made / "report.html").read_text(encoding="utf-8")
    assert "<h3>What did it</h3>" in page and "--why --why-worlds 2" in page and "Taken out" in page


def test_a_stopped_command_goes_on_and_comes_to_the_same(made, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("experiments.comparison.across.report.pictures", lambda tables: {})
    shutil.copytree(made, tmp_path / "copy")
    before = {label: len(stored(made, label)) for label in ("broadcast", "facilitation")}
    shutil.rmtree(tmp_path / "copy" / "why" / "facilitation")
    for path in (tmp_path / "copy" / "why" / "broadcast" / "runs").glob("*"):
        rows = pd.read_parquet(path)
        rows[rows["replicate"] != 1].to_parquet(path)
    assert main(["report", str(tmp_path / "copy"), "--replace"]) == 0
    assert "unknown" in capsys.readouterr().out
    assert main(["compare", "broadcast", "facilitation", *TINY, *ASKED, "--out", str(tmp_path / "copy")]) == 0
    assert "7 of 14 runs are here already; going on" in capsys.readouterr().err
    assert {label: len(stored(tmp_path / "copy", label)) for label in before} == before
    assert (tmp_path / "copy" / "verdict.json").read_bytes() == (made / "verdict.json").read_bytes()


def test_without_it_nothing_is_said_and_the_runs_are_kept(made, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("experiments.comparison.across.report.pictures", lambda tables: {})
    shutil.copytree(made, tmp_path / "copy")
    words = ["compare", "broadcast", "facilitation", *TINY, "--worlds", "3", "--json", "--out", str(tmp_path / "copy")]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["why"] is None and len(stored(tmp_path / "copy", "broadcast"))


def test_runs_of_another_comparison_are_refused(made, tmp_path, capsys):
    shutil.copytree(made, tmp_path / "copy")
    path = tmp_path / "copy" / "why" / "broadcast" / "manifest.json"
    text = path.read_text()
    for old, new in (('"root_seed": 1', '"root_seed": 2'), ('"draws": 3', '"draws": 4')):
        assert old in text
        path.write_text(text.replace(old, new))
        assert main(["report", str(tmp_path / "copy"), "--replace"]) == 2
        assert "is of another comparison" in capsys.readouterr().err


@pytest.mark.parametrize(("given", "said"), [
    (["--one-world", "--why"], "--why: is not allowed with --one-world"),
    (["--why-worlds", "3"], "--why-worlds: is not allowed without --why"),
    (["--why", "--why-worlds", "1"], "'--why-worlds'"),
])  # fmt: skip
def test_what_does_not_go_together_is_said(given, said, capsys):
    assert main(["compare", "broadcast", "facilitation", *given]) == 2
    assert said in capsys.readouterr().err
