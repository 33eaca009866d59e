"""What must stay true of the model, each with a falsified model in which the same test turns red."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.community import Community
from sim.measures import shuffled_intimacy
from sim.run import run
from sim.scenario import load, shipped
from sim.state.flows import Flow
from sim.state.posts import Kind
from sim.state.ties import acquaint
from sim.team.people import Staff
from tests import tiny
from tests.tiny import (
    come,
    differences,
    digest,
    handful,
    last,
    messages,
    put,
    ran,
    state,
    strength,
    thread,
    visits,
)

ROOT = Path(sim.__file__).resolve().parent
SEEDS = range(4)

# 1. No built-in winner: no action of a role writes into intimacy or value.

BUSY = {
    "community.members": 150,
    "community.acquaintances": 0.0,
    "budget.hours_per_week": 60.0,
    "budget.money_per_week": 500.0,
    "joining.word_elasticity": 0.2,
}
NO_WORD = {"switches.stories": False}  # a recruiter is somebody one knows already


def intimate(community):
    """All that there is of closeness between members: strengths, closeness, and the measures."""
    m, found = community.members.view, community.observe()
    strengths = state(community)["ties.strength"]
    return float(strengths.sum()), float(m.closeness.sum()), found["intimacy"], found["dyad"]


@pytest.mark.parametrize("name", ["facilitation", "broadcast", "baseline", "story_led"])
def test_without_exchange_between_members_no_action_makes_intimacy(name):
    alone = ran(load(name, {**BUSY, **NO_WORD, "switches.exchange": False}), 1, 60)
    did = {person.name: sum(person.spent.values()) for person in alone.team}
    assert min(did.values()) > 0 and alone.flows[Flow.STAFF_MESSAGES] > 60
    assert intimate(alone) == (0.0, 0.0, 0.0, 0.0)
    together = intimate(ran(load(name, {**BUSY, **NO_WORD}), 1, 60))
    assert together[0] > 0.0 and together[1] > 0.0
    assert name == "broadcast" or min(together) > 0.0  # under that many messages hardly anybody answers


class Flattering(Staff):
    """Breaks the invariant: whom it welcomes is the closer to somebody."""

    def welcome(self):
        done = super().welcome()
        if done:
            acquaint(self.model.state, 0, 1, 0.1, self.model.scenario.ties.slots)
        return done


class Flattered(Community):
    kinds = {**Community.kinds, "staff": Flattering}


def test_and_that_would_show_if_one_did():
    alone = Flattered(load("facilitation", {**BUSY, **NO_WORD, "switches.exchange": False}), 1)
    alone.run(5)
    assert min(intimate(alone)) > 0.0


MAKES_TIES = {"message", "seat", "acquaint", "know", "introduce_founders", "talk_it_out"}


def writers(source):
    """Functions of a module that write a strength or closeness or call what does, by name."""
    found = set()

    class Walk(ast.NodeVisitor):
        inside = ["<module>"]

        def visit_FunctionDef(self, node):
            self.inside.append(node.name)
            self.generic_visit(node)
            self.inside.pop()

        def target(self, node):
            for inner in ast.walk(node):
                named = inner.attr if isinstance(inner, ast.Attribute) else getattr(inner, "value", "")
                if named in ("strength", "closeness"):
                    found.add(self.inside[-1])

        def visit_Assign(self, node):
            for each in node.targets:
                self.target(each)
            self.generic_visit(node)

        def visit_AugAssign(self, node):
            self.target(node.target)
            self.generic_visit(node)

        def visit_Call(self, node):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in MAKES_TIES:
                found.add(self.inside[-1])
            self.generic_visit(node)

    Walk().visit(ast.parse(source))
    return found


def test_the_team_and_the_company_write_no_tie():
    files = [*(ROOT / "team").glob("*.py"), ROOT / "rules/acting.py", ROOT / "state/team.py", ROOT / "state/company.py"]
    assert len(files) > 8
    # whom the team mediates between, talk with each other
    assert {path.name: found for path in files if (found := writers(path.read_text()))} == {
        "moderating.py": {"mediate"}
    }
    # the founding brings acquaintances
    assert writers((ROOT / "community.py").read_text()) == {"_add_founders"}
    seen = "def f(t):\n    t.strength[0, 1] += 1\ndef g():\n    ties.message(1)\ndef h(t):\n    t['closeness'][0] = 1"
    assert writers(seen) == {"f", "g", "h"}


def calmed(attacker=-1, target=-1, **changes):
    """A heated thread that the team mediates, between two who feel .25 for each other."""
    community = handful({"strategy.explain": 1.0, "strategy.hours": {"moderate": 1.0}, **changes})
    put(community, 0, 1, 0.25)
    put(community, 1, 0, 0.25)
    at = thread(community, 0, Kind.SOCIAL)
    posts = community.posts
    posts["last"][at], posts["heat"][at], posts["attacker"][at], posts["target"][at] = 1, 5.0, attacker, target
    community.plan()
    assert posts["heat"][at] == 0.0
    return community


def test_mediation_gives_nothing_where_nothing_was_taken():
    """A thread can be hot by disagreement alone: its writers have lost nothing, and calming them is no gift."""
    community = calmed()
    assert strength(community, 0, 1) == strength(community, 1, 0) == 0.25


def test_mediation_makes_nobody_closer_with_exchange_off():
    community = calmed(0, 1, **{"switches.exchange": False})
    assert strength(community, 0, 1) == strength(community, 1, 0) == 0.25
    assert community.flows[Flow.EXCHANGES] == 0


def test_mediation_mends_no_more_than_was_broken():
    """Two strangers fall out and the team mediates: an insult must not be the quickest way to an intimate tie."""
    shipped_talks = {"conflict.talks": load("baseline").conflict.talks}
    community = handful({"strategy.explain": 1.0, "strategy.hours": {"moderate": 1.0}, **shipped_talks})
    at = thread(community, 0, Kind.SOCIAL)
    posts = community.posts
    posts["heat"][at], posts["attacker"][at], posts["target"][at] = 5.0, 1, 0
    community.plan()
    assert community.flows[Flow.MEDIATED] == 1
    v = community.scenario
    most = max(strength(community, 0, 1) or 0.0, strength(community, 1, 0) or 0.0)
    assert most <= v.conflict.loss and most < v.measures.intimate


def imported(source):
    """Names of modules that a source imports."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


RULES = sorted(  # all but the list of what a day consists of, and the tables themselves
    path
    for folder in ("rules", "team", "state")
    for path in (ROOT / folder).glob("*.py")
    if path.name not in ("day.py", "tables.py")
)


def test_no_rule_and_no_role_knows_measures_or_the_ledger():
    assert len(RULES) > 25
    for path in RULES:
        assert not imported(path.read_text()) & {"sim.measures", "sim.ledger"}, path.name
    assert "sim.measures" in imported("from sim import measures")


def taken(source):
    """What a source takes of what is observed (`out`), a flow that is only added to left out."""
    tree = ast.parse(source)
    added = {id(node.target.value) for node in ast.walk(tree)
             if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Subscript)}  # fmt: skip
    return {
        node.attr for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "out" and id(node) not in added
    }  # fmt: skip


def test_no_rule_and_no_role_reads_what_is_observed():
    for path in RULES:
        allowed = {"events.py": {"events", "count"}, "room.py": {"events", "count", "series"}}.get(path.name, set())
        assert taken(path.read_text()) == allowed, path.name  # the log is written, and tables are measured for room
    assert taken("out.flows[3] += 1") == set() and taken("x = out.flows[3] + out.ego[0]") == {"flows", "ego"}


def test_broadcast_wins_in_some_respect_by_default():
    """It reaches more people."""
    assert (last("broadcast", "reach", SEEDS) > last("facilitation", "reach", SEEDS)).all()


def test_broadcast_is_worth_more_to_the_company_in_some_world():
    """Few members, many followers, a short horizon: tiny_startup."""
    seeds = range(10)
    gain = last("broadcast@tiny_startup", "value_company", seeds) - last(
        "facilitation@tiny_startup", "value_company", seeds
    )
    assert gain.mean() > 0.0 and (gain > 0).sum() >= 7


# 2. Attention is finite.


def test_nobody_reads_more_than_its_attention():
    community = Community(load("broadcast", {"community.members": 300, "receiving.exposure": 0.9}), 3)
    attention = community.scenario.attention.things
    read = ("ATTENTION_COMPANY", "ATTENTION_STORIES", "ATTENTION_STAFF", "ATTENTION_MEMBERS")
    before, most, spent = community.flows.copy(), 0.0, 0
    for _ in range(40):
        community.step()
        gained = community.flows - before
        before = community.flows.copy()
        things = sum(gained[Flow[name]] for name in read)
        assert things <= attention * gained[Flow.VISITS]
        left = visits(community).left
        assert (left >= 0).all() and (left <= attention).all()
        # what was read is no more than what attention has been spent
        assert things <= (attention - left).sum()
        most, spent = max(most, things / gained[Flow.VISITS]), spent + things
    assert spent > 500 and most > 1.0


def test_company_messages_crowd_out_members():
    def members_read(number):
        community = handful()
        tiny.tune(community, "reading", scan=32)
        tiny.tune(community, "receiving", exposure=1.0, mute=0.0)
        for author in (1, 2, 3, 4, 5) * 4:
            thread(community, author)
        come(community, [0])
        community.tables.now.messages = number
        sent = messages(community)
        sent.resonance[:], sent.novelty[:], sent.reach[:] = 0.5, 1.0, 1.0
        community.receive()
        community.read()
        return community.flows[Flow.ATTENTION_MEMBERS]

    # attention 8; twenty threads, of which thirty-two glances show enough
    assert [members_read(n) for n in (0, 1, 5, 8, 20)] == [8, 7, 3, 0, 0]


def test_in_a_whole_run_too():
    def shares(hours):
        community = ran(load("baseline", {"community.members": 400, "strategy.hours": hours}), 2, 60)
        flows = community.flows
        return flows[Flow.ATTENTION_MEMBERS] / flows[Flow.VISITS], flows[Flow.ATTENTION_COMPANY] / flows[Flow.VISITS]

    loud, quiet = shares({"publish": 1.0}), shares({"publish": 0.1})
    assert loud[0] < quiet[0] and loud[1] > quiet[1]


# 3. Community intimacy is measured, never rewarded.


class Garbage(Community):
    """Measures and the ledger tell nonsense."""

    def account(self):
        super().account()
        out, closeness = self.tables.out, self.tables.closeness
        out.ego[:] = out.sorted[:] = out.dawn[:] = 1e6
        out.company_value[:], out.member_value[:] = 7e9, -7e9
        closeness.total, closeness.number, closeness.depth, closeness.one, closeness.two = -1.0, 7.0, 1e6, 1e6, 1e6

    def observe(self):
        return {"intimacy": -5.0}


def test_no_state_depends_on_a_measure():
    scenario = load("baseline", {"community.members": 150})
    sound, wrong = ran(scenario, 5, 40), Garbage(scenario, 5)
    wrong.run(40)
    assert wrong.observe() == {"intimacy": -5.0}
    assert not np.isclose(wrong.tables.company_value, sound.tables.company_value).any()
    assert differences(state(sound), state(wrong)) == []


class Rewarding(Community):
    """A model that breaks the invariant: belonging grows by the measured intimacy."""

    def feel(self):
        super().feel()
        self.members.view.belonging[:] += 0.001 * self.observe()["intimacy"]


class RewardingGarbage(Garbage, Rewarding):
    """Both."""


def test_and_that_would_show_if_one_did_reward_it():
    scenario = load("baseline", {"community.members": 150})
    sound, wrong = Rewarding(scenario, 5), RewardingGarbage(scenario, 5)
    sound.run(10)
    wrong.run(10)
    assert "members.belonging" in differences(state(sound), state(wrong))


@pytest.mark.parametrize("name", ["baseline", "broadcast", "facilitation"])
def test_intimacy_is_more_than_activity(name):
    """Were partners a matter of chance it would be lower by 30 % at least."""
    community = ran(load(name), 1, 90)
    found = community.observe()["intimacy"]
    assert found > 0.0 and shuffled_intimacy(community, 1) <= 0.7 * found


def test_the_null_keeps_more_where_everybody_is_close_to_everybody():
    """It loses there what chance throws together twice; a community of pairs loses nearly all."""
    community = handful({"ties.slots": 5})
    for i in range(6):
        for j in range(6):
            if i != j:
                put(community, i, j, 0.5)
    found = community.observe()["intimacy"]
    assert 0.3 * found < shuffled_intimacy(community, 1) < found
    paired = handful()
    for i, j in ((0, 1), (1, 0), (2, 3), (3, 2), (4, 5), (5, 4)):
        put(paired, i, j, 0.5)
    kept = [shuffled_intimacy(paired, seed) / paired.observe()["intimacy"] for seed in range(50)]
    assert np.mean(kept) < 0.3  # a partner's slot comes to the partner with chance 1 in 6


def test_ties_to_the_team_are_kept_out():
    community = handful()
    m = community.members.view
    m.to_staff[:] = m.from_staff[:] = 0.9
    found = community.observe()
    assert found["intimacy"] == found["dyad"] == found["intimate_share"] == 0.0 and found["staff_dependence"] == 1.0


# 4. Same budget.

OTHER_BUDGETS = {"tiny_startup", "edgeryders"}  # worlds of their own: half a person's time; the hours of a log


def test_every_strategy_costs_the_same():
    default = load("baseline").cost_per_week
    assert default > 0.0
    for name in shipped():
        if name not in OTHER_BUDGETS:
            assert load(name).cost_per_week == default, name
    assert load("tiny_startup").cost_per_week < default
    assert load("broadcast@tiny_startup").cost_per_week == load("facilitation@tiny_startup").cost_per_week


def test_costs_count_hours_and_money():
    scenario = load("baseline", {"budget.hours_per_week": 10.0, "budget.wage": 30.0, "budget.money_per_week": 55.0})
    assert scenario.cost_per_week == 355.0


# 5. Same luck.


def test_two_strategies_share_founders_needs_and_first_visits():
    one, other = (Community(load(name, {"community.members": 300}), 9) for name in ("broadcast", "facilitation"))
    assert differences(state(one), state(other)) == []
    for community in (one, other):
        community.day = 1
        community.make_room()
        community.dawn()
        community.join()
        community.need()
        community.visit()
    assert differences(state(one), state(other)) == []
    assert visits(one).row.size > 5
    assert np.array_equal(visits(one).row, visits(other).row) and np.array_equal(visits(one).hour, visits(other).hour)
    assert (one.members.view.need >= 0).any()


def test_another_seed_has_other_luck():
    one, other = (Community(load("baseline", {"community.members": 300}), seed) for seed in (9, 10))
    assert "members.drive" in differences(state(one), state(other))


@pytest.mark.parametrize("touch", ["need", "recognise", "mute"])
def test_what_happens_to_one_changes_no_draw_of_another(touch):
    """Nobody knows member 0 and it does not write: all the others do exactly what they did."""

    def lived(touched):
        changes = {"community.members": 120, "community.acquaintances": 0.0, "budget.hours_per_week": 0.0}
        community = Community(load("baseline", changes), 6)
        m = community.members.view
        m.voice[0] = tiny.NEVER
        if touched:
            if touch == "need":
                m.need[0], m.difficulty[0] = 2, 0.9
            elif touch == "recognise":
                m.status[0], m.passion[0], m.heard_staff[0] = 0.5, 2.0, 3.0
            else:
                m.muted[0], m.annoyance[0] = 1, 9.0
        for _ in range(30):
            community.step()
        return community

    one, other = lived(False), lived(True)
    assert other.flows[Flow.VISITS] > 80
    a, b = one.members.view, other.members.view
    assert a.key.tolist() == b.key.tolist()
    changed = [name for name in a._fields if not np.array_equal(getattr(a, name)[0], getattr(b, name)[0])]
    assert changed  # it was touched indeed
    for name in a._fields:
        # norms that it broke are remembered by all, and it broke none
        assert np.array_equal(getattr(a, name)[1:], getattr(b, name)[1:]), name


def test_nothing_depends_on_who_watches():
    scenario = load("baseline", {"community.members": 120, "community.days": 40})
    daily, weekly = run(scenario, 3, observe_every=1), run(scenario, 3, observe_every=7, log=True)
    at = np.isin(daily.days, weekly.days)
    assert weekly.days.tolist() == [0, 7, 14, 21, 28, 35, 40]
    for name in daily.series:
        assert np.array_equal(daily.series[name][at], weekly.series[name], equal_nan=True), name
    for name, column in vars(daily.network).items():
        assert np.array_equal(column, getattr(weekly.network, name)), name
    kept, plain = ran(scenario, 3, 40, keep_events=True), ran(scenario, 3, 40)
    assert differences(state(kept), state(plain)) == [] and digest(kept) == digest(plain)
    assert len(set(np.floor(kept.events["time"]).tolist()) & set(range(1, 41))) > 20 and not len(plain.events)


EQUAL = ("baseline", "no_social_media", "heavy_handed")
HASHES = """
import json
from sim.scenario import load
from tests.tiny import digest, ran
print(json.dumps([digest(ran(load(name, {"community.members": 120}), 8, 40)) for name in %r]))
"""


def hashes(**environment):
    """The states of some runs in a process of their own."""
    root = ROOT.parent
    paths = os.pathsep.join([str(Path(__file__).parents[1]), str(root), os.environ.get("PYTHONPATH", "")])
    found = subprocess.run(
        [sys.executable, "-c", HASHES % (EQUAL,)],
        env={**os.environ, "PYTHONPATH": paths, **environment}, cwd=root, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


def test_the_same_bits_compiled_or_not_and_in_another_process():
    here = [digest(ran(load(name, {"community.members": 120}), 8, 40)) for name in EQUAL]
    assert len(set(here)) == 3
    other = "0" if os.environ.get("NUMBA_DISABLE_JIT", "0") == "1" else "1"
    assert hashes(NUMBA_DISABLE_JIT=other) == here


def test_a_digest_sees_one_bit():
    community = ran(load("baseline", {"community.members": 50}), 8, 3)
    before = digest(community)
    trust = community.members.view.trust
    trust[7] = np.nextafter(trust[7], 1.0)
    assert digest(community) != before


# 6. Every number has a source: tests/test_sources.py.
# 7. Calibrate, then freeze: tests/test_baseline.py.
