"""Solving: solutions reach those who asked, and join the library (ODD, 7.10; M4)."""

from sim.compiled.kernel import kernel, left_after, toward
from sim.state.flows import Flow
from sim.state.members import NOBODY
from sim.state.posts import Kind

QUESTION = int(Kind.QUESTION)
BY_MEMBERS, BY_STAFF = int(Flow.SOLVED_MEMBERS), int(Flow.SOLVED_STAFF)


@kernel
def solve(today, state, values, out):
    """Close each open question that somebody has solved, and let a day's share of the library go out of date."""
    now, posts = state.now, state.posts
    for at in range(now.oldest - now.start, now.next - now.start):
        if posts.kind[at] == QUESTION and posts.closed[at] == 0 and posts.solver[at] != NOBODY:
            close(state, values.feeling, out, at)
            if values.home.searchable:
                state.library[posts.topic[at]] += 1.0
    fading = left_after(1.0 / values.needing.library_half_life)
    for topic in range(state.library.size):
        state.library[topic] *= fading


@kernel
def close(state, p, out, at):
    """Close the question at place `at`: the asker, if it still has the need, is served, and who helped gains status."""
    m, posts, now = state.members, state.posts, state.now
    posts.closed[at] = 1
    i = posts.author[at]
    if m.question[i] != now.start + at or m.need[i] < 0:
        return
    m.need[i] = NOBODY
    m.won[i] |= 1
    m.trust[i] = toward(m.trust[i], p.trust_solved)
    j = posts.solver[at]
    if j >= 0:
        m.helped[j] += 1
        m.status[j] = toward(m.status[j], p.status_help)
        out.flows[BY_MEMBERS] += 1
    else:
        out.flows[BY_STAFF] += 1
