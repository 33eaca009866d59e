"""Eight slots of a row at once, rows fetched before they are needed.

A search slot by slot ends where it finds; a processor that guesses wrongly where that is loses more time than the
search takes. Here a piece of a row is compared in one step and the answer is an integer, bit k for slot k: nothing is
left to guess. Numba has no words for that. These few are LLVM's, which turns a vector of eight into what the processor
has; uncompiled (NUMBA_DISABLE_JIT=1) the same functions are plain Python.
"""

from __future__ import annotations

from typing import Any

import numba
import numba.extending
from llvmlite import ir
from numba import types
from numba.core import cgutils

from sim.kernel import kernel

intrinsic: Any = numba.extending.intrinsic
LANES = 8  # slots in a piece; a row has 60 slots at most, the bits of an answer
LINE = 64  # bytes that are fetched together


def _address(context: Any, builder: Any, array: Any, rows: Any, i: Any, k: Any) -> Any:
    """Where item [i, k] of a C-contiguous array of one or two dimensions lies; i and k are not below 0."""
    made = context.make_array(array)(context, builder, rows)
    if array.ndim == 1:
        return builder.gep(made.data, [i])
    width = cgutils.unpack_tuple(builder, made.shape)[1]
    return builder.gep(made.data, [builder.add(builder.mul(i, width), k)])


def _piece(context: Any, builder: Any, array: Any, rows: Any, i: Any, k: Any) -> Any:
    """Items [i, k] to [i, k + 7] as a vector."""
    item = context.get_data_type(array.dtype)
    start = builder.bitcast(_address(context, builder, array, rows, i, k), ir.VectorType(item, LANES).as_pointer())
    return builder.load(start, align=context.get_abi_sizeof(item))


def _places(order: list[int]) -> Any:
    return ir.Constant(ir.VectorType(ir.IntType(32), LANES), order)


@intrinsic
def _equal(_, rows, i, k, value):
    """Which of the eight items from [i, k] on equal `value`, as bits."""

    def code(context, builder, signature, given):
        array = signature.args[0]
        piece = _piece(context, builder, array, *given[:3])
        one = context.cast(builder, given[3], signature.args[3], array.dtype)
        none = ir.Constant(piece.type, ir.Undefined)
        all_ = builder.shuffle_vector(builder.insert_element(none, one, ir.IntType(32)(0)), none, _places([0] * LANES))
        compare = builder.icmp_signed if isinstance(array.dtype, types.Integer) else builder.fcmp_ordered
        return builder.zext(builder.bitcast(compare("==", piece, all_), ir.IntType(LANES)), ir.IntType(64))

    return types.int64(rows, types.int64, types.int64, value), code


@intrinsic
def _least(_, rows, i, k):
    """The least of the eight items from [i, k] on, which are floats and no nan."""

    def code(context, builder, signature, given):
        piece = _piece(context, builder, signature.args[0], *given)
        for half in (4, 2, 1):
            other = builder.shuffle_vector(piece, piece, _places([lane ^ half for lane in range(LANES)]))
            piece = builder.select(builder.fcmp_ordered("<", other, piece), other, piece)
        return builder.extract_element(piece, ir.IntType(32)(0))

    return rows.dtype(rows, types.int64, types.int64), code


@intrinsic
def _lowest(_, bits):
    """The number of the lowest bit of `bits` that is set."""

    def code(context, builder, signature, given):
        return builder.cttz(given[0], ir.IntType(1)(1))

    return types.int64(types.int64), code


@intrinsic
def _fetch(_, rows, i, k):
    """Ask for the memory of item [i, k], and go on."""

    def code(context, builder, signature, given):
        pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        start = builder.bitcast(_address(context, builder, signature.args[0], *given), pointer)
        builder.call(prefetch, [start, number(0), number(3), number(1)])  # to read, keep, data
        return context.get_dummy_value()

    return types.none(rows, types.int64, types.int64), code


@kernel
def holders(rows, i, value):
    """The slots of row i that hold `value`: int64, bit k for slot k."""
    slots = rows.shape[1]
    bits = 0
    if slots < LANES:
        for k in range(slots):
            if rows[i, k] == value:
                bits |= 1 << k
        return bits
    for start in range(0, slots, LANES):
        piece = min(start, slots - LANES)  # the last piece ends with the row and may overlap the one before
        bits |= _equal(rows, i, piece, value) << piece
    return bits


@kernel
def lowest(bits):
    """The lowest slot in `bits`, which are not 0."""
    return _lowest(bits)


@kernel
def weakest(rows, i):
    """The slot of row i (floats) that holds the least, the first of equals."""
    slots = rows.shape[1]
    if slots < LANES:
        k = 0
        for other in range(1, slots):
            if rows[i, other] < rows[i, k]:
                k = other
        return k
    least = _least(rows, i, 0)
    for start in range(LANES, slots, LANES):
        least = min(least, _least(rows, i, min(start, slots - LANES)))
    return _lowest(holders(rows, i, least))


@kernel
def fetch(rows, i, k):
    """Let the processor fetch the memory around rows[i, k] (of a column: rows[i]) while it goes on; changes nothing."""
    _fetch(rows, i, k)


@kernel
def fetch_row(rows, i):
    """Fetch all of row i."""
    last = rows.shape[1] - 1
    for k in range(0, last, LINE // rows.itemsize):
        _fetch(rows, i, k)
    _fetch(rows, i, last)


if getattr(numba.config, "DISABLE_JIT", 0):

    def holders(rows, i, value):
        """As above, plainly."""
        return sum(1 << k for k in range(rows.shape[1]) if rows[i, k] == value)

    def lowest(bits):
        """As above, plainly."""
        return (int(bits) & -int(bits)).bit_length() - 1

    def weakest(rows, i):
        """As above, plainly."""
        return int(rows[i].argmin())

    def fetch(rows, i, k):
        """Nothing to do."""

    def fetch_row(rows, i):
        """Nothing to do."""
