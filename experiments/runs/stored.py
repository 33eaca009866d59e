"""Which runs a store has: asked by every command that goes on, so it takes some bytes a run and reads three columns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from experiments.runs import store
from experiments.runs.given import MOST_REPLICATES

if TYPE_CHECKING:
    import pyarrow as pa

KEY = "^[0-9a-f]{16}$"  # of a point


class Stored:
    """The runs that a store has: how many, and which of those that are asked for.

    Parameters
    ----------
    points : uint64 (rows,), the key of each row's point as a number; replicates : int (rows,); whole : bool (rows,),
    false for the row of a run that failed
    """

    def __init__(self, points: np.ndarray, replicates: np.ndarray, whole: np.ndarray):
        self.points, at = np.unique(points, return_inverse=True)
        codes = at * MOST_REPLICATES + replicates
        self.codes = np.unique(codes)
        self.whole = np.unique(codes[whole])

    def __len__(self) -> int:
        return self.codes.size

    @classmethod
    def of(cls, folder: Path) -> Stored:
        """Those in a folder, while others may be adding to it."""
        tables = store.steadily(lambda: [found for path in store.shards(folder) for found in _columns(path)])
        points, replicates, whole = zip(*tables, strict=True) if tables else ([], [], [])
        kinds = (np.uint64, np.int64, bool)
        return cls(*(np.concatenate([np.empty(0, kind), *each])
                     for kind, each in zip(kinds, (points, replicates, whole), strict=True)))  # fmt: skip

    def find(self, points: np.ndarray, replicates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which runs are stored, and which of these failed: bool, as the two arrays together.

        Parameters
        ----------
        points : uint64, keys of points as numbers; replicates : int; of shapes that go together
        """
        at = np.searchsorted(self.points, points)
        known = np.zeros(points.shape, bool)
        inside = at < self.points.size
        known[inside] = self.points[at[inside]] == points[inside]
        codes = at * MOST_REPLICATES + replicates
        there = known & np.isin(codes, self.codes)
        return there, there & ~np.isin(codes, self.whole)


def _columns(path: Path) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """What `Stored` asks of a file of rows, some rows at a time."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    found = []
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=["point", "replicate", "error"]):
            fine = batch.filter(pc.match_substring_regex(batch["point"], KEY))
            whole = fine["error"].is_null().to_numpy(zero_copy_only=False)
            found.append((_numbers(fine["point"]), fine["replicate"].to_numpy().astype(np.int64), whole))
    return found


def _numbers(points: pa.Array) -> np.ndarray:
    """Keys of points, 16 hexadecimal digits each, as numbers: uint64 (rows,)."""
    import pyarrow as pa

    if not len(points):
        return np.empty(0, np.uint64)
    digits = pa.concat_arrays([points.cast(pa.large_string())]).buffers()[2]
    return np.frombuffer(bytes.fromhex(bytes(digits)[: 16 * len(points)].decode()), ">u8").astype(np.uint64)
