"""The day, rule by rule, and days on end (ODD, 3 Process overview)."""

from sim.compiled.kernel import kernel
from sim.ledger import account
from sim.measures import write_down
from sim.rules.acting import improve, remember
from sim.rules.creating import start_projects
from sim.rules.feeling import feel
from sim.rules.joining import join
from sim.rules.keeping import keep_norms
from sim.rules.leaving import leave
from sim.rules.meeting import meet
from sim.rules.needing import need
from sim.rules.posting import post
from sim.rules.reading import read
from sim.rules.receiving import receive
from sim.rules.room import has_room
from sim.rules.solving import solve
from sim.rules.telling import tell
from sim.rules.visiting import visit
from sim.state.posts import close_old
from sim.state.state import Today
from sim.team.planning import plan


@kernel
def day(today, state, values, out):
    """One day."""
    dawn(today, state, values, out)
    join(today, state, values, out)
    need(today, state, values, out)
    visit(today, state, values, out)
    plan(today, state, values, out)
    receive(today, state, values, out)
    post(today, state, values, out)
    meet(today, state, values, out)
    read(today, state, values, out)
    solve(today, state, values, out)
    start_projects(today, state, values, out)
    keep_norms(today, state, values, out)
    tell(today, state, values, out)
    improve(today, state, values, out)
    leave(today, state, values, out)
    feel(today, state, values, out)
    account(today, state, values, out)


@kernel
def dawn(today, state, values, out):
    """Begin the day: old posts close, and what is of today only begins anew."""
    for flow in range(out.flows.size):
        out.dawn[flow] = out.flows[flow]
    state.now.messages = 0
    state.now.gatherings = 0
    remember(today, state, values, out)
    close_old(state.now, state.posts, today.day, values.home.lasting, values.conflict.cooling, state.volume)


@kernel
def days(today, last, every, state, values, out):
    """Live from `today` to day `last`, as long as the tables have room; the last day that was lived.

    `every` so many days, and on the last day of the scenario, the measures are written down; 0: never.
    """
    for number in range(today.day, last + 1):
        one = Today(today.seed, number)
        if not has_room(one, state, values, out):
            return number - 1
        day(one, state, values, out)
        if every > 0 and (number % every == 0 or number == values.community.days):
            write_down(one, state, values, out)
    return last
