"""Own rules: the worked examples run, a rule disturbs nothing but what it does, and what is wrong with one is said."""

import copy
import inspect
import pickle
import re
import subprocess
import sys
from pathlib import Path

import mesa
import numpy as np
import pytest

from experiments.cli import main
from experiments.example.gifting import Gifting
from experiments.notebook import Study, compare
from experiments.runs.given import BadInput
from sim.checkpoint import CheckpointError
from sim.community import DAY, Community
from sim.measures import Measure, catalogue
from sim.own import OwnRule, own_of
from sim.run import run
from sim.scenario import ACTIVITIES, ScenarioError, load
from sim.team.people import Person
from tests.tiny import differences, digest, state

pytestmark = pytest.mark.usefixtures("unpainted")

ROOT = Path(__file__).resolve().parent.parent
SMALL = {"community.members": 80, "needing.rate": 0.05, "telling.base": -1.0}
ALL = {**SMALL, "gifting.rate": 1.0}
DAYS = 15


class Handing(OwnRule):
    """Replaces whatever it is told to, and only hands on."""

    name = "handing"

    def __init__(self, replaces):
        self.replaces = replaces

    def act(self, one, own):
        kind = Community if self.replaces in DAY else Person
        return getattr(kind, self.replaces)(one)


class Silence(OwnRule):
    name, replaces = "silence", "publish"

    def act(self, person, own):
        return False


class Noting(OwnRule):
    """Notes what is in state when it acts."""

    name = "noting"
    measures = {"last": Measure("Last", "stories", "flow", "told by then", "more")}

    def __init__(self, after, name="noting"):
        self.after, self.name = after, name

    def act(self, community, own):
        own.sums.last = community.flows[18]


def lived(scenario, *rules, days=DAYS, changes=SMALL):
    community = Community(scenario, 3, keep_events=True, rules=rules, **changes)
    community.run(days, every=5)
    return community


def same(one, other):
    """The same state, events, and measures of the model, to the bit."""
    n = len(catalogue(load("baseline")))
    series = [community.take_series() for community in (one, other)]
    n = min(table.shape[1] for table in series)
    equal = np.array_equal(*(table[:, :n] for table in series), equal_nan=True)
    assert differences(state(one), state(other)) == [] and np.array_equal(one.events, other.events) and equal


# The worked examples


def examples():
    text = (ROOT / "sim/README.md").read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)


def test_the_worked_example_runs(capsys):
    exec(compile(examples()[1], "README", "exec"), found := {"__name__": "example"})
    greetings, most = map(float, capsys.readouterr().out.split())
    community = found["community"]
    assert greetings > most > 1
    assert community.observe()["greeting.greeters"] == (community.own("greeting").columns.greeted > 0).sum()
    community.run(6, every=1)  # to day 34; 28 is a Sunday, and nothing is published on it
    published = community.take_series()[:, community.measure_names.index("hours.publish")]
    assert published[-1] > 0
    before = community.observe()["hours.publish"]
    community.run(1)
    assert community.day % 7 == 0 and community.observe()["hours.publish"] == before


def test_new_rule_writes_an_example_that_is_green(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    name = "thanking_you"
    assert main(["new-rule", name]) == 0
    assert f"{name}/test_{name}.py" in capsys.readouterr().out
    folder = tmp_path / name
    assert sorted(path.name for path in folder.iterdir()) == [f"test_{name}.py", f"{name}.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0 and "4 passed" in done.stdout, done.stdout + done.stderr
    (folder / f"{name}.py").write_text("mine")
    assert main(["new-rule", name]) == 2
    err = capsys.readouterr().err
    assert f"`{name}` exists and is not empty" in err and (folder / f"{name}.py").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "said"),
    [("ties", "name of the model's own"), ("read", "name of the model's own"), ("publish", "name of the model's own"),
     ("json", "there is a Python module"), ("My-rule", "small letters, digits and _"), ("_x", "small letters"),
     ("if", "small letters"), ("", "small letters"), ("a" * 61, "60 letters at most")],
)  # fmt: skip
def test_new_rule_refuses_what_is_no_name(name, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["new-rule", name]) == 2
    out, err = capsys.readouterr()
    assert said in err and out == "" and list(tmp_path.iterdir()) == []


# A rule disturbs nothing but what it does


@pytest.mark.parametrize("name", ["facilitation", "story_led"])
def test_at_rate_0_every_bit_is_as_without_the_rule(name):
    still = lived(name, Gifting(), changes={**SMALL, "gifting.rate": 0.0})
    same(still, lived(name))
    assert still.observe()["gifting.gifts"] == 0.0


def test_a_rule_acts_on_members_and_counts():
    community = lived("facilitation", Gifting(), changes=ALL)
    given = community.own("gifting").columns.given
    assert given[: community.members.n].sum() == given.sum() == community.observe()["gifting.gifts"] > 5
    belonging = [c.members.view.belonging.mean() for c in (community, lived("facilitation"))]
    assert belonging[0] > belonging[1]


def test_luck_is_of_the_name_the_day_and_the_member():
    community = lived("facilitation", Gifting(), Noting("read"), changes=ALL)
    keys = [own_of(community, rule).key for rule in community.scenario.rules]
    community.day += 1
    keys += [own_of(community, rule).key for rule in community.scenario.rules]
    assert len(set(keys)) == 4
    same(lived("facilitation", Gifting(), Noting("read"), changes=ALL), lived("facilitation", Gifting(), changes=ALL))


def test_a_rule_stands_where_it_says():
    before, after = Noting("keep_norms", "early"), Noting("tell", "late")
    community = Community("story_led", 3, rules=[after, before], **SMALL)
    apart = 0
    for _ in range(DAYS):
        dawn = community.flows[18]
        community.step()
        early, late = (community.own(name).sums.last for name in ("early", "late"))
        assert (early, late) == (dawn, community.flows[18])
        apart += late - early
    assert apart > 0


def test_rules_after_one_stage_act_in_the_order_given():
    order = []

    def noting(name):
        made = Noting("read", name)
        made.act = lambda community, own: order.append(name)
        return made

    Community("baseline", 3, rules=[noting("one"), noting("two")], **SMALL).run(1)
    assert order == ["one", "two"]


@pytest.mark.parametrize("replaced", ["tell", "publish", "welcome", "read"])
def test_what_only_hands_on_changes_nothing(replaced):
    same(lived("social_business", Handing(replaced)), lived("social_business"))


def test_an_act_is_replaced_for_everybody():
    quiet, loud = lived("broadcast", Silence()), lived("broadcast")
    assert quiet.observe()["hours.publish"] == 0.0 < loud.observe()["hours.publish"]
    assert sum(hours for name, hours in quiet.observe().items() if name.startswith("hours.")) > 0.0


def test_a_stage_is_replaced():
    mute = Handing("tell")
    mute.act = lambda community, own: None
    assert lived("story_led", mute).observe()["stories"] == 0.0 < lived("story_led").observe()["stories"]


def test_without_an_own_rule_the_day_is_compiled():
    assert not Community("baseline", 3, **SMALL)._of_python and Community("baseline", 3, rules=[Silence()])._of_python


# Values, measures, columns


def test_its_values_are_values_of_the_scenario(tmp_path):
    (tmp_path / "mine.toml").write_text("base = 'broadcast'\n[gifting]\nrate = 0.25\n")
    scenario = load(str(tmp_path / "mine.toml"), {"gifting.warmth": 0.5}, rules=[Gifting()])
    assert (scenario.gifting.rate, scenario.gifting.warmth) == (0.25, 0.5)
    found = {entry.key: entry for entry in scenario.entries()}
    assert (found["gifting.rate"].origin, found["gifting.warmth"].origin) == ("mine", "--set")
    assert found["gifting.rate"].unit == "chance a visit" and found["gifting.rate"].assumed
    assert Community(scenario, 1).own("gifting").values.rate == 0.25
    with pytest.raises(ScenarioError, match="key `gifting`: unknown"):
        load(str(tmp_path / "mine.toml"))


def test_a_loaded_scenario_takes_rules_too():
    scenario = load("broadcast", SMALL)
    one, other = Community(scenario, 3, rules=[Gifting()]), Community("broadcast", 3, rules=[Gifting()], **SMALL)
    assert one.scenario.digest() == other.scenario.digest() != scenario.digest() and scenario.rules == ()
    changed = Gifting()
    changed.generous = True  # the same table, another rule
    assert load("broadcast", SMALL, rules=[changed]).digest() != one.scenario.digest()
    more = load("broadcast", ALL, rules=[Gifting()]).under([Silence()])
    assert more.gifting.rate == 1.0 and [rule.name for rule in more.rules] == ["gifting", "silence"]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [("gifting.rate", 2.0, "2.0 is not allowed; it is a number from 0 to 1 (chance a visit)"),
     ("gifting.rate", "much", "'much' is not allowed; it is a number from 0 to 1"),
     ("gifting.raet", 0.1, "unknown; did you mean `rate`?"), ("giftin.rate", 0.1, "unknown; did you mean `gifting`?")],
)  # fmt: skip
def test_a_value_is_checked_as_every_other(key, value, said):
    with pytest.raises(ScenarioError) as fault:
        Community("baseline", rules=[Gifting()], **{key: value})
    assert str(fault.value).startswith("--set: key `gift") and said in str(fault.value)


def test_its_measures_are_measures():
    community = Community("facilitation", 3, rules=[Gifting()], **{**ALL, "community.days": 6})
    assert community.measure_names == list(catalogue(community.scenario)) == list(community.observe())
    assert community.measure_names[-4:] == ["value_company", "value_members", "gifting.gifts", "gifting.givers"]
    community.run_model()
    frame = community.datacollector.get_model_vars_dataframe()
    assert frame["gifting.gifts"].is_monotonic_increasing and frame["gifting.gifts"].iloc[-1] > 0
    assert frame.iloc[-1].to_dict() == pytest.approx(community.observe(), nan_ok=True, rel=0, abs=0)
    at_once = Community("facilitation", 3, rules=[Gifting()], **{**ALL, "community.days": 6})
    at_once.run(6, every=1)
    np.testing.assert_array_equal(frame.to_numpy(), at_once.take_series())


def test_columns_grow_with_the_members_and_keep_what_is_in_them():
    community = lived("facilitation", Gifting(), changes={**ALL, "joining.rate": 0.001})
    before, rows = community.own("gifting").columns.given[:80].copy(), len(community.own("gifting").columns.given)
    assert before.any()
    community.tables.make_room(type(room := room_of(community))(10_000, *room[1:]))
    now = community.own("gifting").columns.given
    assert len(now) >= 10_000 > rows and (now[:80] == before).all() and not now[community.members.n :].any()
    community.run(40)
    n = community.members.n
    assert n > 80 and community.own("gifting").columns.given[80:n].any()


def room_of(community):
    from sim.rules.room import room_for

    return room_for(*community.given)


# Copies, checkpoints, Mesa, comparisons


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_goes_on_exactly(clone):
    rules = [Gifting(), Handing("publish"), Silence()]
    rules[1].replaces = "amplify"
    community = lived("broadcast", *rules, changes=ALL)
    other = clone(community)
    before = community.own("gifting").columns.given.copy()
    other.run(10)
    assert (community.own("gifting").columns.given == before).all() and other.observe()["hours.publish"] == 0.0
    community.run(10)
    assert digest(community) == digest(other) and community.observe() == pytest.approx(other.observe(), nan_ok=True)
    assert (community.own("gifting").columns.given == other.own("gifting").columns.given).all()


def test_a_scenario_is_pickled_with_its_rules():
    scenario = load("broadcast", ALL, rules=[Gifting()])
    other = pickle.loads(pickle.dumps(scenario))
    assert other.gifting.rate == 1.0 and other.digest() == scenario.digest()


def test_a_checkpoint_goes_on_under_the_same_rules_alone(tmp_path):
    path, length = tmp_path / "kept", {**ALL, "community.days": 12}
    whole = run(load("facilitation", length, rules=[Gifting()]), 3)
    stopped = load("facilitation", length, rules=[Gifting()])

    def stop(day):
        if day == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(stopped, 3, checkpoint=path, every=5, on_day=stop)
    on = run(load("facilitation", length, rules=[Gifting()]), 3, checkpoint=path, every=5)
    assert on.series["gifting.gifts"][5] > 0
    for name, column in whole.series.items():
        np.testing.assert_array_equal(column, on.series[name], err_msg=name)
    from sim.checkpoint import read

    with pytest.raises(CheckpointError, match="its own rules are `gifting`, as they were.*give these in `rules`"):
        read(path)
    changed = Gifting()
    changed.generous = True
    with pytest.raises(CheckpointError, match="give these in `rules`, unchanged"):
        read(path, rules=[changed])
    kept = read(path, rules=[Gifting()]).community
    assert kept.own("gifting").columns.given.sum() == kept.observe()["gifting.gifts"] == on.series["gifting.gifts"][-1]


def test_batch_run_takes_rules():
    takes_seeds = "rng" in inspect.signature(mesa.batch_run).parameters
    again = {"rng": [7]} if takes_seeds else {"iterations": 1}
    asked = {"scenario": "facilitation", "rules": [[Gifting()]], "gifting.rate": [0.0, 1.0], "community.members": 60,
             "community.days": 20, **({} if takes_seeds else {"seed": 7})}  # fmt: skip
    rows = mesa.batch_run(Community, asked, display_progress=False, data_collection_period=-1, **again)
    assert [row["gifting.gifts"] > 0 for row in rows] == [False, True]


def test_a_comparison_and_a_study_take_rules(tmp_path):
    held = {"community.members": 60, "community.days": 6}
    found = compare("broadcast", "facilitation", replicates=2, hold={**held, "gifting.rate": 0.9}, workers=1,
                    measures=["gifting.gifts", "intimacy"], rules=[Gifting()])  # fmt: skip
    assert set(found["measure"]) == {"gifting.gifts", "intimacy"}
    study = Study("mine", question="?", scenarios=["facilitation"], replicates=2, hold=held, rules=[Gifting()],
                  vary={"gifting.rate": [0.0, 1.0]}, measures=["gifting.gifts"])  # fmt: skip
    study.run(tmp_path / "out", workers=1)
    gifts = study.rows(tmp_path / "out").groupby("gifting.rate")["gifting.gifts"].min()
    assert gifts[0.0] == 0 < gifts[1.0]
    with pytest.raises(BadInput, match="a study file holds no code"):
        study.save(tmp_path / "mine.toml")
    for rules in ("gifting", ["gifting"]):
        with pytest.raises(BadInput, match="rules"):
            Study(question="?", scenarios=["facilitation"], replicates=2, rules=rules)


# What is wrong with a rule is said


def kind(**attributes):
    return type("Mine", (OwnRule,), {"name": "mine", "after": "read", **attributes})()


def measure(of_kind):
    return Measure("Givers", "members", of_kind, "who give", "more")


def entry(**changes):
    whole = {"value": 0.1, "range": [0, 1], "unit": "share", "source": "assumed", "about": "nothing", **changes}
    return {key: item for key, item in whole.items() if item is not None}


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([kind(after="reading")], "rule `mine`: after `reading`: no such stage of the day; did you mean `read`?"),
        ([kind(after="account")], "after `account`: no such stage"),
        ([kind(after="", replaces="publihs")], "replaces `publihs`: no such stage of the day or act; did you mean"),
        ([kind(replaces="publish")], "either `after` or `replaces`"),
        ([kind(after="")], "either `after` or `replaces`"),
        ([kind(), kind()], "rule `mine`: two rules have this name"),
        ([kind(after="", replaces="tell"), kind(name="other", after="", replaces="tell")], "two rules replace `tell`"),
        ([kind(name="reading")], "name of the model's own"),
        ([kind(name="tell")], "name of the model's own"),
        ([kind(name="host")], "name of the model's own"),
        ([kind(name="company")], "name of the model's own"),
        ([kind(name="members")], "name of the model's own"),
        ([kind(name="")], "rule `Mine`: `` is no name"),
        ([kind(name="a.b")], "`a.b` is no name"),
        ([Gifting], "write `Gifting()`"),
        (["gifting"], "'gifting' is no own rule"),
        ([kind(table={"rate": entry(source=None)})], "value `rate`: has no source"),
        ([kind(table={"rate": entry(about=None, unit=None)})], "value `rate`: has no unit, about"),
        ([kind(table={"rate": entry(value=3.0)})], "key `mine.rate`: 3.0 is not allowed"),
        ([kind(table={"rate": entry()}, measures={"rate": measure("flow")})], "`rate` is a value and a"),
        ([kind(measures={"givers": measure("state")})], "has no method `givers(self, community, own)`"),
        ([kind(measures={"givers": measure("sum")})], "of kind 'sum'; it is `flow` or `state`"),
        ([kind(columns={"a b": "int8"})], "`a b` is no name"),
    ],
)  # fmt: skip
def test_a_rule_that_is_wrong_is_refused(rules, said):
    with pytest.raises(ScenarioError) as fault:
        Community("baseline", rules=rules)
    assert said in str(fault.value)


@pytest.mark.parametrize("name", [*DAY, *ACTIVITIES])
def test_every_stage_and_act_has_a_door(name):
    rule = kind(after="", replaces=name)
    if name == "account":
        with pytest.raises(ScenarioError, match="no such stage"):
            load("baseline", rules=[rule])
    else:
        load("baseline", rules=[rule])
        if name in DAY:
            load("baseline", rules=[kind(after=name)])


def test_a_rule_without_an_act_says_so():
    with pytest.raises(NotImplementedError, match="Mine has no method `act`"):
        Community("baseline", 3, rules=[kind()], **SMALL).run(1)


def test_what_day_0_laid_down_has_the_rules_too():
    community = lived("broadcast", Gifting())
    with pytest.raises(ValueError, match="rules: laid down on day 0"):
        community.change(load("broadcast", SMALL))
    community.change(load("broadcast", ALL, rules=[Gifting()]))
    assert community.own("gifting").values.rate == 1.0
