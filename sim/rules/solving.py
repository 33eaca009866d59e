"""Solving: solutions reach those who asked, and join the library (ODD, 7.9; M4)."""

from sim.flows import Flow
from sim.kernel import kernel, left_after, toward
from sim.members import NOBODY
from sim.posts import Kind

QUESTION = int(Kind.QUESTION)
BY_MEMBERS, BY_STAFF = int(Flow.SOLVED_MEMBERS), int(Flow.SOLVED_STAFF)


@kernel
def solve(m, posts, library, searchable, p, flows):
    """Close each open question that somebody has solved; updates members, posts and `library` (threads a topic)."""
    room = posts.author.size
    for serial in range(posts.span[0], posts.span[1]):
        at = serial % room
        if posts.kind[at] != QUESTION or posts.closed[at] == 1 or posts.solver[at] == -1:
            continue
        posts.closed[at] = 1
        i = posts.author[at]
        if m.question[i] == serial and m.need[i] >= 0:
            m.need[i] = NOBODY
            m.won[i] |= 1
            m.trust[i] = toward(m.trust[i], p.trust_solved)
            j = posts.solver[at]
            if j >= 0:
                m.helped[j] += 1
                m.status[j] = toward(m.status[j], p.status_help)
                flows[BY_MEMBERS] += 1
            else:
                flows[BY_STAFF] += 1
        if searchable:
            library[posts.topic[at]] += 1.0


@kernel
def age_library(library, half_life):
    """Let a day's share of the solved threads go out of date."""
    for k in range(library.size):
        library[k] *= left_after(1.0 / half_life)
