"""How far beyond what is plausible a value may lie: as far as the rules can compute (`--beyond`)."""

SURE = 36.0  # a logit at which a chance is 0 or 1 to the last bit but one; what lies beyond is the same
STEEP = 20.0  # an exponent at which a power of a million is still a number
FAR = 10  # how many times beyond what is plausible an amount may be
LOGITS = ("logit", "log hazard", "passion less hurt")
POWERS = ("exponent", "elasticity")
WITHIN_ONE = ("chance", "share", "perceived share", "correlation", "depth", "strength", "trust", "per ", "of the mean")


def limits(meta: dict) -> tuple[float, float]:
    """What the rules can compute at all of a number that a declaration stands for, whether or not it is plausible.

    A sign, a chance and a share stay what they are. A whole number keeps its range, for it sizes tables.

    >>> limits({"value": 0.08, "unit": "per message", "range": [0.03, 0.2]})
    (0.003, 1.0)
    """
    (low, high), unit = meta["range"], meta["unit"]
    if isinstance(meta["value"], int):
        return low, high
    most = FAR * float(high)
    if unit.startswith((*LOGITS, *POWERS)):
        most = SURE if unit.startswith(LOGITS) else STEEP
    elif high <= 1 and unit.startswith(WITHIN_ONE):
        most = 1.0
    return (-most if low < 0 else float(f"{low / FAR:.12g}")), most
