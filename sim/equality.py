"""Equality: how evenly intimacy lies among members (ODD, 7.18; M16)."""

import math

from sim.compiled.kernel import kernel
from sim.state.members import Stage

LEFT = int(Stage.LEFT)


@kernel
def in_order(numbers, n, start, ordered):
    """Write those above 0 of the first `n` numbers into `ordered`, the least first; how many. `start` is overwritten.

    Each goes where it would lie if they lay evenly up to the most (a bucket sort), and moves little from there.
    """
    count, most = 0, 0.0
    for i in range(n):
        count += numbers[i] > 0.0
        most = max(most, numbers[i])
    start[: count + 1] = 0
    for i in range(n):
        if numbers[i] > 0.0:
            start[int(numbers[i] / most * (count - 1)) + 1] += 1
    for k in range(count):
        start[k + 1] += start[k]
    for i in range(n):
        if numbers[i] > 0.0:
            bucket = int(numbers[i] / most * (count - 1))
            ordered[start[bucket]] = numbers[i]
            start[bucket] += 1
    for k in range(1, count):
        number, at = ordered[k], k
        while at > 0 and ordered[at - 1] > number:
            ordered[at] = ordered[at - 1]
            at -= 1
        ordered[at] = number
    return count


@kernel
def gini(values, n, zeros):
    """Gini coefficient of the first `n` of `values`, above 0 in order, and of `zeros` more that are 0.

    nan where there is nothing to share.
    """
    total = ranked = 0.0
    for k in range(n):
        total += values[k]
        ranked += values[k] * (zeros + k + 1)
    count = n + zeros
    return 2.0 * ranked / (count * total) - (count + 1) / count if total > 0.0 else math.nan


@kernel
def equality(state, out):
    """One minus the Gini coefficient of current members' intimacy."""
    here = 0
    for i in range(state.now.members):
        here += state.members.stage[i] != LEFT
    n = in_order(out.ego, state.now.members, state.scratch[0], out.sorted)
    return 1.0 - gini(out.sorted, n, here - n)
