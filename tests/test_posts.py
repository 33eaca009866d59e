"""The ring of open posts, by hand."""

import numpy as np

from sim import posts as ring
from sim.state.posts import Kind


def filled(capacity, *days, topic=0):
    posts = ring.empty(capacity)
    for day in days:
        ring.add(posts, 7, day, 0.5, topic, int(Kind.SOCIAL), 0)
    return posts


def close(posts, day, lasting=14, cooling=0.5, topics=3):
    volume = np.full(topics, 99)
    ring.close_old(posts, day, lasting, cooling, volume)
    return volume.tolist()


def test_a_new_post_has_nothing_of_the_one_that_lay_there():
    posts = ring.empty(2)
    for name, column in posts._asdict().items():
        if name != "span":
            column[:] = 1
    serial = ring.add(posts, 5, 3, 0.25, 2, int(Kind.QUESTION), 6)
    assert serial == 0 and posts.span.tolist() == [0, 1]
    expected = dict.fromkeys(ring.DTYPES, 0)
    expected |= dict(author=5, day=3, hour=0.25, topic=2, breach=6, last=5, solver=-1, attacker=-1, target=-1)
    assert {name: getattr(posts, name)[0] for name in ring.DTYPES} == expected
    assert posts.author[1] == 1  # the neighbour is left alone


def test_serials_are_for_life_and_lie_at_their_remainder():
    posts = filled(4, 1, 1, 1)
    close(posts, 99)
    assert posts.span.tolist() == [3, 3]
    assert [ring.add(posts, a, 99, 0.5, 0, 1, 0) for a in (10, 11, 12)] == [3, 4, 5]
    assert posts.author.tolist() == [11, 12, 7, 10]


def test_posts_close_after_they_have_lasted():
    posts = filled(8, 1, 1, 5, 14)
    close(posts, 14)  # of 13 days ago
    assert posts.span.tolist() == [0, 4]
    close(posts, 15)  # of 14 days ago
    assert posts.span.tolist() == [2, 4]
    close(posts, 100)
    assert posts.span.tolist() == [4, 4]


def test_heat_cools_and_the_hidden_are_not_counted():
    posts = filled(8, 1, 1, 1, topic=2)
    posts.heat[:3] = 8.0
    posts.hidden[1] = 1
    assert close(posts, 2, cooling=0.25) == [0, 0, 2]
    assert close(posts, 3, cooling=0.25) == [0, 0, 2]
    assert posts.heat[:4].tolist() == [4.5, 4.5, 4.5, 0.0]  # 8 x .75 x .75


def test_room_is_made_only_where_it_is_needed_and_nothing_is_lost():
    posts = filled(4, 1, 1, 2, 2)
    close(posts, 15)  # two are closed
    ring.add(posts, 8, 15, 0.1, 1, 0, 0)
    assert ring.with_room(posts, 1) is posts
    grown = ring.with_room(posts, 2)
    assert grown is not posts and grown.author.size >= 5 and grown.span.tolist() == [2, 5]
    for serial, author, day in ((2, 7, 2), (3, 7, 2), (4, 8, 15)):
        at = serial % grown.author.size
        assert (grown.author[at], grown.day[at]) == (author, day)
    assert [column.dtype for column in grown] == [column.dtype for column in posts]
