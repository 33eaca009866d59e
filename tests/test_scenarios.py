"""Scenario files: the shipped ones, all that may be said, and all that may be wrong with one."""

import os
import tomllib

import numpy as np
import pytest

from sim.community import Community
from sim.scenario import FOLDER, REPLACED_WHOLE, ScenarioError, load, locate, plain, read_toml, shipped
from tests.laws import assert_sound

NAMED = [
    "baseline",
    "broadcast",
    "facilitation",
    "balanced",
    "responsive",
    "heavy_handed",
    "story_led",
    "two_hats",
    "no_social_media",
    "lawless",
    "over_moderated",
    "social_business",
    "friction",
    "newcomers_flood",
    "clique_town",
    "support_desk",
    "tiny_startup",
]
OTHERS = [name for name in shipped() if name != "baseline"]

# The shipped scenarios


def test_all_that_are_promised_are_shipped():
    assert set(NAMED) <= set(shipped()) and shipped()[0] == "baseline"


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_scenario_asks_a_question_and_its_hours_add_up(name):
    scenario = load(name)
    assert scenario.name == name and scenario.question.endswith("?") and 20 < len(scenario.question) <= 1000
    assert tomllib.loads((FOLDER / f"{name}.toml").read_text())["question"] == scenario.question  # its own
    assert sum(scenario.strategy.hours.values()) == pytest.approx(1.0, abs=1e-9)


def test_no_two_ask_the_same():
    assert len({load(name).question for name in shipped()}) == len(shipped())


def leaves(table, at=()):
    """Every key of a table with its value; what is replaced whole is one."""
    for key, item in table.items():
        here = (*at, key)
        if isinstance(item, dict) and here not in REPLACED_WHOLE:
            yield from leaves(item, here)
        else:
            yield ".".join(here), item


def look_up(resolved, key):
    for part in key.split("."):
        if part not in resolved:
            return None
        resolved = resolved[part]
    return resolved


@pytest.mark.parametrize("name", OTHERS)
def test_a_scenario_says_only_what_differs(name):
    table = read_toml(locate(name))
    base = load(table.pop("base", "baseline"))
    table.pop("question")
    assert table
    same = [
        key for key, item in leaves(table) if look_up(base.resolved(), key) == item and key.split(".")[0] != "channels"
    ]
    # a channel of one's own says all that it is; what is set back to a template's default is no repetition
    assert not same, f"{name}.toml repeats {same}"


def test_repetition_would_show():
    assert look_up(load("baseline").resolved(), "ties.gain") == load("baseline").ties.gain
    assert dict(leaves({"strategy": {"hours": {"publish": 1}, "x": 2}})) == {
        "strategy.hours": {"publish": 1},
        "strategy.x": 2,
    }


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_scenario_runs_soundly(name):
    community = Community(load(name, {"community.members": 100}), 4)
    assert_sound(community)
    for _ in range(30):
        community.step()
        assert np.isfinite(community.flows).all()
    assert_sound(community)
    assert community.flows[4] > 0  # somebody visited


# What may be wrong


def refused(path):
    with pytest.raises(ScenarioError) as found:
        load(str(path))
    message = str(found.value)
    assert "\n" not in message.strip() and len(message) < 1500
    return message


BAD = {
    # what: (text, the key, what is allowed or near)
    "unknown key": ("[ties]\ngian = 0.1", "ties.gian", "did you mean `gain`"),
    "unknown table": ("[tise]\ngain = 0.1", "tise", "did you mean `ties`"),
    "unknown far from any": ("[xyzzy]\na = 1", "xyzzy", "known:"),
    "a value for a table": ("ties = 3", "ties", "is a table"),
    "text for a number": ("[ties]\ngain = 'much'", "ties.gain", "a number from 0.03 to 0.2"),
    "a whole number wanted": ("[ties]\nslots = 4.5", "ties.slots", "a whole number from 4 to 64"),
    "yes or no wanted": ("[switches]\nexchange = 1", "switches.exchange", "true or false"),
    "yes for a number": ("[community]\nmembers = true", "community.members", "a whole number"),
    "too large": ("[ties]\ngain = 0.3", "ties.gain", "0.03 to 0.2"),
    "too small": ("[community]\nmembers = 1", "community.members", "from 2"),
    "enormous": ("[community]\nmembers = 99999999999999999999999", "community.members", "5000000"),
    "nan": ("[ties]\ngain = nan", "ties.gain", "a number from"),
    "inf": ("[ties]\ngain = inf", "ties.gain", "a number from"),
    "nan of a share": ("[strategy.hours]\npublish = nan", "strategy.hours.publish", "not allowed"),
    "no such word": ("[norms.civility]\nbreach = 'rude'", "norms.civility.breach", "hostile, free_ride"),
    "unknown key of a norm": ("[norms.civility]\nstrat = 0.5", "norms.civility.strat", "did you mean `start`"),
    "unknown activity": ("[activities.welcom]\nminutes = 3", "activities.welcom", "did you mean `welcome`"),
    "unknown activity in hours": ("[strategy.hours]\npublsh = 0.1", "strategy.hours.publsh", "did you mean `publish`"),
    "shares over 1": ("[strategy.hours]\npublish = 0.6\nhost = 0.6", "strategy.hours", "at most 1"),
    "a share below 0": ("[strategy.hours]\npublish = -0.1", "strategy.hours.publish", "greater than or equal to 0"),
    "a hat nobody wears": (
        "[[team]]\nname='a'\nkind='staff'\nhats=['community']\n[strategy.hours]\npublish=0.5",
        "strategy.hours.publish",
        "`social`",
    ),
    "unknown hat": ("[[team]]\nname='a'\nkind='staff'\nhats=['brand']", "team.0.hats", "'community'"),
    "no hat": ("[[team]]\nname='a'\nkind='staff'\nhats=[]", "team.0.hats", "at least 1"),
    "unknown kind of person": (
        "[[team]]\nname='a'\nkind='boss'\nhats=['community']",
        "team.0.kind",
        "'staff' or 'marketer'",
    ),
    "nobody in the team": ("team = []", "team", "at least 1"),
    "a team that is a table": ("[team]\na = 1", "team", "list"),
    "two of one name": (
        "[[team]]\nname='a'\nkind='staff'\nhats=['community','service','product','social']\n"
        "[[team]]\nname='a'\nkind='marketer'\nhats=['social']",
        "team",
        "names must differ",
    ),
    "unknown home": ("[places]\nhome = 'forun'", "places.home", "did you mean `forum`"),
    "unknown channel": (
        "[activities.welcome]\nchannel = 'dirct'",
        "activities.welcome.channel",
        "did you mean `direct`",
    ),
    "unknown base": ("base = 'boradcast'", "base", "did you mean `broadcast`"),
    "a base without a name": ("base = 3", "base", "in quotes"),
    "an empty name": ("name = ''", "name", "at least 1"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_scenario_is_refused_by_file_and_key(what, tmp_path):
    text, key, allowed = BAD[what]
    path = tmp_path / "mine.toml"
    path.write_text(text)
    message = refused(path)
    assert "mine.toml" in message and f"`{key}" in message and allowed in message


def test_the_good_twin_of_each_is_read(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[ties]\ngain = 0.1\n[norms.civility]\nstart = 0.5\n[strategy.hours]\npublish = 0.6\nhost = 0.4\n")
    scenario = load(str(path))
    assert (scenario.name, scenario.ties.gain, scenario.norms["civility"].start) == ("mine", 0.1, 0.5)
    assert scenario.strategy.hours == {"publish": 0.6, "host": 0.4}  # replaced whole
    assert scenario.ties.slots == load("baseline").ties.slots


WRONG_FILES = {
    "broken": (b"[ties\ngain = 0.1", "is not valid TOML"),
    "twice": (b"[ties]\ngain = 0.1\ngain = 0.2", "is not valid TOML"),
    "empty": (b"", "is empty"),
    "blank": (b"\n # nothing\n", "is empty"),
    "binary": (bytes(range(256)) * 4, "is not text"),
    "zeros": (b"\0" * 100, "TOML"),
    "latin": ("name = 'caf\xe9'".encode("latin-1"), "is not text"),
    "huge": (b"# long\n" * 200_000, "too large"),
}


@pytest.mark.parametrize("what", WRONG_FILES)
def test_a_file_that_is_no_scenario(what, tmp_path):
    content, said = WRONG_FILES[what]
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    message = refused(path)
    assert "mine.toml" in message and said in message


def test_no_file_a_folder_and_one_that_is_closed(tmp_path):
    assert "folder" in refused(tmp_path)
    missing = refused(tmp_path / "none.toml")
    assert "none.toml" in missing and "no such file" in missing
    assert "did you mean `broadcast`" in refused("brodcast")
    if os.name == "posix" and os.geteuid() != 0:
        closed = tmp_path / "closed.toml"
        closed.write_text("[ties]\ngain = 0.1")
        closed.chmod(0)
        assert "cannot be read" in refused(closed)


def test_a_circle(tmp_path):
    for one, other in (("a", "b"), ("b", "c"), ("c", "a")):
        (tmp_path / f"{one}.toml").write_text(f"base = '{other}.toml'\n[ties]\ngain = 0.1\n")
    message = refused(tmp_path / "a.toml")
    assert "circle" in message and ".toml" in message and "`base`" in message
    (tmp_path / "self.toml").write_text("base = 'self.toml'\n")
    assert "circle" in refused(tmp_path / "self.toml")


def test_bases_lie_over_each_other_and_beside(tmp_path):
    (tmp_path / "low.toml").write_text("base = 'facilitation'\n[ties]\ngain = 0.1\nslots = 20\n")
    (tmp_path / "high.toml").write_text("base = 'low.toml'\n[ties]\ngain = 0.15\n")
    scenario = load(str(tmp_path / "high.toml"))
    assert (scenario.ties.gain, scenario.ties.slots) == (0.15, 20)
    assert scenario.strategy.hours == load("facilitation").strategy.hours
    origins = {entry.key: entry.origin for entry in scenario.entries()}
    assert (origins["ties.gain"], origins["ties.slots"], origins["ties.half_life"]) == ("high", "low", "baseline")
    assert origins["strategy.hours.host"] == "facilitation"


def test_overrides_are_checked_alike():
    for key, value, said in (
        ("ties.gian", 0.1, "did you mean `gain`"), ("tise.gain", 0.1, "did you mean `ties`"),
        ("ties.gain", 9.0, "0.03 to 0.2"), ("ties.gain", "much", "a number from"), ("ties", 3, "is a table"),
    ):  # fmt: skip
        with pytest.raises(ScenarioError, match="--set") as found:
            load("baseline", {key: value})
        assert said in str(found.value)


def test_a_strategy_in_another_world():
    both = load("facilitation@tiny_startup")
    assert both.strategy == load("facilitation").strategy and both.community == load("tiny_startup").community
    assert both.budget == load("tiny_startup").budget and both.name == "facilitation@tiny_startup"
    assert "did you mean" in refused("facilitation@tiny_startip")


def test_an_unknown_key_of_a_person(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[[team]]\nname='a'\nkind='staff'\nhats=['community','social','service','product']\nhat='x'\n")
    assert "team.0.hat" in refused(path)


def test_a_file_of_brackets(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("a = " + "[" * 100_000)
    assert "is not valid TOML" in refused(path)


def test_a_fault_in_a_base_names_the_base(tmp_path):
    (tmp_path / "low.toml").write_text("[ties]\ngain = 9.0\n")
    (tmp_path / "high.toml").write_text("base = 'low.toml'\n[ties]\nslots = 20\n")
    assert "low.toml" in refused(tmp_path / "high.toml")


def test_plain_takes_declarations_for_their_values():
    assert plain({"a": {"value": 3, "source": "x"}, "b": {"c": {"value": 4, "source": "y"}}}) == {"a": 3, "b": {"c": 4}}


def test_of_what_is_calibrated_only_the_range_may_be_assumed():
    entries = {entry.key: entry for entry in load("baseline").entries()}
    assert "range assumed" in entries["members.drive_mean"].source and not entries["members.drive_mean"].assumed
    assert entries["visiting.need"].assumed


def test_a_name_and_a_question_make_no_other_world():
    first, second = load("broadcast"), load("broadcast", {"question": "Another?"})
    assert first.question != second.question and first.digest() == second.digest()
    assert first.digest() != load("broadcast", {"ties.gain": 0.1}).digest()
