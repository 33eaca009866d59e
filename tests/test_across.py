"""A comparison over worlds: which worlds, what is counted over them, and what is said, by hand on small ones."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.cli import main
from experiments.comparison import worlds
from experiments.comparison.across import open as values
from experiments.comparison.across import report, verdict, words
from experiments.comparison.across.verdict import QUESTIONS, Spread
from experiments.example.gifting import Gifting
from experiments.pages import figures
from experiments.runs.given import BadInput
from experiments.runs.point import settled
from experiments.runs.prepare import Changes, prepare
from experiments.study.file import replicate_seed
from experiments.worlds import population
from sim.run import run
from sim.scenario import load

pytestmark = pytest.mark.usefixtures("unpainted")

TINY = ["--members", "40", "--days", "8", "--workers", "1", "--quiet"]
COST = {"hours_per_week": 20.0, "wage": 35.0, "money_per_week": 100.0, "cost_per_week": 800.0}
FOUNDERS, DAYS = 50, 730  # two years


# Which worlds


def asked(*names, draws=None, kind=worlds.PRIORS, **changes):
    prepared = prepare(list(names), Changes(**changes))
    if draws is None:
        return worlds.usual(prepared, 8, 1)
    return worlds.over(prepared, draws, kind)


DRAWS = [{"ties.gain": 0.1 + 0.01 * k, "attention.things": 3 + k, "budget.hours_per_week": 30.0 + k,
          "community.days": 10.0, "strategy.strictness": 0.1} for k in range(3)]  # fmt: skip


def test_what_is_compared_never_varies():
    made = asked("broadcast", "facilitation", draws=DRAWS)
    assert made.draws == tuple({"ties.gain": d["ties.gain"], "attention.things": d["attention.things"]} for d in DRAWS)
    assert not any(worlds.varies(key) for key in ("strategy.hours.host", "team", "budget.wage", "community.days"))


def test_what_the_user_or_a_file_says_keeps_its_value_in_all_worlds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text('question = "?"\nbase = "facilitation"\n[ties]\ngain = 0.1\n')
    by_hand = asked("broadcast", "facilitation", draws=DRAWS, settings=("attention.things=4",))
    by_file = asked("broadcast", "mine.toml", draws=DRAWS)
    assert by_hand.worlds.fixed == ("attention.things",) and list(by_hand.draws[0]) == ["ties.gain"]
    assert by_file.worlds.fixed == ("ties.gain",) and list(by_file.draws[0]) == ["attention.things"]
    with pytest.raises(BadInput, match="--one-world"):
        asked("broadcast", "mine.toml", draws=DRAWS, settings=("attention.things=4",))


def test_a_community_from_a_log_lives_in_every_world(tmp_path, monkeypatch):
    """Its founders' ties are made for as many places as the scenario has, whatever a world would draw."""
    monkeypatch.chdir(tmp_path)
    lines = [f"{1_600_000_000 + 3600 * k},{k % 5},{(k + 1 + k % 3) % 5},reply" for k in range(400)]
    Path("log.csv").write_text("time,source,target,kind\n" + "\n".join(lines) + "\n")
    made = asked("broadcast", "facilitation", log=Path("log.csv"), settings=("community.days=4",))
    assert "ties.slots" in made.worlds.fixed and "ties.gain" in made.draws[0]
    for label, scenario in made.scenarios.items():
        for draw in made.draws[:4]:
            lived = run(settled(scenario, draw), 1, founding=made.foundings[label])
            assert lived.series["members"][0] == 5


def test_a_posterior_draws_what_its_scenario_file_says(tmp_path, monkeypatch):
    """The file that `hearth calibrate` writes holds the middle of what its posterior draws."""
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text('question = "?"\nbase = "facilitation"\n[ties]\ngain = 0.1\n')
    made = asked("broadcast", "mine.toml", draws=DRAWS, kind=worlds.POSTERIOR)
    assert "ties.gain" in made.draws[0] and made.worlds.fixed == ()


def test_worlds_lie_around_a_file_that_is_named_and_its_values_are_no_facts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    prior = next(entry for entry in load("baseline").entries() if entry.key == "members.secondary_topic")
    Path("mine.toml").write_text('question = "?"\n[members]\nsecondary_topic = 0.8\n')
    near, far = (asked("broadcast", "facilitation", world=path) for path in (None, Path("mine.toml")))
    assert prior.value == 0.5 and near.worlds.around is None and far.worlds.around == "mine"
    middle = [np.median([draw["members.secondary_topic"] for draw in one.draws]) for one in (near, far)]
    assert middle[0] == pytest.approx(0.5, abs=0.1) and middle[1] == pytest.approx(0.8, abs=0.1)
    assert list(far.scenarios) == ["broadcast", "facilitation", "nothing"] and far.worlds.fixed == ()
    with pytest.raises(BadInput, match="--world: is not allowed with `broadcast@tiny_startup`"):
        asked("broadcast@tiny_startup", "facilitation", world=Path("mine.toml"))


def test_the_population_is_asked_where_no_file_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text('question = "?"\n[members]\nsecondary_topic = 0.8\n')
    own = [{"ties.gain": 0.111, "budget.hours_per_week": 3.0}] * 4
    monkeypatch.setattr(population, "drawn", lambda: own)
    made = asked("broadcast", "facilitation")
    assert made.worlds.kind == worlds.POPULATION and {draw["ties.gain"] for draw in made.draws} == {0.111}
    assert "budget.hours_per_week" not in made.draws[0] and "members.secondary_topic" in made.draws[0]
    assert asked("broadcast", "facilitation", world=Path("mine.toml")).worlds.kind == worlds.PRIORS


def test_doing_nothing_is_the_same_world_without_a_team():
    """No message, no cost, whoever's team is taken away; and the same people with the same luck on day 0."""
    small = {"community.members": 60, "community.days": 15}
    ends = []
    for name in ("broadcast", "facilitation"):
        scenario = settled(load(name), small)
        nothing = worlds.without_team(scenario, "nothing")
        series = run(nothing, 3).series
        ends.append({key: values[-1] for key, values in series.items() if not key.startswith(("person.", "hours."))})
        assert all(series[key][-1] == 0 for key in ("staff_messages", "company.wages", "company.money", "reach"))
        assert series["members"][0] == run(scenario, 3).series["members"][0]
    assert ends[0] == pytest.approx(ends[1], nan_ok=True)


def test_doing_nothing_lives_under_the_same_own_rules():
    scenario = load("broadcast", rules=[Gifting()])
    assert worlds.without_team(scenario, "nothing").rules == scenario.rules != ()


def test_a_label_of_that_name_is_left_to_the_user(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("nothing.toml").write_text('question = "?"\nbase = "facilitation"\n[strategy]\nstrictness = 0.9\n')
    made = asked("broadcast", "nothing.toml", draws=DRAWS)
    assert list(made.scenarios) == ["broadcast", "nothing", "nothing 2"] and made.worlds.nothing == "nothing 2"


# What is counted


def manifest(labels=("A", "B"), **more):
    about = {"label": "", "unit": "u", "kind": "state", "about": "", "better": "more"}
    keys = (*QUESTIONS, "members", "active", "annoyance", *verdict.COSTS)
    scenario = {
        "resolved": {"community": {"members": FOUNDERS}, "strategy": {"hours": {}}}, "cost": COST, "entries": [
            {"key": key, "assumed": True, "value": 1, "source": "assumed"} for key in
            ("ties.gain", "ties.slots", "attention.things", "strategy.strictness")],
    }  # fmt: skip
    return {
        "labels": [*labels, "nothing"],
        "sheet": {"replicates": 8, "precision": None, "most": 1000},
        "measures": {key: {**about, "better": "less" if key == "annoyance" else "more"} for key in keys},
        "scenarios": dict.fromkeys((*labels, "nothing"), scenario),
        "worlds": {"kind": "priors", "draws": 8, "keys": ["ties.gain"], "fixed": ["attention.things"], "around": None,
                   "nothing": "nothing"},
        **more,
    }  # fmt: skip


def table(ends, n=8):
    """Runs of n worlds, day 0 and the last; `ends` is label -> measure -> a value a world, or one for all."""
    rows = []
    for label, measures in ends.items():
        for world in range(n):
            for day in (0, DAYS):
                row = {"scenario": label, "replicate": world, "seed": world, "day": day, "members": float(FOUNDERS)}
                for key in manifest()["measures"]:
                    if key != "members":
                        row[key] = float(np.broadcast_to(measures.get(key, 0.0), n)[world]) if day else 0.0
                rows.append(row)
    return pd.DataFrame(rows)


def judged(a, b, nothing=None, **more):
    return verdict.verdict(table({"A": a, "B": b, "nothing": nothing or {}}), manifest(**more))


def test_numbers_are_in_units_that_a_person_has_a_feeling_for():
    """50 founders over two years: 1,000 of value are 10 a member and year; 100 people reached are 2 a member."""
    found = judged({}, {"intimate_share": 0.03, "value_members": 1000.0, "reach": 100.0, "newcomers_kept": 0.5})
    rows = {row.measure: row.difference.median for row in found.pairs[0].rows}
    assert rows == pytest.approx(
        {"intimate_share": 3, "value_members": 10, "value_company": 0, "reach": 2, "newcomers_kept": 50}
    )


def test_who_is_ahead_is_counted_in_worlds_and_told_or_not():
    """8 of 8 is told among five questions (p .0039 times 10 hypotheses = .039); 6 of 8 is not."""
    found = judged({"value_members": 0.0}, {"value_members": 100.0, "reach": [50.0] * 6 + [-50.0] * 2})
    rows = {row.measure: row for row in found.pairs[0].rows}
    assert rows["value_members"].better == "B" and rows["value_members"].leads[0] == 8
    assert rows["reach"].better is None and (rows["reach"].leader, rows["reach"].leads[0]) == ("B", 6)
    assert rows["newcomers_kept"].better is None and rows["newcomers_kept"].found.alike == 1
    turned = judged({"value_members": 100.0}, {"value_members": 0.0})
    assert turned.pairs[0].rows[1].better == "A" and turned.pairs[0].rows[1].leads[0] == 8


def test_less_of_a_bad_thing_is_better():
    others = {row.measure: row for row in judged({"annoyance": 2.0}, {"annoyance": 1.0}).pairs[0].others}
    assert others["annoyance"].leader == "B" and others["annoyance"].leads[0] == 8


def test_money_by_hand():
    """Two years of 50 members: 100 member-years. B: 3,000 brought in, 3,600 of wages, 400 of money; nothing: 500."""
    b = {"value_company": 3000.0 - 4000.0, "company.wages": -3600.0, "company.money": -400.0}
    money = judged({}, b, {"value_company": 500.0}).added[1].money
    assert money.gross == Spread(25, 25, 25) and money.net == Spread(-15, -15, -15)
    assert (money.wages, money.money, money.pays, money.n) == (36, 4, 0, 8)
    assert judged({}, {**b, "value_company": 600.0}, {"value_company": 500.0}).added[1].money.pays == 8


def test_eighty_of_a_hundred_worlds_lie_between_the_outer_two():
    assert Spread.of(np.arange(101.0)) == Spread(10, 50, 90)
    assert np.isnan(Spread.of(np.array([np.nan])).median)


def test_advice_is_for_who_is_ahead_in_something_and_behind_in_nothing():
    more, both = {"value_members": 100.0}, {"value_members": 100.0, "value_company": 100.0}
    assert judged({}, both).advice.label == "B" and judged(both, {}).advice.label == "A"
    assert judged({"value_company": 100.0}, more).advice.label is None
    assert judged({}, {"reach": 100.0}).advice.label is None  # people reached are no end in themselves


def test_what_it_rests_on_is_counted():
    basis = judged({}, {}).basis
    assert (basis.worlds, basis.open, basis.held, basis.fixed) == (8, 1, 1, ["attention.things"])


def test_a_precision_is_of_the_shares_of_worlds():
    """8 of 8: the interval of 100 % is 63 to 100, half of it .18; of 0 %, the same."""
    end = verdict.at_end(verdict.in_units(table({"A": {}, "B": {key: 1.0 for key in QUESTIONS}, "nothing": {}})))
    assert verdict.worlds_needed(end, manifest(), 0.19) == 8
    half = (1 - 0.025 ** (1 / 8)) / 2
    assert verdict.worlds_needed(end, manifest(), 0.05) == int(np.ceil(1.05 * 8 * (half / 0.05) ** 2))


# What is said


def test_the_table_has_six_lines_that_fit_sixty_columns():
    wild = {"value_company": np.linspace(-3e6, 2e6, 8), "value_members": 3e5, "reach": 12_345.0}
    found = judged({"newcomers_kept": [np.nan] * 4 + [0.4] * 4}, {"newcomers_kept": 0.3, **wild})
    lines = words.table(found.pairs[0], words.letters(found), 1000)
    assert len(lines) == 6 and max(map(len, lines)) <= words.WIDTH


def test_no_telling_is_said_as_readily_as_a_winner():
    found = judged({}, {"value_members": 100.0, "reach": [50.0] * 6 + [-50.0] * 2})
    lines = words.table(found.pairs[0], words.letters(found), 8)
    cells = {line[:14].strip(): line for line in lines[1:]}
    assert "B 8 (63–100)" in cells["member value"] and "no telling (B 6, 35–97)" in cells["reach"]
    assert "the same in all" in cells["newcomers"]
    assert "No recommendation." not in words.recommended(found)
    assert words.recommended(judged({}, {}))[0] == "No recommendation."


def test_worlds_in_which_a_measure_is_unknown_are_not_counted():
    found = judged({"newcomers_kept": [np.nan] * 2 + [0.4] * 6}, {"newcomers_kept": 0.5})
    assert "no telling (B 6*, 54–100)" in "\n".join(words.table(found.pairs[0], words.letters(found), 8))
    assert "* It is known in 6 worlds or more, not in all." in words.text(found)


def test_a_few_plain_sentences_follow_and_cautions_where_they_are_due():
    found = judged({}, {})
    assert len(words.sentences(found)) == 6
    assert "do nothing: 20 of 20 under A (20 given to no activity)" in words.text(found)
    in_kr = judged({}, {}, currency="kr")
    assert "kr a member and year" in [row.unit for row in in_kr.pairs[0].rows]
    named = words.text(in_kr)
    assert "Value: kr a member and year" in named and "Money is in kr." in named
    assert "currency a member" not in named and "Money is in" not in words.text(found)
    assert "1 value drawn from their stated priors, 1 held constant, 1 fixed by you" in words.text(found)
    dear = manifest()
    dear["scenarios"] = {**dear["scenarios"], "B": {**dear["scenarios"]["B"], "cost": {**COST, "cost_per_week": 9.0}}}
    runs = table({"A": {}, "B": {}, "nothing": {}})
    assert "do NOT cost the same" in words.text(verdict.verdict(runs, dear))
    assert "stopped early" in words.text(verdict.verdict(runs, manifest(sheet={"replicates": 9, "precision": None})))


def test_a_file_fixed_value_is_named():
    assert "(attention.things)" in words.rests_on(judged({}, {}))


# What the open values do


def open_worlds(n=60):
    """Worlds in which B is ahead in value to the company just where `ties.gain` is above .2; `noise` does nothing."""
    rng = np.random.default_rng(5)
    drawn = pd.DataFrame({"ties.gain": rng.permutation(np.linspace(0.1, 0.3, n)), "noise": rng.random(n)})
    gap = 1000 * (drawn["ties.gain"] - 0.2).to_numpy()
    runs = table({"A": {}, "B": {"value_company": gap}, "nothing": {}}, n)
    return runs, verdict.verdict(runs, manifest()), drawn


def test_what_could_turn_it_is_found_with_its_border():
    runs, found, drawn = open_worlds()
    asked_ = values.of(runs, found, drawn)
    (turn,) = [turn for turn in asked_.turns if turn.measure == "value_company"]
    assert turn.values["key"].tolist() == ["ties.gain"]
    assert {rule.winner for rule in turn.border.rules} == {"A", "B"}
    said = " ".join(values.turns_in_words(asked_, {"ties.gain": "growth of a tie"}))
    assert (
        "company value: the difference hangs most on growth of a tie (ties.gain" in said and "ties.gain up to" in said
    )
    assert "close ties and member value: no single open value is shown to matter" in said


def test_a_world_that_is_drawn_anew_tells_nothing_new():
    """Two worlds asked thirty times each are two; thirty asked twice are thirty, with the means of both."""
    runs, found, drawn = open_worlds()
    assert values.of(runs, found, pd.concat([drawn.head(2)] * 30)) is None
    half = pd.concat([drawn.head(30)] * 2, ignore_index=True)
    mine, gaps = values.once(half, np.arange(60.0), np.tile(np.arange(30), 2))
    assert len(mine) == 30 and gaps.tolist() == (15 + np.arange(30.0)).tolist()
    pd.testing.assert_frame_equal(mine, drawn.head(30))


def test_values_that_vary_together_are_told_once():
    runs, found, drawn = open_worlds()
    twice = drawn.assign(**{"ties.other": np.exp(9 * drawn["ties.gain"])})  # ranked alike in all worlds
    (turn,) = [turn for turn in values.of(runs, found, twice).turns if turn.measure == "value_company"]
    assert turn.values["key"].tolist() == ["ties.gain"]


def test_what_to_find_out_first_is_what_would_change_the_choice():
    """Of 60 worlds the mean is 0, so knowing the value gains the mean of what is above it: 25 of value, .25 a year."""
    runs, found, drawn = open_worlds()
    asked_ = values.of(runs, found, drawn)
    assert asked_.all.gain == pytest.approx(0.25, abs=0.01)
    assert asked_.each["key"][0] == "ties.gain" and asked_.each["gain"][0] == pytest.approx(0.25, abs=0.05)
    said = values.first_to_know(asked_, {}, "currency")
    assert "worth most is to know ties.gain (ties.gain): 0.2" in said and "noise" not in said
    shuffled = drawn.assign(**{"ties.gain": drawn["ties.gain"].sample(frac=1, random_state=1).to_numpy()})
    assert "of no single one is it shown" in values.first_to_know(values.of(runs, found, shuffled), {}, "currency")


def test_every_question_has_its_unit_told():
    names = {part.strip().split(":")[0] for part in words.units(open_worlds()[1]).split(".")}
    told = {asked_.name.split()[-1] if "value" in asked_.name else asked_.name for asked_ in verdict.QUESTIONS.values()}
    assert {name.capitalize() for name in told} <= names


def test_few_worlds_say_nothing_of_their_values():
    runs = table({"A": {}, "B": {}, "nothing": {}})
    assert values.of(runs, verdict.verdict(runs, manifest()), pd.DataFrame({"ties.gain": np.arange(8.0)})) is None
    assert values.turns_in_words(None, {}) == ["Fewer than 20 different worlds do not say."]


# The command, the store, the report


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A comparison of three worlds, really run."""
    folder = tmp_path_factory.mktemp("across") / "made"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "DPI", 40)
        assert main(["compare", "broadcast", "facilitation", *TINY, "--worlds", "3", "--out", str(folder)]) == 0
        yield folder


def test_each_run_lives_in_its_world_and_the_world_is_stored(made):
    """A run of the store is that of its scenario with its world's row laid over it."""
    runs, about = report.read(made)
    table = worlds.read(made, about)
    assert len(table) == 3 and set(runs["scenario"]) == {"broadcast", "facilitation", "nothing"}
    small = {"community.members": 40, "community.days": 8}
    for world in (0, 2):
        row = {key: table[key].tolist()[world] for key in table}  # of each column's own type
        scenario = settled(load("facilitation", small), row)
        end = run(scenario, replicate_seed(1, world), observe_every=8).series
        stored = runs[(runs["scenario"] == "facilitation") & (runs["replicate"] == world) & (runs["day"] == 8)]
        assert stored["value_members"].item() == end["value_members"][-1] != 0
        assert stored["intimacy"].item() == end["intimacy"][-1]


def test_the_report_is_made_again_from_the_store(made, tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "DPI", 40)
    assert main(["report", str(made), "--out", str(tmp_path / "again")]) == 0
    for name in ("report.html", "verdict.json", "verdict.txt", "figures/course-active.png", "tables/differences.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (made / name).read_bytes()
    page = (made / "report.html").read_text(encoding="utf-8")
    assert page.count("<h1") == 1 and "<script" not in page and "url(" not in page and 'name="viewport"' in page
    assert "--worlds 3" in page and "@media print" in page and all(len(part.split('"')[0]) > 20
                                                                   for part in page.split('alt="')[1:])  # fmt: skip


def test_other_worlds_than_were_run_are_refused(made, tmp_path, capsys):
    shutil.copytree(made, tmp_path / "copy")
    path = tmp_path / "copy" / worlds.FILE
    table = pd.read_parquet(path)
    table.iloc[:, 0] = table.iloc[::-1, 0].to_numpy()
    for spoil in (lambda: table.to_parquet(path), lambda: path.write_bytes(b"PAR1"), path.unlink):
        spoil()
        assert main(["report", str(tmp_path / "copy"), "--replace"]) == 2
        assert "holds other worlds than were run; compare anew" in capsys.readouterr().err


def test_the_same_command_goes_on_and_another_is_kept_apart(made, tmp_path, capsys):
    shutil.copytree(made, tmp_path / "copy")
    for path in (tmp_path / "copy" / "runs").glob("*"):
        rows = pd.read_parquet(path)
        rows[rows["replicate"] != 1].to_parquet(path)
    words_ = ["compare", "broadcast", "facilitation", *TINY[:-1], "--out", str(tmp_path / "copy")]
    assert main([*words_, "--worlds", "3"]) == 0
    assert "6 of 9 runs are here already; going on" in capsys.readouterr().err
    assert (tmp_path / "copy" / "verdict.json").read_bytes() == (made / "verdict.json").read_bytes()
    assert main([*words_, "--worlds", "4"]) == 2
    assert "other worlds; name another folder" in capsys.readouterr().err


def test_a_precision_adds_worlds_and_says_when_the_limit_is_reached(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("experiments.comparison.run.MOST_WORLDS", 4)
    monkeypatch.setattr("experiments.comparison.across.report.pictures", lambda tables: {})
    words_ = ["compare", "broadcast", "facilitation", *TINY, "--worlds", "2", "--precision", "5%"]
    assert main([*words_, "--json"]) == 0
    basis = json.loads(capsys.readouterr().out)["basis"]
    assert basis["worlds"] == 4 and basis["precision"]["met"] is False and basis["draws"] == 4
    assert main(words_) == 0
    assert "limit of 4 worlds was reached" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(("given", "said"), [
    (["--replicates", "3"], "--replicates: is not allowed without --one-world"),
    (["--one-world", "--worlds", "3"], "--worlds: is not allowed with --one-world"),
    (["--one-world", "--world", "x.toml"], "--world: is not allowed with --one-world"),
    (["--one-world", "--posterior", "x"], "--posterior: is not allowed with --one-world"),
    (["--world", "x.toml", "--posterior", "x"], "--world: is not allowed with --posterior"),
    (["--worlds", "1"], "'--worlds'"),
    (["--world", "none.toml"], "none.toml"),
])  # fmt: skip
def test_what_does_not_go_together_is_said(given, said, capsys):
    assert main(["compare", "broadcast", "facilitation", *given]) == 2
    assert said in capsys.readouterr().err
