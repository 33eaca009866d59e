"""Open posts, by hand."""

from sim.rules.room import Room
from sim.state.posts import POST, Kind, add, close_old
from tests.tiny import handful, thread


def filled(*days, topic=0):
    """A community with a thread of each of these days."""
    community = handful()
    for day in days:
        thread(community, 5, Kind.SOCIAL, day, topic=topic)
    return community


def close(community, day, lasting=14, cooling=0.5):
    """The morning of a day: how many posts are open on each of the first three topics."""
    state = community.state
    state.volume[:] = 99
    close_old(state.now, state.posts, day, lasting, cooling, state.volume)
    return state.volume[:3].tolist()


def open_serials(community):
    """The serial numbers of the open posts, as first and one past the last."""
    return (int(community.tables.now.oldest), int(community.tables.now.next))


def test_a_new_post_has_nothing_of_the_one_that_lay_there():
    community = handful()
    rows = community.tables.rows["posts"]
    for name in POST.names:
        rows[name] = 1
    serial = add(community.tables.now, community.state.posts, 5, 3, 0.25, 2, int(Kind.QUESTION), 6)
    assert serial == 0 and open_serials(community) == (0, 1)
    expected = dict.fromkeys(POST.names, 0)
    expected |= dict(author=5, day=3, hour=0.25, topic=2, breach=6, last=5, solver=-1, attacker=-1, target=-1)
    expected |= dict(latest=3.25, waits=-1)
    assert {name: rows[name][0] for name in POST.names} == expected
    assert rows["author"][1] == 1  # the neighbour is left alone


def test_serials_are_for_life():
    community = filled(1, 1, 1)
    close(community, 99)
    assert open_serials(community) == (3, 3)
    state = community.state
    assert [add(state.now, state.posts, author, 99, 0.5, 0, 1, 0) for author in (2, 3, 4)] == [3, 4, 5]
    assert community.posts["author"].tolist() == [2, 3, 4]


def test_posts_close_after_they_have_lasted():
    community = filled(1, 1, 5, 14)
    close(community, 14)  # of 13 days ago
    assert open_serials(community) == (0, 4)
    close(community, 15)  # of 14 days ago
    assert open_serials(community) == (2, 4)
    close(community, 100)
    assert open_serials(community) == (4, 4)


def test_open_posts_move_once_more_than_half_are_closed_and_nothing_is_lost():
    community = filled(1, 1, 5, 5)
    community.posts["heat"][:] = [1.0, 2.0, 3.0, 4.0]
    now = community.tables.now
    close(community, 15, cooling=0.0)
    assert now.start == 0 and community.posts["heat"].tolist() == [3.0, 4.0]  # half: they stay where they are
    thread(community, 5, Kind.SOCIAL, day=15)
    close(community, 19, cooling=0.0)
    assert (now.start, *open_serials(community)) == (4, 4, 5)
    assert community.posts[["author", "day"]].tolist() == [(5, 15)]
    assert community.tables.rows["posts"]["day"][0] == 15  # it lies in the first row now


def test_heat_cools_and_the_hidden_are_not_counted():
    community = filled(1, 1, 1, topic=2)
    community.posts["heat"][:] = 8.0
    community.posts["hidden"][1] = 1
    assert close(community, 2, cooling=0.25) == [0, 0, 2]
    assert close(community, 3, cooling=0.25) == [0, 0, 2]
    assert community.posts["heat"].tolist() == [4.5, 4.5, 4.5]  # 8 x .75 x .75


def test_room_is_made_only_where_it_is_needed_and_nothing_is_lost():
    community = filled(1, 1, 2, 2)
    close(community, 15)  # two are closed
    thread(community, 3, Kind.QUESTION, day=15, topic=1)
    tables = community.tables
    before, rows = tables.rows["posts"], len(tables.rows["posts"])
    room = Room(members=6, posts=rows, insights=0, works=0, owed=0, messages=0, lists=0, events=0, series=0)
    tables.make_room(room)
    assert tables.rows["posts"] is before
    tables.make_room(room._replace(posts=rows + 1))
    grown = tables.rows["posts"]
    assert grown is not before and len(grown) > rows and grown.dtype == before.dtype
    assert open_serials(community) == (2, 5)
    assert community.posts[["author", "day"]].tolist() == [(5, 2), (5, 2), (3, 15)]


def test_posts_move_again_and_again():
    community = filled(1, 1)
    for first, day in ((0, 15), (2, 29), (4, 43), (0, 57)):
        thread(community, first, Kind.SOCIAL, day=day)
        thread(community, first + 1, Kind.SOCIAL, day=day)
        close(community, day)
        assert community.posts["author"].tolist() == [first, first + 1]
    assert (community.tables.now.start, *open_serials(community)) == (8, 8, 10)  # moved on days 29 and 57
