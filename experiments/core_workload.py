"""The common core: what every community model does all day, small enough to be written again in C and plain Mesa.

N members with 16 tie slots each. A day: each member is active by chance (16 % on average); who is active meets one
partner, with 70 % a tied one; both strengthen the tie (a new one takes a free slot or the weakest tie's) and both
are more satisfied; then everything fades, and three totals are recorded. Ours runs on `sim.ties`, `sim.draws` and
`sim.lanes` as the model does. `STEPS` are the same day written step by step from a plain loop to ours, to show what
each step buys; the C and all of them must end with the same bits.
"""

from __future__ import annotations

import ctypes
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np
from sim.lanes import LINE, fetch, fetch_row

from sim.compiled.draws import day_key, uniform, uniform_of_each
from sim.state.ties import place

SLOTS, DAYS = 16, 60
TIED, GAIN, CONTENT = 0.7, 0.1, 0.05  # chance to meet a tied one; what a meeting adds to a tie and to satisfaction
KEPT, FORGOTTEN, KEPT_CONTENT, STRONG = 0.99, 0.01, 0.995, 0.5
BLOCK = 1024  # items that fit into the nearest cache
AHEAD = 16  # meetings between the fetching of a partner and the meeting
COMPILER = ("-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC")  # no fused rounding: the same bits


class State(NamedTuple):
    """Members and their ties; slots 0 .. count - 1 of a row are in use, the others hold -1 and 0."""

    activity: np.ndarray  # float64 (n,), chance to be active on a day
    content: np.ndarray  # float64 (n,), satisfaction, 0-1
    partner: np.ndarray  # int32 (n, SLOTS)
    strength: np.ndarray  # float64 (n, SLOTS)
    count: np.ndarray  # type: ignore[assignment]  # int16 (n,)


def start(n: int, seed: int) -> State:
    """`n` members without ties; their activities belong to the seed in every language."""
    activity = np.minimum(1.0, np.exp(-2.3 + np.random.default_rng([seed, 777]).standard_normal(n)))
    return State(
        activity,
        np.full(n, 0.5),
        on_lines((n, SLOTS), np.int32, -1),
        on_lines((n, SLOTS), np.float64, 0.0),
        np.zeros(n, np.int16),
    )


def on_lines(shape: tuple[int, int], dtype: Any, value: float) -> np.ndarray:
    """An array full of `value` whose first item begins a line of the cache, so that no row lies on one more line."""
    size = shape[0] * shape[1] * np.dtype(dtype).itemsize
    room = np.empty(size + LINE, np.uint8)
    begin = -room.ctypes.data % LINE
    rows = room[begin : begin + size].view(dtype).reshape(shape)
    rows[:] = value
    return rows


def same(one: State, other: State) -> bool:
    """Whether two states are equal bit for bit."""
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


# Ours, and the steps that lead to it

HOW: Any = {"error_model": "numpy", "_nrt": False}  # as `sim.kernel.kernel`, not kept on disk
compiled = numba.njit(**HOW)


@compiled
def place_by_loop(s, i, j):
    """As `sim.ties.place`, slot by slot."""
    used = np.int64(s.count[i])
    for k in range(used):
        if s.partner[i, k] == j:
            return k, True
    if used < s.partner.shape[1]:
        return used, False
    k = 0
    for other in range(1, s.partner.shape[1]):
        if s.strength[i, other] < s.strength[i, k]:
            k = other
    return k, False


@compiled
def partner_of(s, i, tie, which):
    """Whom i meets, by two draws."""
    n = s.count.size
    other = int(which * (n - 1))
    other = other + 1 if other >= i else other
    tied = np.int64(s.partner[i, int(which * s.count[i])])
    return tied if s.count[i] > 0 and tie < TIED else other


@compiled
def forget(s, i):
    """Empty the slots of i that hold next to nothing; the last in use moves into the place."""
    k = 0
    while k < s.count[i]:
        if s.strength[i, k] >= FORGOTTEN:
            k += 1
            continue
        end = s.count[i] - 1
        s.partner[i, k], s.strength[i, k] = s.partner[i, end], s.strength[i, end]
        s.partner[i, end], s.strength[i, end] = -1, 0.0
        s.count[i] = end


@compiled
def fade_by_row(s, totals):
    """Let everything fade, member by member and slot by slot."""
    total = content = 0.0
    strong = 0
    for i in range(s.count.size):
        for k in range(s.count[i]):
            s.strength[i, k] *= KEPT
        forget(s, i)
        for k in range(s.count[i]):
            total += s.strength[i, k]
            strong += s.strength[i, k] > STRONG
        s.content[i] *= KEPT_CONTENT
        content += s.content[i]
    totals[0], totals[1], totals[2] = total / s.count.size, strong, content / s.count.size


@compiled
def fade_block(block, kept):
    """Let a block of numbers fade; how many are strong, and how many are next to nothing."""
    strong = weak = 0
    for k in range(block.size):
        faded = block[k] * kept
        block[k] = faded
        strong += faded > STRONG
        weak += (faded < FORGOTTEN) & (faded > 0.0)
    return strong, weak


@compiled
def total_of(block):
    """The sum of a block, in four running sums, as additions wait for each other."""
    a = b = c = d = 0.0
    whole = block.size - block.size % 4
    for k in range(0, whole, 4):
        a, b, c, d = a + block[k], b + block[k + 1], c + block[k + 2], d + block[k + 3]
    for k in range(whole, block.size):
        a += block[k]
    return (a + b) + (c + d)


@compiled
def fade_by_block(s, totals):
    """Let everything fade, in whole blocks of columns."""
    n, slots = s.strength.shape
    flat = s.strength.reshape(n * slots)
    rows = BLOCK // slots
    total = content = 0.0
    strong = 0
    for first in range(0, n, rows):
        last = min(first + rows, n)
        block = flat[first * slots : last * slots]
        found, weak = fade_block(block, KEPT)
        if weak > 0:
            for i in range(first, last):
                forget(s, i)
        strong += found
        total += total_of(block)
    for first in range(0, n, BLOCK):
        block = s.content[first : first + BLOCK]
        fade_block(block, KEPT_CONTENT)
        content += total_of(block)
    totals[0], totals[1], totals[2] = total / n, strong, content / n


@compiled
def find_active(s, key, chances, active):
    """Write the rows of those who are active into `active`; how many. Draws are made block by block, then read."""
    found = 0
    for first in range(0, s.count.size, BLOCK):
        block = s.activity[first : first + BLOCK]
        for k in range(block.size):
            chances[k] = uniform(key, first + k, 0)
        for k in range(block.size):
            active[found] = first + k
            found += chances[k] < block[k]
    return found


@compiled
def fetch_member(s, i):
    """Fetch all that a meeting of i touches."""
    fetch_row(s.partner, i)
    fetch_row(s.strength, i)
    fetch(s.count, i, 0)
    fetch(s.content, i, 0)


class Step(NamedTuple):
    """A way to write the day."""

    active_first: bool = False  # a list of the active before any meets, with their draws
    masks: bool = False  # `sim.ties.place`
    blocks: bool = False  # fading in whole blocks of columns
    ahead: int = 0  # fetch partners that many meetings ahead


STEPS = {
    "plain loops": Step(),
    "+ the active first": Step(active_first=True),
    "+ slot masks": Step(active_first=True, masks=True),
    "+ slices": Step(active_first=True, masks=True, blocks=True),
    "+ prefetch": Step(active_first=True, masks=True, blocks=True, ahead=AHEAD),
}
OURS, C, MESA = "+ prefetch", "C", "Mesa"


@cache
def kernel_of(step: Step) -> Callable:
    """The days of W, compiled."""
    active_first, ahead = step.active_first, step.ahead
    seek = place if step.masks else place_by_loop
    fade = fade_by_block if step.blocks else fade_by_row

    @compiled
    def meet_once(s, i, j):
        k, held = seek(s, i, j)
        old = s.strength[i, k] if held else 0.0
        s.partner[i, k] = j
        s.strength[i, k] = old + GAIN * (1.0 - old)
        s.count[i] = max(s.count[i], k + 1)
        s.content[i] += CONTENT * (1.0 - s.content[i])

    @compiled
    def meet(s, i, j):
        meet_once(s, i, j)
        meet_once(s, j, i)

    @compiled
    def days(s, seed, totals, chances, active, tie, which):
        for day in range(totals.shape[0]):
            key = day_key(seed, 0, day + 1)
            if active_first:
                found = find_active(s, key, chances, active)
                uniform_of_each(key, active, 1, tie[:found])
                uniform_of_each(key, active, 2, which[:found])
                for q in range(found):
                    if ahead > 0:
                        if q + 2 * ahead < found:
                            fetch_member(s, active[q + 2 * ahead])
                        if q + ahead < found:
                            i = active[q + ahead]  # whose partner may be another by then; it is only fetched
                            fetch_member(s, partner_of(s, i, tie[q + ahead], which[q + ahead]))
                    meet(s, active[q], partner_of(s, active[q], tie[q], which[q]))
            else:
                for i in range(s.count.size):
                    if uniform(key, i, 0) < s.activity[i]:
                        meet(s, i, partner_of(s, i, uniform(key, i, 1), uniform(key, i, 2)))
            fade(s, totals[day])

    return days


def run_ours(n: int, seed: int, step: Step = STEPS[OURS], length: int = DAYS) -> tuple[State, np.ndarray, float]:
    """Run W; the state, the totals by day (mean strength, strong slots, mean satisfaction) and CPU seconds."""
    s, totals = start(n, seed), np.zeros((length, 3))
    scratch = np.empty(BLOCK), np.empty(n + 1, np.int64), np.empty(n), np.empty(n)
    days = kernel_of(step)
    begun = time.process_time()
    days(s, seed, totals, *scratch)
    return s, totals, time.process_time() - begun


# The same in C: one loop, no tricks, as fast as plain loops over these arrays were found to be

SOURCE = """
#include <stdint.h>
#define GOLDEN 0x9E3779B97F4A7C15ULL
static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}
static uint64_t day_key(uint64_t seed, uint64_t rule, uint64_t day) {
    return mix(mix(mix(seed + GOLDEN) + rule * GOLDEN) + day * GOLDEN) >> 1;
}
static double uniform(uint64_t key, int64_t who, int64_t number) {
    uint64_t z = mix(mix(key + (uint64_t)(who + 1) * GOLDEN) + (uint64_t)(number + 1) * GOLDEN);
    return (z >> 11) * 1.1102230246251565e-16;
}
static void meet_once(int64_t i, int64_t j, double *content, int32_t *partner, double *strength, int16_t *count) {
    int32_t *p = partner + i * SLOTS;
    double *s = strength + i * SLOTS;
    int k = 0;
    while (k < count[i] && p[k] != j) k++;
    if (k < count[i]) {
        s[k] += GAIN * (1 - s[k]);
    } else {
        if (k < SLOTS) count[i]++;
        else {
            k = 0;
            for (int other = 1; other < SLOTS; other++) if (s[other] < s[k]) k = other;
        }
        p[k] = j;
        s[k] = GAIN;
    }
    content[i] += CONTENT * (1 - content[i]);
}
void days(int64_t n, int64_t seed, int64_t length, const double *activity, double *content, int32_t *partner,
          double *strength, int16_t *count, double *totals) {
    for (int64_t day = 1; day <= length; day++) {
        uint64_t key = day_key(seed, 0, day);
        for (int64_t i = 0; i < n; i++) {
            if (uniform(key, i, 0) >= activity[i]) continue;
            int64_t j;
            if (count[i] > 0 && uniform(key, i, 1) < TIED) {
                j = partner[i * SLOTS + (int)(uniform(key, i, 2) * count[i])];
            } else {
                j = uniform(key, i, 2) * (n - 1);
                if (j >= i) j++;
            }
            meet_once(i, j, content, partner, strength, count);
            meet_once(j, i, content, partner, strength, count);
        }
        double total = 0, satisfied = 0;
        int64_t strong = 0;
        for (int64_t i = 0; i < n; i++) {
            int32_t *p = partner + i * SLOTS;
            double *s = strength + i * SLOTS;
            for (int k = 0; k < count[i];) {
                double faded = s[k] * KEPT;
                if (faded < FORGOTTEN) {
                    int end = --count[i];
                    p[k] = p[end]; s[k] = s[end]; p[end] = -1; s[end] = 0;
                } else {
                    s[k] = faded; total += faded; strong += faded > STRONG; k++;
                }
            }
            content[i] *= KEPT_CONTENT;
            satisfied += content[i];
        }
        totals[0] = total / n; totals[1] = strong; totals[2] = satisfied / n;
        totals += 3;
    }
}
"""


@cache
def c_kernel() -> Any:
    """The C version, compiled now; None where there is no C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    names = ("SLOTS", "TIED", "GAIN", "CONTENT", "KEPT", "FORGOTTEN", "KEPT_CONTENT", "STRONG")
    values = [f"-D{name}={globals()[name]!r}" for name in names]
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder) / "core.c", Path(folder) / "core.so"
        source.write_text(SOURCE)
        subprocess.run([compiler, *COMPILER, *values, str(source), "-o", str(library)], check=True)
        return ctypes.CDLL(str(library)).days


def run_c(n: int, seed: int, length: int = DAYS) -> tuple[State, np.ndarray, float]:
    """As `run_ours`, in C."""
    s, totals = start(n, seed), np.zeros((length, 3))
    given: list[Any] = [ctypes.c_int64(number) for number in (n, seed, length)]
    given += [ctypes.c_void_p(array.ctypes.data) for array in (*s, totals)]
    begun = time.process_time()
    c_kernel()(*given)
    return s, totals, time.process_time() - begun


# The same in plain Mesa: an object a member, a dict of ties; its luck is Mesa's, so it agrees on average


def run_mesa(n: int, seed: int, length: int = DAYS) -> tuple[np.ndarray, float]:
    """The totals by day and CPU seconds, in plain Mesa."""
    import mesa

    class Person(mesa.Agent):
        def __init__(self, model: mesa.Model, activity: float):
            super().__init__(model)
            self.activity, self.content = activity, 0.5
            self.ties: dict[Person, float] = {}

        def step(self) -> None:
            luck: random.Random = self.model.random
            if luck.random() >= self.activity:
                return
            if self.ties and luck.random() < TIED:
                other = luck.choice(list(self.ties))
            else:
                other = self
                while other is self:
                    other = luck.choice(people)
            self.meet(other)
            other.meet(self)

        def meet(self, other: Person) -> None:
            ties = self.ties
            if other not in ties and len(ties) == SLOTS:
                del ties[min(ties, key=ties.__getitem__)]
            old = ties.get(other, 0.0)
            ties[other] = old + GAIN * (1.0 - old)
            self.content += CONTENT * (1.0 - self.content)

        def fade(self) -> None:
            self.ties = {other: s * KEPT for other, s in self.ties.items() if s * KEPT >= FORGOTTEN}
            self.content *= KEPT_CONTENT

    model = mesa.Model(rng=seed)
    people = [Person(model, activity) for activity in start(n, seed).activity.tolist()]
    totals = np.zeros((length, 3))
    begun = time.process_time()
    for day in range(length):
        model.agents.shuffle_do("step")
        model.agents.do("fade")
        felt = [s for person in people for s in person.ties.values()]
        totals[day] = sum(felt) / n, sum(s > STRONG for s in felt), sum(person.content for person in people) / n
    return totals, time.process_time() - begun
