"""A cluster: Dask's scheduler and workers as a pool. Workers send their rows here, and only this process writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from experiments.runs.given import BadInput
from experiments.runs.pool import ClusterLost, Pool
from sim.version import model_hash

PATIENCE = 30  # seconds to find the scheduler


@contextmanager
def connected(address: str) -> Iterator[Pool]:
    """The workers behind a Dask scheduler at `address`, as tcp://host:8786; those that join late are used too.

    Raises BadInput when Dask is not installed, nobody answers, or the workers have another version of the model.
    """
    try:
        from distributed import Client, KilledWorker
    except ImportError:
        raise BadInput("--cluster: needs Dask: install the extra `cluster` (pip install hearthside[cluster])") from None
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise BadInput(f"--cluster: no scheduler answers at `{address}` ({type(error).__name__})") from None

    def width() -> int:
        try:
            return sum(client.nthreads().values())
        except (OSError, TimeoutError, RuntimeError):
            raise ClusterLost("the cluster's scheduler has gone away") from None

    try:
        ours = model_hash()
        for worker, other in client.run(model_hash, on_error="return").items():
            if other != ours:  # or their rows would carry a key that is not theirs
                raise BadInput(
                    f"--cluster: the worker {worker} has another version of the model ({other}, here {ours})"
                )
        yield Pool(executor=client.get_executor(pure=False), width=width, deadly=(KilledWorker,))
    finally:
        client.close()
