"""Many tables handed on as one address: compiled functions read and write what lies there, Python reads the tuple."""

from typing import Any, NamedTuple

import numba
import numpy as np
import pytest

from sim.compiled.by_address import by_address
from sim.compiled.kernel import COMPILED, kernel
from sim.state.table import record, record_type

pytestmark = pytest.mark.skipif(not COMPILED, reason="where nothing is compiled the tuple itself is handed on")
COUNT = record_type({"calls": np.int64, "total": np.float64})


class Things(NamedTuple):
    number: int
    prices: np.ndarray  # float64
    calls: np.ndarray  # int8, of another type and length
    count: Any  # COUNT
    share: float


@kernel
def spend(things, k):
    """Take the share of price k, and count it."""
    things.prices[k] *= things.share
    things.count.calls += things.calls[k]
    things.count.total += things.prices[k] + things.number


@kernel
def spend_all(things):
    """Hand the address on."""
    for k in range(things.calls.size):
        spend(things, k)
    return things.count.total


def some_things():
    return by_address(Things(100, np.array([8.0, 4.0, 2.0]), np.array([3, 5], np.int8), record(COUNT), 0.5))


def test_each_field_is_read_and_written_where_it_lies():
    things = some_things()
    assert spend_all(things) == 4.0 + 100 + 2.0 + 100
    assert things.prices.tolist() == [4.0, 2.0, 2.0]
    assert (things.count.calls, things.count.total) == (8, 206.0)


def test_what_is_replaced_is_another_and_the_rest_is_shared():
    things = some_things()
    other = things._replace(prices=np.array([1.0, 1.0]), share=0.25)
    spend_all(other)
    assert other.prices.tolist() == [0.25, 0.25] and things.prices.tolist() == [8.0, 4.0, 2.0]
    assert things.count.calls == 8 and things.share == 0.5


def test_a_field_that_is_not_there_is_told():
    @kernel
    def wrong(things):
        return things.price

    with pytest.raises(AttributeError):
        _ = some_things().price
    with pytest.raises(numba.TypingError, match="price"):
        wrong(some_things())
