"""CSV that people open in a spreadsheet: a text that it would take for a formula is marked as text.

A name may come from a stranger, and a spreadsheet carries out a cell that begins with one of `BEGINS`. Such a text,
and such a column's name, gets a `'` before it, as OWASP advises (CSV Injection); numbers stay as they are. Parquet,
Arrow and JSON hold every text as it is.
"""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

BEGINS = "=+-@\t\r\n＝＋－＠"  # OWASP's list, the wide forms of Chinese and Japanese keyboards too
FORMULA = rf"\A([{re.escape(BEGINS)}])"


def cell(value: Any) -> Any:
    """A text with a `'` before it where a spreadsheet would take it for a formula; what is no text as it is.

    A carriage return becomes a line feed: Python quotes no cell for it, and a spreadsheet begins a new row there.

    >>> cell("=1+1"), cell("facilitation"), cell(-1.5)
    ("'=1+1", 'facilitation', -1.5)
    """
    if not isinstance(value, str):
        return value
    marked = f"'{value}" if value.startswith(tuple(BEGINS)) else value
    return marked.replace("\r\n", "\n").replace("\r", "\n")


def text(table: pd.DataFrame, float_format: str | None = None) -> str:
    """A table as CSV, without its index; lines end alike on every system."""
    plain = {at: table.iloc[:, at].map(cell) if is_text(table.dtypes.iloc[at]) else table.iloc[:, at]
             for at in range(table.shape[1])}  # fmt: skip
    marked = pd.DataFrame(plain, index=table.index).set_axis(map(cell, table.columns), axis=1)
    return marked.to_csv(index=False, float_format=float_format, lineterminator="\n")


def is_text(dtype: Any) -> bool:
    """Whether a column of this type may hold texts."""
    return not (pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_datetime64_any_dtype(dtype))


class Writer(csv.CSVWriter):
    """Arrow's writer of CSV, a batch at a time.

    Parameters
    ----------
    path : the file
    schema : of the batches; what it says of texts must be `string`
    """

    def __init__(self, path: str, schema: pa.Schema):
        self.schema = pa.schema([field.with_name(cell(field.name)) for field in schema])
        super().__init__(path, self.schema)

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Write some rows."""
        columns = [
            pc.replace_substring_regex(column, FORMULA, r"'\1") if pa.types.is_string(column.type) else column
            for column in batch.columns
        ]
        super().write_batch(pa.RecordBatch.from_arrays(columns, schema=self.schema))
