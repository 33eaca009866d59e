"""Founding from a real log (ODD 5.2)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import SimpleNamespace

from tests.reference.evening import set_stage
from tests.reference.helpers import LN2, half, sig
from tests.reference.member import Member

DAY = 86_400.0
EARLIEST = -9000
SIDE, REACH, SECTIONS = 24, 6.0, 24
GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


@dataclass
class Known:
    """What a log says of a founder beyond its columns."""

    settled: int
    recent: float = 0.0
    replies: float = 0.0


def before(log, at: float | None) -> tuple[float, list[tuple]]:
    """The moment of day 0, and the events before it: (source, target, day, kind), ids as in the log."""
    kinds = [log.kinds[k] for k in log.kind]
    events = [e for e in zip(log.time.tolist(), log.source.tolist(), log.target.tolist(), kinds, strict=True)
              if e[3] != "accept"]  # fmt: skip
    if at is None:
        first, last = events[0][0], events[-1][0]
        at = middle = (first + last) / 2.0
        midnight = middle // DAY * DAY
        if midnight > first:
            at = midnight
    earlier = [(i, j, max(math.floor((time - at) / DAY), EARLIEST), kind) for time, i, j, kind in events if time < at]
    return at, earlier


def people(events: list[tuple]) -> dict[int, int]:
    """The row of each id: in the order of their first event, then of their id."""
    rows: dict[int, int] = {}
    for source, target, *_ in events:
        for who in sorted({source, target}):
            rows.setdefault(who, len(rows))
    return rows


def replay(model, events: list[tuple], rows: dict[int, int]):
    """Let the messages of the log happen to the founders, and estimate what they tell of drive and voice."""
    p, members = model.p, model.members
    joined: dict[int, int] = {}
    for source, target, day, _ in events:
        for who in (source, target):
            joined.setdefault(who, day)
    for who, row in rows.items():
        members[row].joined = joined[who]
    known = [Known(member.joined) for member in members]
    for source, target, day, kind in events:
        model.day = day
        i, j = members[rows[source]], members[rows[target]]
        write(i, j, known)
        if i is j or kind == "distrust":
            continue
        j.heard_member += half(-day / p.feeling.heard_half_life)
        j.called = day
        for who in (i, j):
            settle(who, known[who.row], day)
            who.belong()
        i.message(j, p.ties.practical)
    model.day = 0
    for member in members:
        settle(member, known[member.row], 0)
        forget(member)
        member.last_visit = max(member.joined, member.last_written)
        set_stage(member)
        estimate(member, known[member.row])


def write(i: Member, j: Member, known: list[Known]):
    """A contribution of i, to j or to everybody."""
    p, day = i.model.p, i.model.day
    i.written += 1
    i.last_written = day
    i.activity += half(-day / p.feeling.activity_half_life)
    if day > i.joined:
        known[i.row].recent += half(-day / p.leaving.lapse_days)
    if i is not j and day > j.joined:
        known[j.row].replies += half(-day / p.leaving.lapse_days)


def settle(member: Member, known: Known, day: int):
    """Ties and belonging fade to the morning of a day."""
    p = member.model.p
    member.closeness = 0.0
    for tie in member.ties:
        for _ in range(known.settled, day):
            tie.strength *= member.kept(tie.strength)
        member.closeness += tie.strength
    member.belonging *= half((day - known.settled) / p.feeling.belonging_half_life)
    known.settled = max(day, known.settled)


def forget(member: Member):
    """Weak and silent ties fall."""
    t, k = member.model.p.ties, 0
    while k < len(member.ties):
        tie = member.ties[k]
        if tie.strength < t.forgotten_strength and -tie.last > t.forgotten_days:
            member.drop(k)
        else:
            k += 1


# Drive and voice


def estimate(member: Member, known: Known):
    """Move drive and voice to the mode of what the log says of the rate of contributions."""
    p, m = member.model.p, member.model.p.members
    c = m.drive_voice_correlation
    r = math.sqrt(1.0 - c * c)
    z, v = standard(member.drive, m.drive_mean, m.drive_sd), standard(member.voice, m.voice_mean, m.voice_sd)
    w = standard(v, c * z, r)
    g_d, g_v = (1.0 - sig(m.drive_mean)) * m.drive_sd, (1.0 - sig(m.voice_mean)) * m.voice_sd
    a, b = g_d + c * g_v, r * g_v
    length = math.hypot(a, b)
    if length == 0.0:
        return
    a, b = a / length, b / length
    along, across = m.drive_sd * a, m.voice_sd * (c * a + r * b)
    s0 = z * a + w * b
    drive, voice = member.drive - s0 * along, member.voice - s0 * across
    k = half(1.0 / p.leaving.lapse_days)
    days = k * (1.0 - k ** (-1 - member.joined)) / (1.0 - k)
    around = surroundings(member, known, days)

    def score(s: float) -> float:
        expected = rate(member, drive + s * along, voice + s * across, around)
        return known.recent * math.log(expected) - days * expected - s * s / 2.0

    s = likeliest(score)
    member.drive, member.voice = drive + s * along, voice + s * across


def standard(value: float, mean: float, sd: float) -> float:
    """How many standard deviations from the mean; 0 where there is no spread."""
    return (value - mean) / sd if sd > 0.0 else 0.0


def surroundings(member: Member, known: Known, days: float) -> SimpleNamespace:
    """What moves a founder to visit and to write beside its traits."""
    p = member.model.p
    span = max(days, 1.0)
    return SimpleNamespace(
        needs=1.0 - math.exp(-p.needing.rate * p.needing.patience),
        received=known.replies / span,
        heard=known.replies / span * p.feeling.heard_half_life / LN2,
        active=1.0 - math.exp(-p.posting.active_days * known.recent / span),
    )


def rate(member: Member, drive: float, voice: float, around: SimpleNamespace) -> float:
    """Contributions a day that are expected of a founder with these traits."""
    p, v, g = member.model.p, member.model.p.visiting, member.model.p.posting

    def visits(away: float) -> float:
        return sig(
            drive
            + v.closeness * member.own()
            + v.belonging * member.belonging
            + v.need * around.needs
            - v.silence * math.log(1.0 + away / v.silence_days)
        )

    visiting = visits(min(1.0 / visits(1.0), p.visiting.longest_away))
    ready = voice + g.heard * (1.0 - math.exp(-around.heard / g.heard_enough)) + g.active * around.active
    writing = (
        (1.0 - around.needs) * sig(ready + g.opening)
        + around.needs * sig(ready + g.asking)
        + p.attention.things * sig(ready + p.reading.respond)
    )
    answers = 0.5 * (sig(p.conversing.back) + sig(p.conversing.back + p.conversing.back_opener))
    return visiting * writing + answers * around.received


def likeliest(score) -> float:
    """The place of the largest score: the best of a grid, then golden sections around it."""
    grid = [REACH * k / SIDE for k in range(-SIDE, SIDE + 1)]
    best = max(grid, key=score)
    low, high = best - REACH / SIDE, best + REACH / SIDE
    for _ in range(SECTIONS):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        if score(left) > score(right):
            high = right
        else:
            low = left
    return (low + high) / 2.0
