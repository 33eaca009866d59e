"""Equality: how evenly intimacy lies among members (ODD, 7.18; M16)."""

import math

from sim.compiled.kernel import kernel
from sim.state.members import Stage

LEFT = int(Stage.LEFT)


@kernel
def sift(heap, start, n):
    """Let the value at `start` sink to its place in a heap of `n`."""
    while 2 * start + 1 < n:
        child = 2 * start + 1
        if child + 1 < n and heap[child + 1] > heap[child]:
            child += 1
        if heap[start] >= heap[child]:
            return
        heap[start], heap[child] = heap[child], heap[start]
        start = child


@kernel
def sort(numbers, n):
    """Sort the first `n` numbers, the least first."""
    for start in range(n // 2 - 1, -1, -1):
        sift(numbers, start, n)
    for end in range(n - 1, 0, -1):
        numbers[0], numbers[end] = numbers[end], numbers[0]
        sift(numbers, 0, end)


@kernel
def gini(values, n, zeros):
    """Gini coefficient of the first `n` of `values`, above 0 (sorted in place), and of `zeros` more that are 0.

    nan where there is nothing to share.
    """
    sort(values, n)
    total = ranked = 0.0
    for k in range(n):
        total += values[k]
        ranked += values[k] * (zeros + k + 1)
    count = n + zeros
    return 2.0 * ranked / (count * total) - (count + 1) / count if total > 0.0 else math.nan


@kernel
def equality(state, out):
    """One minus the Gini coefficient of current members' intimacy."""
    n = 0
    here = 0
    for i in range(state.now.members):
        here += state.members.stage[i] != LEFT
        if out.ego[i] > 0.0:
            out.sorted[n] = out.ego[i]
            n += 1
    return 1.0 - gini(out.sorted, n, here - n)
