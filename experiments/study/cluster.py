"""A cluster: Dask's scheduler and workers behind the standard Executor protocol, with the same sweep as on one machine.

The folder of results must be one that every worker sees under the same path; the workers write into it themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from experiments.crew import CrewLost
from experiments.prepare import BadInput
from experiments.study.sweep import Means

PATIENCE = 30  # seconds to find the scheduler


@contextmanager
def connected(address: str, part: tuple[int, int] | None = None) -> Iterator[Means]:
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
    try:
        _refuse_other_models(client)
        yield Means(
            workers=1,
            executor=client.get_executor(pure=False),
            width=lambda: _threads(client),
            deadly=(KilledWorker,),
            part=part,
        )
    finally:
        client.close()


def _threads(client) -> int:
    """How many batches the workers can do at once, now."""
    try:
        return sum(client.nthreads().values())
    except (OSError, TimeoutError, RuntimeError):
        raise CrewLost("the cluster's scheduler has gone away") from None


def _refuse_other_models(client) -> None:
    """All workers must run this version of the model, or their rows would carry a key that is not theirs."""
    from experiments.store import model_hash

    own = model_hash()
    for worker, found in client.run(model_hash, on_error="return").items():
        if found != own:
            raise BadInput(f"--cluster: the worker {worker} has another version of the model ({found}, here {own})")
