"""What somebody else may have made: files read with a bound, names that are printed, and the one error for both.

All that is wrong with what was given raises `BadInput` or a kind of it, whose message is for the person who gave it.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any


class BadInput(ValueError):
    """What a user gave cannot be used; the message says what is wrong, where, and what is allowed."""


def printable(text: str) -> str:
    r"""The text without control characters, safe to print on a terminal.

    >>> printable("forum\x1b[2J.csv")
    'forum\\x1b[2J.csv'
    """
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def read_bytes(path: Path, most: int) -> bytes:
    """A whole file.

    Raises
    ------
    OSError : if it cannot be read
    BadInput : if it is no file (a pipe or a device would never end), or has more than `most` bytes
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise BadInput(f"`{path}`: is a pipe or a device, and not a file")
    if path.stat().st_size > most:
        raise BadInput(f"`{path}`: is too large (at most {most:,} bytes); is it another kind of file?")
    return path.read_bytes()


def plain_json(data: bytes | str) -> Any:
    """JSON of finite numbers; ValueError says what is wrong, also with brackets within brackets without end."""
    try:
        return json.loads(data, parse_constant=_finite, parse_float=_finite)
    except RecursionError:
        raise ValueError("brackets within brackets without end") from None


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is no finite number")
    return value
