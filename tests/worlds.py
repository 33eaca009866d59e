"""Any valid scenario, drawn by hypothesis from the schema itself: every key within its range, bounds included.

Nothing is left out but size: at most 80 members, 40 days, some thousand people who might join and some hundred
actions of the team a day, so that an example takes milliseconds. A key that the baseline gains is drawn at once.
"""

from hypothesis import strategies as st

from sim.scenario import ACTIVITIES, BASELINE, HATS, TEMPLATES, is_entry, load, shipped, validated

MOST_JOINERS = 3000  # people who might still join
MOST_ACTIONS = 200  # of the team a day, all activities together
LIVELY = {"members": {"drive_mean": 1.0, "voice_mean": 0.0}}
OF_SIZE = {"community.members": (2, 80), "community.days": (1, 40)}
NAMES = st.text(min_size=1, max_size=8)
SEEDS = st.integers(0, 2**63 - 1)


def entries(table):
    """The declarations of a table of the baseline."""
    return {key: meta for key, meta in table.items() if is_entry(meta)}


KEYS = {
    f"{name}.{key}": meta
    for name, table in BASELINE.items()
    if isinstance(table, dict) and name not in TEMPLATES
    for key, meta in entries(table).items()
    if meta["range"]  # else a name of a channel
}


def value(key, meta):
    """Any value that a declaration allows; its bounds are drawn often."""
    kind, allowed = type(meta["value"]), OF_SIZE.get(key, meta["range"])
    if kind is bool or kind is str:
        return st.sampled_from(allowed)
    low, high = allowed
    bounds = st.sampled_from([kind(low), kind(high)])
    inside = st.integers(low, high) if kind is int else st.floats(low, high)
    return inside if key in OF_SIZE else bounds | inside


def items(single, channels):
    """Any entry of a table made from a template (a norm, an activity, a channel), whole."""
    declared = entries(BASELINE[single]).items()
    return st.fixed_dictionaries(
        {
            key: value(f"{single}.{key}", meta) if meta["range"] else st.sampled_from(sorted(channels))
            for key, meta in declared
        }
    )


def some(drawn, base):
    """Now and then what the base has, else what is drawn."""
    return st.booleans().flatmap(lambda own: drawn if own else st.just(base))


@st.composite
def scenarios(draw, **fixed):
    """Any valid scenario; `fixed` are keys with __ for the dot, with the value that they have in all."""
    said = load(draw(st.sampled_from(shipped()))).resolved()
    if draw(st.booleans()):
        for name, table in LIVELY.items():
            said[name] |= table
    chosen = draw(st.lists(st.sampled_from(sorted(KEYS)), unique=True, max_size=40))
    for key in [*chosen, *OF_SIZE]:
        name, _, inner = key.partition(".")
        said[name][inner] = draw(value(key, KEYS[key]))
    said["channels"] = draw(
        some(st.dictionaries(NAMES, items("channel", ()), min_size=1, max_size=3), said["channels"])
    )
    channels = said["channels"]
    said["norms"] = draw(some(st.dictionaries(NAMES, items("norm", ()), max_size=9), said["norms"]))
    whole = {activity: items("activity", channels) for activity in ACTIVITIES}
    said["activities"] = draw(some(st.fixed_dictionaries(whole), said["activities"]))
    for item in [*said["activities"].values()]:
        if item["channel"] not in channels:
            item["channel"] = draw(st.sampled_from(sorted(channels)))
    if said["places"]["home"] not in channels:
        said["places"]["home"] = draw(st.sampled_from(sorted(channels)))
    said["team"], said["strategy"]["hours"] = draw(
        some(st.tuples(teams(), hours()), (said["team"], said["strategy"]["hours"]))
    )
    worn = {hat for person in said["team"] for hat in person["hats"]}
    said["strategy"]["hours"] = {
        activity: share for activity, share in said["strategy"]["hours"].items()
        if said["activities"][activity]["hat"] in worn
    }  # fmt: skip
    for key, fix in fixed.items():
        name, _, inner = key.partition("__")
        said[name][inner] = fix
    bound(said)
    return validated(said, {}, "drawn")


def teams():
    """Any team of one to five."""
    person = st.fixed_dictionaries(
        {
            "name": NAMES,
            "kind": st.sampled_from(["staff", "marketer"]),
            "hats": st.lists(st.sampled_from(HATS), min_size=1, max_size=4),
        }
    )
    return st.lists(person, min_size=1, max_size=5, unique_by=lambda one: one["name"])


def hours():
    """Any shares of hours that add up to one at most."""
    return st.dictionaries(st.sampled_from(ACTIVITIES), st.integers(0, 10), max_size=12).map(
        lambda parts: {activity: part / max(1, sum(parts.values())) for activity, part in parts.items()}
    )


def bound(said):
    """Make a world small that would take long: fewer people outside, fewer hours."""
    world, budget = said["community"], said["budget"]
    world["market_per_member"] = min(world["market_per_member"], MOST_JOINERS / world["members"])
    actions = sum(
        budget["hours_per_week"] * share * 60.0 / 7.0 / said["activities"][activity]["minutes"]
        for activity, share in said["strategy"]["hours"].items()
    )
    if actions > MOST_ACTIONS:
        budget["hours_per_week"] *= MOST_ACTIONS / actions
