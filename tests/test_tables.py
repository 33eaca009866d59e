"""Tables: what is in them stays where they grow, and each is seen as it is in use."""

import pickle

import numpy as np

from sim.rules.room import room_for
from sim.scenario import load
from sim.state.table import with_room
from sim.state.ties import felt
from tests.tiny import NEVER, QUIET, WORLD, handful, owe, owed, put, strength, thread


def test_a_table_that_grows_keeps_its_rows_and_one_that_is_large_enough_stays_itself():
    rows = np.arange(8.0).reshape(4, 2)
    assert with_room(rows, 4, 4) is rows and with_room(rows, 4, 3) is rows
    grown = with_room(rows, 3, 9)
    assert grown.shape == (9, 2) and grown.dtype == rows.dtype
    assert grown[:3].tolist() == rows[:3].tolist() and not grown[3:].any()
    assert len(with_room(np.zeros(100), 100, 101)) == 125  # by a quarter at least, so that growing is seldom


def test_all_that_is_in_use_stays_where_tables_grow():
    community = handful()
    tables = community.tables
    put(community, 4, 1, 0.25)
    put(community, 2, 5, 0.5)
    thread(community, 3, day=1)
    thread(community, 1, day=1)
    for i, due in ((5, 3.5), (2, 2.5), (4, 2.75)):
        owe(community, i, 0, due)
    old = room_for(*community.given)
    had = {**tables.rows, "members": tables.columns["key"]}
    grown = {name: 3 * len(had[name]) for name in old._fields if name != "series"}
    tables.make_room(old._replace(**grown))
    has = {**tables.rows, "members": tables.columns["key"]}
    assert all(len(has[name]) >= rows for name, rows in grown.items())
    assert (strength(community, 4, 1), strength(community, 2, 5)) == (0.25, 0.5)
    assert felt(community.state.members, community.state.ties, 4, 1) == 0.25  # the first row is member 4's
    assert community.posts["author"].tolist() == [3, 1]
    assert community.members.view.key.tolist() == list(range(6))
    assert tables.rows["owed"]["who"][:3].tolist() == [2, 5, 4] and owed(community).who.tolist() == [2, 4, 5]
    community.members.view.trust[:] = 0.125  # the columns seen are those of the new rows
    assert community.members.view.trust.tolist() == [0.125] * 6


def test_a_table_of_ties_keeps_the_places_given_out_though_members_are_fewer():
    community = handful()
    tables = community.tables
    tables.now.tie_rows = 9  # more rows than members
    tables.rows["ties"]["strength"][:9] = np.arange(9)
    tables.make_room(room_for(*community.given)._replace(members=2 * len(tables.rows["ties"])))
    assert tables.ties["strength"].tolist() == list(range(9))


def test_columns_lie_together_after_growth_and_in_a_copy_as_before():
    community = handful()
    tables, strides = community.tables, {name: one.strides for name, one in community.tables.columns.items()}

    def lie_together(one, other):
        (stride,), columns = strides[one], tables.columns
        return strides[other] == (stride,) and abs(columns[one].ctypes.data - columns[other].ctypes.data) < stride

    assert lie_together("trust", "hurt") and lie_together("introduced", "topic") and strides["drive"] == (8,)
    assert not lie_together("trust", "topic")
    tables.make_room(room_for(*community.given)._replace(members=2 * len(tables.columns["key"])))
    copied = pickle.loads(pickle.dumps(community)).tables
    for one in (tables, copied):
        assert {name: column.strides for name, column in one.columns.items()} == strides
        assert one.columns["key"][:6].tolist() == list(range(6)) and one.columns["drive"][5] == NEVER


def test_open_posts_are_all_from_the_oldest_to_the_newest():
    community = handful()
    for author in (0, 1, 2, 3):
        thread(community, author)
    community.tables.now.oldest = 1
    assert community.posts["author"].tolist() == [1, 2, 3]


def test_a_series_that_was_taken_begins_anew():
    community = handful()
    community.run(2, every=1)
    first = community.take_series()
    community.run(3, every=1)
    second = community.take_series()
    assert (len(first), len(second), len(community.take_series())) == (2, 3, 0)


def test_a_norm_that_a_new_scenario_writes_down_is_visible_and_what_was_written_down_stays():
    community = handful()
    written = community.tables.rows["norms"]["visible"]
    written[:] = 0
    written[1] = 1
    names = list(community.scenario.norms)
    community.change(load(WORLD, {**QUIET, f"norms.{names[0]}.visible": True}))
    assert written[:2].tolist() == [1, 1]
