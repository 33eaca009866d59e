"""How tables are handed from Python to compiled code: looked up in place, not counted.

Numba takes each array of a named tuple over as if compiled code might keep it: a call, a piece of memory and a count an
array, in code that is compiled anew for each kernel. A table of members is fifty arrays and a day hands it over twenty
times. The kernels of this model keep nothing that they are handed, and who calls holds it
meanwhile; so here an array is taken from where NumPy has it (`PyArrayObject`, the same in all versions that Numba
supports): where its items lie, how many they are, and the steps between them.
"""

from __future__ import annotations

from typing import Any

import numba.extending
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.boxing import unbox_tuple

unbox: Any = numba.extending.unbox
HEAD = object.__basicsize__  # bytes of an object before what is its own, which for a float is the number
DATA, DIMENSIONS, STRIDES = HEAD, HEAD + 16, HEAD + 24  # of an array
WORD = ir.IntType(64)
OURS = __name__.partition(".")[0]


def _read(builder: Any, start: Any, offset: int, kind: Any) -> Any:
    """What lies `offset` bytes after `start`, as `kind`."""
    place = builder.gep(builder.bitcast(start, ir.IntType(8).as_pointer()), [WORD(offset)])
    return builder.load(builder.bitcast(place, kind.as_pointer()))


def _array(kind: Any, item: Any, c: Any) -> Any:
    """The array in the object `item`, which stays the owner of its memory."""
    made = c.context.make_array(kind)(c.context, c.builder)
    sizes, steps = (
        [
            _read(c.builder, _read(c.builder, item, place, WORD.as_pointer()), 8 * axis, WORD)
            for axis in range(kind.ndim)
        ]
        for place in (DIMENSIONS, STRIDES)
    )
    items = sizes[0]
    for size in sizes[1:]:
        items = c.builder.mul(items, size)
    made.meminfo, made.parent = (cgutils.get_null_value(owner.type) for owner in (made.meminfo, made.parent))
    made.data = _read(c.builder, item, DATA, made.data.type)
    made.nitems, made.itemsize = items, WORD(kind.dtype.bitwidth // 8)
    made.shape, made.strides = cgutils.pack_array(c.builder, sizes), cgutils.pack_array(c.builder, steps)
    return made._getvalue()


@unbox(types.NamedTuple)
@unbox(types.NamedUniTuple)
def hand_over(table, given, c):
    """Hand over a table of this model, arrays and plain numbers as they lie; other tuples as Numba does."""
    known = all(
        isinstance(kind, types.Array | types.Integer | types.Boolean) or kind == types.float64 for kind in table
    )
    if table.instance_class.__module__.partition(".")[0] != OURS or not known:
        return unbox_tuple(table, given, c)
    values = []
    for at, kind in enumerate(table):
        item = c.pyapi.tuple_getitem(given, at)
        if isinstance(kind, types.Array):
            values.append(_array(kind, item, c))
        elif kind == types.float64:
            values.append(_read(c.builder, item, HEAD, ir.DoubleType()))
        else:
            values.append(c.unbox(kind, item).value)  # cannot fail: it is of this kind, or another kernel is called
    return numba.extending.NativeValue(c.context.make_tuple(c.builder, table, values))
