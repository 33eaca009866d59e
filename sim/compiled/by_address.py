"""Handing on many tables as one address.

Numba takes a named tuple of arrays apart into a hundred numbers at every call, which costs most of the time to compile.
Here the tuple lies in memory once, for as long as the call from Python lasts, and functions hand on where; a field is
read when it is asked for. Where nothing is compiled the named tuple itself is handed on.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models, register_default
from numba.core.typing.templates import AttributeTemplate
from numba.extending import NativeValue, infer_getattr, lower_getattr_generic, unbox

from sim.compiled.kernel import COMPILED


class Address(types.Type):
    """The type of the address of a named tuple of type `dtype`."""

    def __init__(self, dtype: Any):
        self.dtype = dtype
        super().__init__(name=f"Address({dtype})")

    @property
    def mangling_args(self) -> tuple:
        """How the type is named in names of compiled functions: by its number, since its name is very long."""
        return "Address", (self._code,)  # type: ignore[attr-defined]


@register_default(Address)
class _AddressModel(models.PrimitiveModel):
    def __init__(self, manager: Any, address: Address):
        super().__init__(manager, address, manager.lookup(address.dtype).get_value_type().as_pointer())


def _kind(item: Any) -> Any:
    """What determines the Numba type of `item`."""
    if isinstance(item, np.ndarray):
        return item.dtype, item.ndim, item.flags.num
    return item._numba_type_ if isinstance(item, ByAddress) else getattr(item, "dtype", type(item))


_known: dict[tuple, Address] = {}  # Numba takes a millisecond to find the type of a state, and a run needs it often


class ByAddress:
    """A named tuple that compiled functions are given by its address; Python reads its fields as those of the tuple."""

    def __init__(self, given: Any):
        self.given = given
        kind = type(given), *(_kind(item) for item in given)
        if kind not in _known:
            _known[kind] = Address(numba.typeof(given))
        self._numba_type_ = _known[kind]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.given, name)

    def _replace(self, **fields: Any) -> ByAddress:
        return ByAddress(self.given._replace(**fields))


def by_address(given: Any) -> Any:
    """The named tuple `given` as rules are given it."""
    return ByAddress(given) if COMPILED else given


@infer_getattr
class _Fields(AttributeTemplate):
    key = Address

    def generic_resolve(self, address: Any, attribute: str) -> Any:  # type: ignore[override]
        fields = address.dtype.fields
        return address.dtype[fields.index(attribute)] if attribute in fields else None


@lower_getattr_generic(Address)
def _field(context: Any, builder: Any, address: Address, place: Any, attribute: str) -> Any:
    at = address.dtype.fields.index(attribute)
    return builder.load(cgutils.gep_inbounds(builder, place, 0, at))


@unbox(Address)
def _lay_down(address: Address, given: Any, c: Any) -> NativeValue:
    item = c.pyapi.object_getattr_string(given, "given")
    values = c.unbox(address.dtype, item)
    place = cgutils.alloca_once_value(c.builder, values.value)
    c.pyapi.decref(item)
    return NativeValue(place, is_error=values.is_error, cleanup=values.cleanup)
