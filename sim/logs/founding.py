"""Founding a community from the log of a real one, at a day of its life (ODD, 5 Initialisation and 6 Input data).

Whoever wrote or was addressed before that day is a founding member; the day is day 0. The log is replayed through
the model's own rules for ties and their fading, so that ties, memories and belonging are what the model would have
made of these messages. What a log does not tell (topics, skills, manners, trust, visits without a word) stays as
drawn, and a member's last visit is taken to be its last contribution.

Drive and voice are estimated so that the busy stay busy. With s the standardised direction in which drive and voice
together change a member's rate of contributions most, and what lies across it kept as drawn,

    s = argmax  y log(rate(s)) - T rate(s) - s^2 / 2,    rate(s) = sig(pull) sig(urge) turns,

the mode of a Poisson rate under the scenario's prior (a shrinkage estimate: who has been seen for a week stays near
the prior, who has been seen for a year shows what it is). y counts contributions and T days after the day of joining
(on which all were there), both fading with the half-life `leaving.lapse_days`: who has long fallen silent counts as
silent, whatever it did once.
`pull` and `urge` are the rules' own, with the ties, belonging and replies that the log shows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np

from sim.kernel import kernel, left_after, saturated, sig
from sim.logs.log import DAY, OUTSIDE, Log, LogError, moment
from sim.members import LONG_AGO, NOBODY, Source
from sim.rules.feeling import kept_of
from sim.rules.leaving import stage_of
from sim.rules.posting import urge
from sim.rules.visiting import pull
from sim.scenario import Scenario, validated
from sim.ties import Ties, TieSlots, drop, message

COLD = ("distrust",)  # kinds that count as writing and make nobody closer
EARLIEST = LONG_AGO + 1000  # a log's days before this are taken for this day
REACH = 6.0  # standard deviations: how far an estimate may lie from the prior's mean


class Felt(NamedTuple):
    """The member columns that the replay fills, each shape (n,)."""

    joined: np.ndarray  # int32, day
    last_written: np.ndarray  # int32, day, or LONG_AGO
    written: np.ndarray  # int32, contributions
    activity: np.ndarray  # float64, contributions, fading with feeling.activity_half_life
    heard: np.ndarray  # float64, messages received, fading with feeling.heard_half_life
    closeness: np.ndarray  # float64, sum of strengths of own ties
    belonging: np.ndarray  # float64, 0-1
    caller: np.ndarray  # int32, row of who addressed the member last, or NOBODY
    called: np.ndarray  # int32, day of that, or LONG_AGO
    recent: np.ndarray  # float64, contributions after the day of joining, fading with leaving.lapse_days
    replies: np.ndarray  # float64, messages received after it, fading alike


class Fading(NamedTuple):
    """Half-lives in days and steps that the replay uses, from the tables `feeling`, `leaving` and `members`."""

    activity: float
    heard: float
    recent: float
    belonging: float
    exchange: float
    start: float


@kernel
def settle(i, since, until, m, ties, p):
    """Let the ties of i fade through the days `since` .. `until` - 1 and sum them up, as the rule of feeling does."""
    total = 0.0
    for k in range(ties.count[i]):
        strength = ties.strength[i, k]
        for _ in range(since, until):
            strength *= kept_of(strength, p)
        ties.strength[i, k] = strength
        total += strength
    m.closeness[i] = total


@kernel
def replay(day, source, target, cold, m, ties, p, depth, fading, settled):
    """Let the messages of a log happen, in order (updates `m` and `ties`); all is as of the morning of day 0.

    Parameters
    ----------
    day : int32, shape (n_events,), negative, rising; source, target : rows; cold : bool, makes nobody closer
    p : the table [ties]; depth : of every message
    settled : int32, shape (n,), day to whose morning a member's ties have faded; EARLIEST or before at first
    """
    for e in range(day.size):
        i, j, today = source[e], target[e], day[e]
        m.written[i] += 1
        m.last_written[i] = today
        m.activity[i] += left_after(-today / fading.activity)
        if today > m.joined[i]:
            m.recent[i] += left_after(-today / fading.recent)
        if i == j:
            continue
        if today > m.joined[j]:
            m.replies[j] += left_after(-today / fading.recent)
        if cold[e]:
            continue
        m.heard[j] += left_after(-today / fading.heard)
        m.caller[j] = i
        m.called[j] = today
        for who in (i, j):
            settle(who, settled[who], today, m, ties, p)
            away = today - max(settled[who], m.joined[who])
            m.belonging[who] *= left_after(away / fading.belonging)
            m.belonging[who] += fading.exchange * (1.0 - m.belonging[who])
            settled[who] = today
        message(ties, m.closeness, i, j, today, depth, p)
    for i in range(m.joined.size):
        settle(i, settled[i], 0, m, ties, p)
        m.belonging[i] *= left_after(-max(settled[i], m.joined[i]) / fading.belonging)
        k = 0
        while k < ties.count[i]:
            if ties.strength[i, k] < p.forgotten_strength and -ties.last[i, k] > p.forgotten_days:
                drop(ties, m.closeness, i, k)
            else:
                k += 1


@kernel
def contributions(drive, voice, closeness, belonging, heard, active, needs, turns, visiting, posting):
    """Contributions a day that the model expects of a member in ordinary times; `needs`: chance of an open need."""
    own = saturated(closeness, visiting.closeness_scale)
    visits = sig(pull(drive, 0.0, own, belonging, needs, 0.5, 0.0, 0.0, 0.0, 0.0, 1.0, visiting))
    away = min(1.0 / visits, 3650.0)
    visits = sig(pull(drive, 0.0, own, belonging, needs, 0.5, 0.0, 0.0, 0.0, 0.0, away, visiting))
    return visits * sig(urge(voice, 0.0, heard, active, 0.0, needs, 0.0, 0.0, posting)) * turns


@kernel
def score(
    s, drive, voice, along, across, y, exposure, closeness, belonging, heard, active, needs, turns, visiting, posting
):
    """Log posterior of the standardised place s of a member whose place is 0 at (drive, voice)."""
    d, v = drive + s * along, voice + s * across
    rate = contributions(d, v, closeness, belonging, heard, active, needs, turns, visiting, posting)
    return y * math.log(rate) - exposure * rate - 0.5 * s * s


@kernel
def estimate(
    drive, voice, along, across, y, exposure, closeness, belonging, heard, active, needs, turns, visiting, posting
):
    """Move each member (`drive`, `voice`: at its place 0; both updated) to the mode of its posterior.

    `along`, `across`: change of drive and of voice by one standard deviation. The best of a coarse grid, then golden
    sections around it.
    """
    golden = 0.5 * (math.sqrt(5.0) - 1.0)
    for i in range(drive.size):
        best, top = 0.0, -math.inf
        for step in range(-24, 25):
            s = REACH * step / 24.0
            found = score(s, drive[i], voice[i], along, across, y[i], exposure[i], closeness[i], belonging[i],
                          heard[i], active[i], needs, turns, visiting, posting)  # fmt: skip
            if found > top:
                best, top = s, found
        low, high = best - REACH / 24.0, best + REACH / 24.0
        for _ in range(24):
            a, b = high - golden * (high - low), low + golden * (high - low)
            at_a = score(a, drive[i], voice[i], along, across, y[i], exposure[i], closeness[i], belonging[i],
                         heard[i], active[i], needs, turns, visiting, posting)  # fmt: skip
            at_b = score(b, drive[i], voice[i], along, across, y[i], exposure[i], closeness[i], belonging[i],
                         heard[i], active[i], needs, turns, visiting, posting)  # fmt: skip
            if at_a > at_b:
                high = b
            else:
                low = a
        best = 0.5 * (low + high)
        drive[i] += best * along
        voice[i] += best * across


@dataclass(frozen=True, eq=False)
class Founding:
    """What a log says of the founding members; row i is founder i, in order of joining. Days count from day 0."""

    epoch: float  # the moment of day 0, seconds since 1970
    ids: np.ndarray  # int64 (n,), the member's number in the log
    joined: np.ndarray  # int32 (n,), day of the first event with the member
    last_written: np.ndarray  # int32 (n,), day, or LONG_AGO
    last_visit: np.ndarray  # int32 (n,), day: of the last contribution, else of joining
    written: np.ndarray  # int32 (n,), contributions
    activity: np.ndarray  # float64 (n,), contributions, fading with feeling.activity_half_life
    heard: np.ndarray  # float64 (n,), messages received, fading with feeling.heard_half_life
    belonging: np.ndarray  # float64 (n,), 0-1
    closeness: np.ndarray  # float64 (n,), sum of own strengths
    caller: np.ndarray  # int32 (n,), row of who addressed the member last, or NOBODY
    called: np.ndarray  # int32 (n,), day of that, or LONG_AGO
    stage: np.ndarray  # int8 (n,), Stage
    recent: np.ndarray  # float64 (n,), contributions after the day of joining, fading with leaving.lapse_days
    exposure: np.ndarray  # float64 (n,), days after it, fading alike
    replies: np.ndarray  # float64 (n,), messages received after it, fading alike
    drive: np.ndarray  # float64 (n,), the estimate for a member whose draws are average
    voice: np.ndarray  # float64 (n,), alike
    ties: Ties  # shape (n, slots)

    def __len__(self) -> int:
        return self.joined.size

    def traits(self, drive: np.ndarray, voice: np.ndarray, scenario: Any) -> tuple[np.ndarray, np.ndarray]:
        """Drive and voice of the founders, given what was drawn for them.

        Only the part of the draw that changes the rate of contributions is replaced; visitors who seldom write and
        rare visitors who always write remain as different as they were drawn.
        """
        prior, posting, visiting = scenario.values("members"), scenario.values("posting"), scenario.values("visiting")
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
        along, across = prior.drive_sd * first, prior.voice_sd * (tied * first + rest * second)
        z = _standard(drive, prior.drive_mean, prior.drive_sd)
        w = _standard(voice, prior.voice_mean, prior.voice_sd) - tied * z
        w = w / rest if rest > 0.0 else np.zeros_like(w)
        drawn = z * first + w * second
        moved_drive, moved_voice = drive - drawn * along, voice - drawn * across
        turns = posting.most if posting.more == 1.0 else (1.0 - posting.more**posting.most) / (1.0 - posting.more)
        days = np.maximum(self.exposure, 1.0)
        needs = 1.0 - math.exp(-scenario.needing.rate * scenario.needing.patience)
        active = 1.0 - np.exp(-scenario.posting.active_days * self.recent / days / turns)
        heard = self.replies / days * scenario.feeling.heard_half_life / math.log(2.0)
        estimate(moved_drive, moved_voice, along, across, self.recent, self.exposure, self.closeness, self.belonging,
                 heard, active, needs, turns, visiting, posting)  # fmt: skip
        return moved_drive, moved_voice

    def apply(self, community: Any) -> None:
        """Write the founders and their ties over what was drawn for a community that has just been founded.

        Its `epoch` becomes the moment of day 0, from which its own event log goes on.

        Raises
        ------
        LogError : if the community has another number of members or of tie slots
        """
        m, ties, n = community.members.view, community.ties.view, len(self)
        if community.members.n != n or ties.partner.shape[1] != self.ties.partner.shape[1]:
            raise LogError(
                f"the log has {n:,} founders with {self.ties.partner.shape[1]} tie slots, the community "
                f"{community.members.n:,} with {ties.partner.shape[1]}; found it with the scenario of `from_log`"
            )
        community.epoch = self.epoch
        m.drive[:], m.voice[:] = self.traits(m.drive, m.voice, community.scenario)
        for name in ("joined", "last_written", "last_visit", "written", "activity", "belonging", "closeness",
                     "caller", "called", "stage"):  # fmt: skip
            getattr(m, name)[:] = getattr(self, name)
        m.heard_member[:] = self.heard
        m.source[:] = Source.FOUNDER
        for drawn, known in zip(ties, self.ties, strict=True):
            drawn[:] = known


def _standard(value: np.ndarray, mean: float, sd: float) -> np.ndarray:
    """How many standard deviations from the mean; 0 where there is no spread."""
    return (value - mean) / sd if sd > 0.0 else np.zeros_like(value)


def middle(log: Log) -> float:
    """The first midnight (UTC) after which half of a log's life lies, or the very middle of a log of few days."""
    half = 0.5 * (log.time[0] + log.time[-1])
    midnight = math.floor(half / DAY) * DAY
    return midnight if midnight > log.time[0] else half


def from_log(log: Log, at: Any, scenario: Scenario) -> tuple[Scenario, Founding]:
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
    kept = ~np.isin(log.kind, [place for place, name in enumerate(log.kinds) if name in OUTSIDE])
    if not kept.any():
        raise LogError(f"{log.name}: has no messages to found a community from")
    log = Log(log.time[kept], log.source[kept], log.target[kept], log.kind[kept], log.kinds, log.name)
    epoch = middle(log) if at is None else moment(at)
    if not log.time[0] < epoch <= log.time[-1] + DAY:
        said = "its middle" if at is None else f"`{at}`"
        raise LogError(
            f"{log.name}: date {said}: lies outside of the log; it is a day after {log.first_day} "
            f"and no later than {log.last_day}"
        )
    past = log.before(epoch)
    ids, rows = np.unique(np.concatenate([past.source, past.target]), return_inverse=True)
    if ids.size < 2:
        raise LogError(f"{log.name}: only {ids.size} member before {log.first_day if at is None else at}; at least 2")
    first = np.full(ids.size, len(past))
    np.minimum.at(first, rows, np.tile(np.arange(len(past)), 2))
    order = np.lexsort((ids, first))
    place = np.empty(ids.size, np.int64)
    place[order] = np.arange(ids.size)
    source, target = place[rows[: len(past)]], place[rows[len(past) :]]
    day = np.maximum(np.floor((past.time - epoch) / DAY), EARLIEST).astype(np.int32)
    resolved = scenario.resolved()
    resolved["community"]["members"] = int(ids.size)
    changed = validated(resolved, {**scenario.origins, "community.members": log.name}, scenario.path)
    cold = np.isin(past.kind, [place for place, name in enumerate(past.kinds) if name in COLD])
    return changed, _found(epoch, ids[order], day[first[order]], day, source, target, cold, changed)


def _found(
    epoch: float, ids: np.ndarray, joined: np.ndarray, day: np.ndarray, source: np.ndarray, target: np.ndarray,
    cold: np.ndarray, scenario: Scenario,
) -> Founding:  # fmt: skip
    """Replay the events into the columns of a founding."""
    n, feeling, leaving, p = ids.size, scenario.feeling, scenario.values("leaving"), scenario.values("ties")
    zeros = {name: np.zeros(n) for name in ("activity", "heard", "closeness", "recent", "replies")}
    felt = Felt(
        joined=joined,
        last_written=np.full(n, LONG_AGO, np.int32),
        written=np.zeros(n, np.int32),
        belonging=np.full(n, scenario.members.belonging),
        caller=np.full(n, NOBODY, np.int32),
        called=np.full(n, LONG_AGO, np.int32),
        **zeros,
    )
    slots = TieSlots(p.slots, n)
    slots.add(n)
    fading = Fading(
        feeling.activity_half_life,
        feeling.heard_half_life,
        float(leaving.lapse_days),
        feeling.belonging_half_life,
        feeling.belonging_exchange,
        scenario.members.belonging,
    )
    replay(day, source, target, cold, felt, slots.view, p, p.practical, fading, joined.copy())
    kept = left_after(1.0 / leaving.lapse_days)
    last_visit = np.maximum(joined, felt.last_written)
    newcomer_days = scenario.reading.newcomer_days
    stage = [
        stage_of(0, *row, newcomer_days, leaving)
        for row in zip(joined, last_visit, felt.written, felt.closeness, strict=True)
    ]
    known = {field.name: getattr(felt, field.name) for field in fields(Founding) if field.name in Felt._fields}
    founding = Founding(
        **known,
        epoch=epoch,
        ids=ids,
        last_visit=last_visit,
        stage=np.array(stage, np.int8),
        exposure=kept * (1.0 - kept ** (-1.0 - joined)) / (1.0 - kept),
        drive=np.full(n, scenario.members.drive_mean),
        voice=np.full(n, scenario.members.voice_mean),
        ties=slots.view,
    )
    drive, voice = founding.traits(founding.drive, founding.voice, scenario)
    founding.drive[:], founding.voice[:] = drive, voice
    return founding
