"""What "compiled" means here, said once: Numba, kept on disk, exact (no fastmath, no threads inside a run)."""

import math

from numba import njit

kernel = njit(cache=True, error_model="numpy")


@kernel
def sig(x):
    """The logistic function: logit -> chance in (0, 1)."""
    return 1.0 / (1.0 + math.exp(-x))


@kernel
def toward(x, share):
    """`x` in [0, 1] moved by `share` of what is missing to 1."""
    return x + share * (1.0 - x)
