"""What is concluded from a store, on answers that are known: comparison, selection, indices, regimes, hinges, mixes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from experiments.runs import store, tasks
from experiments.runs.pool import Pool
from experiments.stats.difference import Difference, differences, measured
from experiments.stats.selection import select
from experiments.study import design, file, mix, regimes, sensitivity, sweep
from tests.test_study import LEAST, Counted, written

HELD = "[hold]\ncommunity.members = 30\ncommunity.days = 4\n"


def swept_with(tmp_path, monkeypatch, text, answer, keys=("intimacy",)):
    """A real sweep in which only the model is replaced, by a function of scenario, values and seed."""

    def simulate(study, task):
        days = study.days or (4,)
        values = np.array([float(answer(task.point.label, task.point.shown, task.seed, day)) for day in days])
        return SimpleNamespace(days=np.array(days), series=dict.fromkeys(keys, values))

    monkeypatch.setattr(tasks, "simulate", simulate)
    study = written(tmp_path, text)
    work = mix.search if study.mix else sweep.sweep
    work(study, tmp_path / "out", Pool(1))
    return study, tmp_path / "out"


def luck(seed, purpose=0):
    return np.random.default_rng([seed, purpose]).normal()


# Comparison


def pair(a, b, first, second):
    return Difference(**measured(a, b, first, second)).row()


def test_a_pair_by_hand():
    a, b = np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 3.0, 4.0, 5.5])
    found = pair(a, b, "a", "b")
    gaps = b - a
    assert found["difference"] == gaps.mean() == 1.125 and found["share"] == 1.0
    half = 3.182446305284263 * gaps.std(ddof=1) / 2
    assert found["low"] == pytest.approx(1.125 - half) and found["high"] == pytest.approx(1.125 + half)
    assert found["effect"] == pytest.approx(1.125 / ((a.std(ddof=1) + b.std(ddof=1)) / 2))
    assert found["correlation"] == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert found["seeds_needed"] < found["seeds_apart"]


def test_same_luck_needs_fewer_seeds_only_where_it_is_shared():
    dice = np.random.default_rng(1)
    shared, a, b = dice.normal(10, 1, 200), dice.normal(0, 0.2, 200), dice.normal(0.1, 0.2, 200)
    found = pair(shared + a, shared + b, "a", "b")
    assert found["seeds_needed"] < found["seeds_apart"] / 4
    found = pair(dice.normal(10, 1, 200), dice.normal(10, 1, 200), "a", "b")
    assert found["seeds_needed"] > found["seeds_apart"] / 2


def test_every_pair_at_every_place(tmp_path, monkeypatch):
    text = LEAST.replace('"facilitation"]', '"facilitation", "balanced"]').replace("= 2", "= 6")
    lift = {"broadcast": 0.0, "facilitation": 1.0, "balanced": 0.5}
    text += HELD + "[vary]\nties.gain = [0.05, 0.1]\n"
    _, folder = swept_with(tmp_path, monkeypatch, text, lambda s, at, seed, day: 5 + lift[s] + luck(seed))
    found = differences(store.read(folder), ["intimacy"])
    assert len(found) == 6 and set(found["place"]) == {0, 1}
    row = found[(found["first"] == "broadcast") & (found["second"] == "facilitation")].iloc[0]
    assert row["difference"] == pytest.approx(1.0) and row["correlation"] == pytest.approx(1.0) and row["holm"] < 1e-6


def test_selection_keeps_its_guarantee_on_known_numbers():
    """KN, 200 times, four strategies, the best ahead by the indifference: right in 95 of 100 or more; fewer with luck
    shared; and on equal numbers it does not stop early for nothing."""
    dice, right, seeds = np.random.default_rng(2), 0, []
    for _ in range(200):
        values = dice.normal(0, 1, (2000, 1)) + dice.normal(0, 0.5, (2000, 4)) + [0.0, 0.0, 0.0, 0.25]
        found = select(pd.DataFrame(values, columns=list("abcd")), 0.25)
        right += found.best == "d"
        seeds.append(found.seeds)
    assert right >= 186  # 190 expected at least; this is three standard errors below
    assert np.mean(seeds) < 300
    assert select(pd.DataFrame(values[:12, :], columns=list("abcd")), 0.01).best is None
    assert select(pd.DataFrame(-values, columns=list("abcd")), 0.25, "less").best == "d"


# Sensitivity

VARY = '[vary]\nties.gain = "range"\nties.capacity = "range"\nties.half_life = "range"\n'


def share(key, value):
    low, high = {"ties.gain": (0.03, 0.2), "ties.capacity": (8, 30), "ties.half_life": (14, 90)}[key]
    return (value - low) / (high - low)


def known(scenario, at, seed, day):
    """Additive in gain (4) and capacity (2), nothing of half-life, some luck: variance shares .8, .2, 0."""
    return 4 * share("ties.gain", at["ties.gain"]) + 2 * share("ties.capacity", at["ties.capacity"]) + 0.1 * luck(seed)


def test_morris_finds_the_sizes_of_a_known_function(tmp_path, monkeypatch):
    text = LEAST.replace('"broadcast", ', "") + 'design = "morris"\npoints = 20\n' + HELD + VARY
    _, folder = swept_with(tmp_path, monkeypatch, text, known)
    found = sensitivity.indices(folder, "intimacy", "facilitation").set_index("key")
    assert list(found.index) == ["ties.gain", "ties.capacity", "ties.half_life"]
    assert found["mu_star"].tolist() == pytest.approx([4, 2, 0], abs=1e-6)
    assert found["sigma"].max() < 1e-6


def test_sobol_finds_the_shares_of_a_known_function(tmp_path, monkeypatch):
    text = LEAST.replace('"broadcast", ', "") + 'design = "sobol"\npoints = 128\n' + HELD + VARY
    _, folder = swept_with(tmp_path, monkeypatch, text, known)
    found = (
        sensitivity.indices(folder, "intimacy", "facilitation")
        .set_index("key")
        .loc[["ties.gain", "ties.capacity", "ties.half_life"]]
    )
    assert found["total"].tolist() == pytest.approx([0.8, 0.2, 0], abs=0.05)
    assert found["first"].tolist() == pytest.approx([0.8, 0.2, 0], abs=0.08)
    assert (found["total_low"] <= [0.8, 0.2, 0]).all() and (found["total_high"] >= [0.8, 0.2, 0]).all()


def test_one_at_a_time_and_what_the_conclusion_hinges_on(tmp_path, monkeypatch):
    """The lead is 1 - 20 (gain - .08) + small luck: it flips at gain .13; nothing else matters."""
    vary = VARY.replace('"range"', "{ low = 0.03, high = 0.2, steps = 4 }", 1).replace("ties.capacity", "ties.slowing")
    text = LEAST.replace("= 2", "= 6") + 'design = "one"\n' + HELD + vary

    def lead(scenario, at, seed, day):
        own = 1 - 20 * (at["ties.gain"] - 0.08) + 0.1 * luck(seed, 1) if scenario == "facilitation" else 0.0
        return own + luck(seed)

    _, folder = swept_with(tmp_path, monkeypatch, text, lead)
    found = sensitivity.indices(folder, "intimacy", "facilitation", "broadcast")
    assert found["key"][0] == "ties.gain" and found["change"][0] == pytest.approx(-2.4) and found["at"][0] == 0.2
    assert found["change"][1:].abs().max() < 1e-9
    hinge = regimes.hinges(folder, "intimacy", "broadcast", "facilitation").set_index("key")
    assert hinge.loc["ties.gain", "flips_at"] == pytest.approx(0.13, abs=0.01) and hinge.loc["ties.gain", "shown"]
    assert hinge.loc["ties.gain", "change"] == pytest.approx(0.05 / 0.17, abs=0.05)
    assert hinge.drop("ties.gain")["flips_at"].isna().all() and not hinge.drop("ties.gain")["shown"].any()


# Regimes


def test_the_regime_map_finds_a_known_border(tmp_path, monkeypatch):
    """Facilitation wins where gain is above .1 and on day 4; on day 2 broadcast wins everywhere."""

    def answer(scenario, at, seed, day):
        better = 1.0 if at["ties.gain"] > 0.1 and day == 4 else -1.0
        return luck(seed) + (better + 0.1 * luck(seed, 1) if scenario == "facilitation" else 0.0)

    text = LEAST.replace("= 2", "= 6") + 'days = [2, 4]\ndesign = "latin"\npoints = 60\n' + HELD + VARY
    _, folder = swept_with(tmp_path, monkeypatch, text, answer)
    table = regimes.winners(folder, "intimacy")
    keys = ["ties.gain", "ties.capacity", "ties.half_life"]
    assert len(table) == 120 and set(table["winner"]) == {"broadcast", "facilitation"}
    truth = np.where((table["ties.gain"] > 0.1) & (table["day"] == 4), "facilitation", "broadcast")
    assert (table["winner"] == truth).all()
    found, right = regimes.rules(table, keys)
    assert right > 0.9
    (wins,) = [rule for rule in found if rule.winner == "facilitation"]
    assert any("ties.gain above 0.1" in when or "ties.gain above 0.09" in when for when in wins.when), wins
    assert any("day above 3" in when for when in wins.when) and wins.share == 1.0


def test_an_unclear_lead_is_nobodys(tmp_path, monkeypatch):
    text = LEAST.replace("= 2", "= 6") + HELD + "[vary]\nties.gain = [0.05, 0.1]\n"
    _, folder = swept_with(tmp_path, monkeypatch, text, lambda s, at, seed, day: luck(seed, len(s)))
    assert set(regimes.winners(folder, "intimacy")["winner"]) == {regimes.NOBODY}


# Mix

MIX = (
    '[mix]\ngoals = ["intimacy"]\nactivities = ["host", "connect", "publish"]\ntrials = {}\nfinalists = 3\nfresh = 10\n'
)


def peak(scenario, at, seed, day):
    """Best where host is .5 and publish .1 of hours."""
    host, publish = at["strategy.hours.host"], at["strategy.hours.publish"]
    return -((host - 0.25) ** 2) - (publish - 0.05) ** 2 + 0.001 * luck(seed)


def test_the_best_mix_of_a_known_function_is_found_and_goes_on_where_it_stopped(tmp_path, monkeypatch):
    text = LEAST.replace('"broadcast", ', "").replace("= 2", "= 3") + HELD + MIX.format(40)
    study, folder = swept_with(tmp_path, monkeypatch, text, peak)
    found = mix.best(folder)
    top = found.table.sort_values("intimacy").iloc[-1]
    assert top["strategy.hours.host"] == pytest.approx(0.25, abs=0.05)
    assert top["strategy.hours.publish"] == pytest.approx(0.05, abs=0.05)
    assert top["intimacy_lead_low"] <= top["intimacy_lead"] and len(found.goals) == 40
    hours = study.scenarios["facilitation"].strategy.hours
    chosen = ["host", "connect", "publish"]
    assert sum(top[f"strategy.hours.{name}"] for name in chosen) == pytest.approx(
        1 - sum(v for k, v in hours.items() if k not in chosen)
    )
    again = Counted()
    mix.search(study, folder, Pool(1), progress=again)
    assert not again.count  # the same mixes again: all are stored


def test_a_lucky_winner_is_not_taken_for_better(tmp_path, monkeypatch):
    """Nothing but luck that differs between mixes: the search's best falls back to the rest on fresh seeds."""

    def noise(scenario, at, seed, day):
        return np.random.default_rng([seed, int(1e6 * at["strategy.hours.host"])]).normal()

    text = LEAST.replace('"broadcast", ', "").replace("= 2", "= 3") + HELD + MIX.format(30)
    _, folder = swept_with(tmp_path, monkeypatch, text, noise)
    found = mix.best(folder)
    chosen = found.table[found.table["place"] != 0]
    assert (chosen["intimacy_luck"] > 0).all()  # the winner's curse, seen
    assert found.winner is None and "cannot be told apart" in found.notes[0]


def test_a_search_that_has_no_hours_to_divide_is_refused(tmp_path, monkeypatch):
    """The strategy spends all of its hours on publishing, and the search is over two others."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text('base = "broadcast"\n[strategy]\nhours = { publish = 1.0 }\n')
    text = 'question = "q"\nscenarios = ["mine.toml"]\nreplicates = 2\n[mix]\ngoals = ["intimacy"]\ntrials = 12\n'
    (tmp_path / "search.toml").write_text(text + 'activities = ["host", "connect"]\n')
    with pytest.raises(file.StudyError, match=r"key `mix.activities`: .*no hours.*host, connect.*publish"):
        mix.search(file.read("search.toml"), tmp_path / "out", Pool(1))
    assert not (tmp_path / "out").exists()


def test_a_corner_is_flagged(tmp_path, monkeypatch):
    text = LEAST.replace('"broadcast", ', "").replace("= 2", "= 3") + HELD
    text += MIX.format(40)
    _, folder = swept_with(
        tmp_path, monkeypatch, text, lambda s, at, seed, day: at["strategy.hours.host"] + 0.001 * luck(seed)
    )
    said = "90% of the hours divided go to host"
    assert mix.corner(pd.Series({"strategy.hours.host": 0.9, "strategy.hours.act": 0.1})) == said
    found = mix.best(folder)
    assert found.winner != 0 and found.table.sort_values("intimacy")["corner"].iloc[-1]
    assert any("is a corner" in note for note in found.notes)


def test_a_front_of_several_goals():
    values = np.array([[1.0, 5.0], [2.0, 4.0], [1.5, 4.5], [1.0, 4.0], [3.0, 1.0]])
    assert mix.front(values, ["more", "more"]) == [0, 1, 2, 4]
    assert mix.front(values, ["more", "less"]) == [4]


def test_what_a_team_cannot_do_is_refused(tmp_path):
    text = LEAST.replace('"broadcast", ', "") + MIX.format(20).replace('"host"', '"hots"')
    with pytest.raises(file.StudyError, match="did you mean `host`"):
        mix.activities(written(tmp_path, text))


def test_sobol_tells_first_from_total_on_a_function_where_they_differ():
    """Ishigami with a = 7, b = 0.1: the third value acts through the first alone (Saltelli et al. 2008)."""
    from SALib.sample import sobol

    keys = ["one", "two", "three"]
    x = (2 * sobol.sample(design.problem(keys), 2048, calc_second_order=False, seed=1) - 1) * np.pi
    y = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    indices = sensitivity.sobol_indices(y, keys).set_index("key").loc[keys]
    assert indices["first"].tolist() == pytest.approx([0.3139, 0.4424, 0.0], abs=0.03)
    assert indices["total"].tolist() == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.03)


def test_where_a_lead_turns():
    assert regimes.flips_at(0.0, [(0.0, 1.0), (2.0, -1.0), (3.0, 1.0)]) == 1.0  # the nearer of two
    assert regimes.flips_at(3.0, [(0.0, 1.0), (2.0, -1.0), (3.0, 1.0)]) == 2.5
    assert np.isnan(regimes.flips_at(0.0, [(0.0, 1.0), (2.0, 0.5)]))


def test_who_is_ahead_only_where_the_lead_over_the_next_best_is_shown():
    table = pd.DataFrame({"a": [1.0, 1.2, 0.9, 1.1], "b": [2.0, 2.2, 1.9, 2.2], "c": [0.0, 0.1, 0.2, 0.0]})
    clear = regimes.ahead(table)
    assert (clear["winner"], clear["best"], clear["next"]) == ("b", "b", "a") and clear["lead"] == pytest.approx(1.025)
    assert regimes.ahead(table.assign(a=[3.0, 1.0, 2.9, 1.0]))["winner"] == regimes.NOBODY
