"""A table: rows of one kind of thing, each a record of state variables, in one piece of memory.

So lie posts, ties, visits, norms, the team and the like, of which a rule reads most of a row at once; members, of whom
a day asks a few things of all, are columns (sim/state/members.py). Python can see a table as columns, too.
"""

from __future__ import annotations

from collections import namedtuple
from functools import cache
from typing import Any

import numpy as np

from sim.compiled.kernel import COMPILED, kernel


def record_type(fields: dict[str, Any]) -> np.dtype:
    """The type of a row with `fields` (name: type), laid out as a C compiler would."""
    return np.dtype(list(fields.items()), align=True)


@cache
def _columns_of(dtype: np.dtype) -> Any:
    assert dtype.names is not None
    return namedtuple("Columns", dtype.names)


def columns(rows: np.ndarray) -> Any:
    """The columns of `rows` as a named tuple of arrays that share their memory."""
    return _columns_of(rows.dtype)._make(rows[name] for name in rows.dtype.names or ())


def record(dtype: np.dtype) -> Any:
    """One row of zeros that stands alone: its fields are attributes, read and written in place."""
    return np.zeros(1, dtype).view(np.recarray)[0]


def given(rows: np.ndarray) -> Any:
    """What a rule is handed of a table: the rows where rules are compiled, else the columns."""
    return rows if COMPILED else columns(rows)


def with_room(rows: np.ndarray, used: int, needed: int) -> np.ndarray:
    """The same first `used` rows in a table of `needed` rows or more; the same table where it has as many.

    Rows that nobody has written to take no memory yet.
    """
    if needed <= len(rows):
        return rows
    grown = np.zeros((max(needed, len(rows) * 5 // 4), *rows.shape[1:]), rows.dtype)
    grown[:used] = rows[:used]
    return grown


if COMPILED:

    @kernel
    def move(source, start, target, end):
        """Copy row `start` of table `source` over row `end` of table `target`."""
        target[end] = source[start]

else:

    def move(source, start, target, end):
        """As above, column by column."""
        for one, other in zip(source, target, strict=True):
            other[end] = one[start]
