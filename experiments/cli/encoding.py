"""Signs that a terminal's encoding lacks, written with those that it has: a minus stays a minus.

A stream with `errors=LIKENESS` does so. It never raises; what has no likeness is a `?`.
"""

from __future__ import annotations

import codecs
import unicodedata

LIKENESS = "hearth.likeness"
ALIKE = {
    "−": "-", "–": "-", "—": "-", "±": "+/-", "×": "x", "·": ".", "…": "...", "≥": ">=", "≤": "<=", "←": "<-",
    "→": "->", "‘": "'", "’": "'", "“": '"', "”": '"', "\u00a0": " ", "\u202f": " ", "\u2009": " ",
}  # fmt: skip


def alike(sign: str) -> str:
    """A sign in ASCII.

    >>> [alike(sign) for sign in "−é漢"]
    ['-', 'e', '?']
    """
    return ALIKE.get(sign) or unicodedata.normalize("NFD", sign).encode("ascii", "ignore").decode() or "?"


def _encode(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(alike, error.object[error.start : error.end])), error.end


codecs.register_error(LIKENESS, _encode)
