"""Founding a community from the log of a real one, at a day of its life (ODD, 5 Initialisation and 6 Input data).

Whoever wrote or was addressed before that day is a founding member; the day is day 0. The log is replayed through
the model's own rules for ties and their fading, so that ties, memories and belonging are what the model would have
made of these messages. What a log does not tell (topics, skills, manners, trust, visits without a word) stays as
drawn, and a member's last visit is taken to be its last contribution.

Drive and voice are estimated so that the busy stay busy. With s the standardised direction in which drive and voice
together change a member's rate of contributions most, and what lies across it kept as drawn,

    s = argmax  y log(rate(s)) - T rate(s) - s^2 / 2,    rate(s) = sig(pull) writes + answers received,

the mode of a Poisson rate under the scenario's prior (a shrinkage estimate: who has been seen for a week stays near
the prior, who has been seen for a year shows what it is). y counts contributions and T days after the day of joining
(on which all were there), both fading with the half-life `leaving.lapse_days`: who has long fallen silent counts as
silent, whatever it did once.
`pull` is the rule's own, and `writes` what a visitor who finds all that it has attention for would write by the rules
of posting and reading, with the ties, belonging and replies that the log shows; of the messages `received` a day a
member answers a share, `answers`, for which it need not have come.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from sim.compiled.kernel import kernel, left_after, saturated, sig
from sim.logs.log import DAY, OUTSIDE, Log, LogError, moment
from sim.rules.feeling import kept_of
from sim.rules.leaving import stage_of
from sim.rules.posting import addressed, readiness
from sim.rules.visiting import drawn, pull
from sim.scenario import Scenario, validated
from sim.state.members import LONG_AGO, NOBODY, Source
from sim.state.state import NOW
from sim.state.table import given, record
from sim.state.ties import TIE, drop, felt, message, places
from sim.state.values import values

COLD = ("distrust",)  # kinds that count as writing and make nobody closer
EARLIEST = LONG_AGO + 1000  # a log's days before this are taken for this day
REACH = 6.0  # standard deviations: how far an estimate may lie from the prior's mean
KNOWN = (
    "joined", "last_written", "last_visit", "written", "activity", "belonging", "closeness", "called", "stage",
)  # columns of members that a log tells, and that bear the same name  # fmt: skip


class Messages(NamedTuple):
    """The messages before day 0, in order of time; each shape (n_messages,)."""

    day: np.ndarray  # int32, negative, rising
    source: np.ndarray  # int64, row of the founder who wrote
    target: np.ndarray  # int64, row of the founder addressed; equal to source: everybody
    cold: np.ndarray  # int8, 1: makes nobody closer


class Founders(NamedTuple):
    """The founding members as estimated from a log, in order of joining; each shape (n,). Days count from day 0."""

    joined: np.ndarray  # int32, day of the first event with the member
    last_written: np.ndarray  # int32, day, or LONG_AGO
    last_visit: np.ndarray  # int32, day: of the last contribution, else of joining
    written: np.ndarray  # int32, contributions
    activity: np.ndarray  # float64, contributions, fading with feeling.activity_half_life
    heard: np.ndarray  # float64, messages received, fading with feeling.heard_half_life
    belonging: np.ndarray  # float64, 0-1
    closeness: np.ndarray  # float64, sum of strengths of own ties
    called: np.ndarray  # int32, day on which somebody last addressed the member, or LONG_AGO
    stage: np.ndarray  # int8, Stage
    recent: np.ndarray  # float64, contributions after the day of joining, fading with leaving.lapse_days
    exposure: np.ndarray  # float64, days after it, fading alike
    replies: np.ndarray  # float64, messages received after it, fading alike
    drive: np.ndarray  # float64, the estimate for a member whose draws are average
    voice: np.ndarray  # float64, alike


class Owners(NamedTuple):
    """What the rules for ties ask of a member, each shape (n,)."""

    tie_row: np.ndarray  # int32
    tie_count: np.ndarray  # int16
    tie_room: np.ndarray  # int8
    closeness: np.ndarray  # float64, sum of strengths


class Tied(NamedTuple):
    """Founders with their ties, as the rules for ties are given them."""

    members: Owners
    ties: Any  # TIE (rows,)
    now: Any  # NOW


class Surroundings(NamedTuple):
    """Influences on visiting and writing other than a member's traits: numbers, or arrays of shape (n,)."""

    closeness: Any  # sum of strengths of own ties
    belonging: Any  # 0-1
    heard: Any  # messages received, fading
    active: Any  # chance of having written of late
    received: Any  # messages received a day


class Habits(NamedTuple):
    """Influences on visiting and writing that are the same for all members."""

    needs: float  # chance of an open need
    things: float  # that a visitor reads
    answers: float  # to a message received, in one's own thread and in others' alike often
    visiting: Any  # the table [visiting]
    posting: Any  # the table [posting]
    reading: Any  # the table [reading]


@kernel
def settle(state, i, since, until, p):
    """Let the ties of i fade through the days `since` .. `until` - 1 and sum them up, as the rule of feeling does."""
    m, ties, total = state.members, state.ties, 0.0
    for at in range(m.tie_row[i], m.tie_row[i] + m.tie_count[i]):
        strength = ties.strength[at]
        for _ in range(since, until):
            strength *= kept_of(strength, p)
        ties.strength[at] = strength
        total += strength
    m.closeness[i] = total


@kernel
def replay(messages, m, state, values, settled):
    """Let the messages of a log happen, in order (updates `m` and `state`); all is as of the morning of day 0.

    Parameters
    ----------
    m : Founders; state : Tied; values : of the scenario
    settled : int32, shape (n,), day to whose morning a member's ties have faded; EARLIEST or before at first
    """
    p, feeling, lapse = values.ties, values.feeling, values.leaving.lapse_days
    owners, ties = state.members, state.ties
    for e in range(messages.day.size):
        i, j, today = messages.source[e], messages.target[e], messages.day[e]
        m.written[i] += 1
        m.last_written[i] = today
        m.activity[i] += left_after(-today / feeling.activity_half_life)
        if today > m.joined[i]:
            m.recent[i] += left_after(-today / lapse)
        if i == j:
            continue
        if today > m.joined[j]:
            m.replies[j] += left_after(-today / lapse)
        if messages.cold[e]:
            continue
        m.heard[j] += left_after(-today / feeling.heard_half_life)
        m.called[j] = today
        for who in (i, j):
            settle(state, who, settled[who], today, p)
            away = today - max(settled[who], m.joined[who])
            m.belonging[who] *= left_after(away / feeling.belonging_half_life)
            m.belonging[who] += feeling.belonging_exchange * (1.0 - m.belonging[who])
            settled[who] = today
        message(state, i, j, today, p.practical, p)
    for i in range(m.joined.size):
        settle(state, i, settled[i], 0, p)
        m.belonging[i] *= left_after(-max(settled[i], m.joined[i]) / feeling.belonging_half_life)
        at = owners.tie_row[i]
        while at < owners.tie_row[i] + owners.tie_count[i]:
            if ties.strength[at] < p.forgotten_strength and -ties.last[at] > p.forgotten_days:
                drop(owners, ties, i, at)
            else:
                at += 1
    for i in range(m.joined.size):  # while messages went on, each side's ties had faded to another day
        for at in range(owners.tie_row[i], owners.tie_row[i] + owners.tie_count[i]):
            ties.back[at] = felt(owners, ties, ties.partner[at], i)


@kernel
def contributions(drive, voice, around, habits):
    """Contributions a day that the model expects of a member in ordinary times; `around`: Surroundings."""
    visiting, needs = habits.visiting, habits.needs
    own = saturated(around.closeness, visiting.closeness_scale)
    draws = drawn(drive, 0.0, own, around.belonging, needs, 0.5, 0.0, visiting)
    visits = sig(pull(draws, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, visiting))
    away = min(1.0 / visits, float(visiting.longest_away))
    visits = sig(pull(draws, 0.0, 0.0, 0.0, 0.0, 0.0, away, visiting))
    return visits * contributions_of_a_visit(voice, around, habits) + habits.answers * around.received


@kernel
def contributions_of_a_visit(voice, around, habits):
    """Contributions that the model expects of a visitor who finds as much to read as it has attention for."""
    posting, reading, needs = habits.posting, habits.reading, habits.needs
    ready = readiness(addressed(voice, around.heard, 0.0, 0.0, posting), around.active, 0.0, 0.0, 0.0, posting)
    opens = (1.0 - needs) * sig(ready + posting.opening) + needs * sig(ready + posting.asking)
    return opens + habits.things * sig(ready + reading.respond)


@kernel
def score(s, traits, step, seen, around, habits):
    """Log posterior of the standardised place s of a member whose place is 0 at `traits`, drive and voice.

    `step`: change of drive and of voice by one standard deviation; `seen`: contributions and days.
    """
    y, exposure = seen
    rate = contributions(traits[0] + s * step[0], traits[1] + s * step[1], around, habits)
    return y * math.log(rate) - exposure * rate - 0.5 * s * s


@kernel
def likeliest(traits, step, seen, around, habits):
    """The place of the largest score: the best of a coarse grid, then golden sections around it."""
    golden = 0.5 * (math.sqrt(5.0) - 1.0)
    best, top = 0.0, -math.inf
    for k in range(-24, 25):
        s = REACH * k / 24.0
        height = score(s, traits, step, seen, around, habits)
        if height > top:
            best, top = s, height
    low, high = best - REACH / 24.0, best + REACH / 24.0
    for _ in range(24):
        a, b = high - golden * (high - low), low + golden * (high - low)
        if score(a, traits, step, seen, around, habits) > score(b, traits, step, seen, around, habits):
            high = b
        else:
            low = a
    return 0.5 * (low + high)


@kernel
def estimate(drive, voice, step, m, around, habits):
    """Move each member (`drive`, `voice`: at its place 0; both updated) to the mode of its posterior; m: Founders."""
    for i in range(drive.size):
        one = Surroundings(
            around.closeness[i], around.belonging[i], around.heard[i], around.active[i], around.received[i]
        )
        place = likeliest((drive[i], voice[i]), step, (m.recent[i], m.exposure[i]), one, habits)
        drive[i] += place * step[0]
        voice[i] += place * step[1]


def habits_of(scenario: Scenario) -> Habits:
    """The influences on visiting and writing that all members of a scenario share, in ordinary times."""
    numbers, needing, p = values(scenario), scenario.needing, scenario.conversing
    needs = 1.0 - math.exp(-needing.rate * needing.patience)
    answers = 0.5 * (sig(p.back) + sig(p.back + p.back_opener))
    things = float(scenario.attention.things)
    return Habits(needs, things, answers, numbers.visiting, numbers.posting, numbers.reading)


@dataclass(frozen=True, eq=False)
class Founding:
    """The founding members and their ties, estimated from a log."""

    epoch: float  # the moment of day 0, seconds since 1970
    ids: np.ndarray  # int64 (n,), the members' numbers in the log
    members: Founders  # shape (n,)
    slots: int  # ties that a founder can hold
    ties: np.ndarray  # TIE (tie_rows,)
    tie_row: np.ndarray  # int32 (n,), the first place of each founder's ties; -1: none
    tie_count: np.ndarray  # int16 (n,), how many it holds
    tie_room: np.ndarray  # int8 (n,), places that it has for them

    def traits(self, drive: np.ndarray, voice: np.ndarray, scenario: Scenario) -> tuple[np.ndarray, np.ndarray]:
        """Drive and voice of the founders, given what was drawn for them.

        Only the part of the draw that changes the rate of contributions is replaced; visitors who seldom write and
        rare visitors who always write remain as different as they were drawn.
        """
        prior, m = scenario.members, self.members
        tied = prior.drive_voice_correlation
        rest = math.sqrt(1.0 - tied * tied)
        # How log rate answers to the two standard normals behind drive and voice, at the prior's mean.
        by_drive = (1.0 - sig(prior.drive_mean)) * prior.drive_sd
        by_voice = (1.0 - sig(prior.voice_mean)) * prior.voice_sd
        slope = np.array([by_drive + tied * by_voice, rest * by_voice])
        size = math.hypot(*slope)
        if size == 0.0:  # no spread, nothing to move
            return drive.copy(), voice.copy()
        first, second = slope / size
        step = prior.drive_sd * first, prior.voice_sd * (tied * first + rest * second)
        z = _standard(drive, prior.drive_mean, prior.drive_sd)
        w = _standard(voice, prior.voice_mean, prior.voice_sd) - tied * z
        w = w / rest if rest > 0.0 else np.zeros_like(w)
        place = z * first + w * second
        moved_drive, moved_voice = drive - place * step[0], voice - place * step[1]
        habits, days = habits_of(scenario), np.maximum(m.exposure, 1.0)
        active = 1.0 - np.exp(-scenario.posting.active_days * m.recent / days)
        received = m.replies / days
        heard = received * scenario.feeling.heard_half_life / math.log(2.0)
        around = Surroundings(m.closeness, m.belonging, heard, active, received)
        estimate(moved_drive, moved_voice, step, m, around, habits)
        return moved_drive, moved_voice

    def apply(self, community: Any) -> None:
        """Write the founders and their ties over what was drawn for a community that has just been founded.

        Its `epoch` becomes the moment of day 0, from which its own event log goes on.

        Raises
        ------
        LogError : if the community has another number of members or of tie slots
        """
        m, tables = community.members.view, community.tables
        ours, theirs = (len(self.ids), self.slots), (community.members.n, community.scenario.ties.slots)
        if ours != theirs:
            raise LogError(
                f"the log has {ours[0]:,} founders with {ours[1]} tie slots, the community {theirs[0]:,} with "
                f"{theirs[1]}; found it with the scenario of `from_log`"
            )
        community.epoch = self.epoch
        m.drive[:], m.voice[:] = self.traits(m.drive, m.voice, community.scenario)
        for name in KNOWN:
            getattr(m, name)[:] = getattr(self.members, name)
        m.heard_member[:] = self.members.heard
        m.source[:] = Source.FOUNDER
        m.tie_row[:], m.tie_count[:], m.tie_room[:] = self.tie_row, self.tie_count, self.tie_room
        tables.now.tie_rows = len(self.ties)
        tables.ties[:] = self.ties


def _standard(value: np.ndarray, mean: float, sd: float) -> np.ndarray:
    """How many standard deviations from the mean; 0 where there is no spread."""
    return (value - mean) / sd if sd > 0.0 else np.zeros_like(value)


def middle(log: Log) -> float:
    """The first midnight (UTC) after which half of a log's life lies, or the very middle of a log of few days."""
    half = 0.5 * (log.time[0] + log.time[-1])
    midnight = math.floor(half / DAY) * DAY
    return midnight if midnight > log.time[0] else half


def from_log(log: Log, at: float | str | date | None, scenario: Scenario) -> tuple[Scenario, Founding]:
    """Found a community from a log, as it was at a moment.

    Parameters
    ----------
    log : of a real community, or of a run
    at : the moment of day 0: a date, an ISO text or seconds since 1970; None: the middle of the log's life
    scenario : what is assumed about the members, their ties and the company

    Returns
    -------
    scenario : the same with `community.members` set to the number of founders
    founding : what the log says of them; `founding.apply(community)` once the community is made

    Raises
    ------
    LogError : if the moment lies outside of the log, or fewer than two members were there
    """
    log = log.only(~log.is_of(OUTSIDE))
    if not len(log):
        raise LogError(f"{log.name}: has no messages to found a community from")
    epoch = middle(log) if at is None else moment(at)
    if not log.time[0] < epoch <= log.time[-1] + DAY:
        raise LogError(
            f"{log.name}: date {'its middle' if at is None else f'`{at}`'}: lies outside of the log; it is a day after "
            f"{log.first_day} and no later than {log.last_day}"
        )
    past = log.before(epoch)
    both = np.stack([past.source, past.target], axis=1).ravel()
    ids, first, rows = np.unique(both, return_index=True, return_inverse=True)
    if ids.size < 2:
        raise LogError(f"{log.name}: only {ids.size} member before {log.first_day if at is None else at}; at least 2")
    order = np.lexsort((ids, first // 2))  # who comes with one message: by number
    source, target = np.argsort(order)[rows].reshape(-1, 2).T.copy()
    day = np.maximum(np.floor((past.time - epoch) / DAY), EARLIEST).astype(np.int32)
    resolved = scenario.resolved()
    resolved["community"]["members"] = int(ids.size)
    changed = validated(
        resolved, {**scenario.origins, "community.members": log.name}, scenario.path, rules=scenario.rules
    )
    members, tied = _replayed(
        Messages(day, source, target, past.is_of(COLD).astype(np.int8)), day[first[order] // 2], changed
    )
    slots, ties, owners = scenario.ties.slots, tied.ties[: tied.now.tie_rows], tied.members
    founding = Founding(epoch, ids[order], members, slots, ties, owners.tie_row, owners.tie_count, owners.tie_room)
    members.drive[:], members.voice[:] = founding.traits(members.drive, members.voice, changed)
    return changed, founding


def _replayed(messages: Messages, joined: np.ndarray, scenario: Scenario) -> tuple[Founders, Tied]:
    """The founders and their ties after all messages, drive and voice at the prior's means.

    joined : int32, shape (n,), day of each founder's first event
    """
    n, prior, numbers = joined.size, scenario.members, values(scenario)
    owners = Owners(np.full(n, NOBODY, np.int32), np.zeros(n, np.int16), np.zeros(n, np.int8), np.zeros(n))
    ties = np.zeros(n * places(scenario.ties.slots), TIE)
    nothing = {name: np.zeros(n) for name in ("activity", "heard", "recent", "replies")}
    never = {name: np.full(n, LONG_AGO, np.int32) for name in ("last_written", "last_visit", "called")}
    remaining = left_after(1.0 / scenario.leaving.lapse_days)
    m = Founders(
        **nothing,
        **never,
        joined=joined,
        closeness=owners.closeness,
        written=np.zeros(n, np.int32),
        belonging=np.full(n, prior.belonging),
        stage=np.zeros(n, np.int8),
        exposure=remaining * (1.0 - remaining ** (-1.0 - joined)) / (1.0 - remaining),
        drive=np.full(n, prior.drive_mean),
        voice=np.full(n, prior.voice_mean),
    )
    tied = Tied(owners, ties, record(NOW))
    replay(messages, m, tied._replace(ties=given(ties)), numbers, joined.copy())
    m.last_visit[:] = np.maximum(joined, m.last_written)
    new = -joined <= scenario.reading.newcomer_days
    of_members = zip(-m.last_visit, m.written, new, m.closeness, strict=True)
    m.stage[:] = [stage_of(*member, numbers.leaving) for member in of_members]
    return m, tied
