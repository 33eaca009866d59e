"""Modules that take longer to import than a run takes: each is imported where something of it is first asked for.

Mesa imports pandas and networkx for what no run of ours does, statistics come after the runs, and a command is to get
to its first run at once. A stand-in lies under the module's name until then.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

LATE = ("pandas", "networkx", "scipy.stats")


class _Late(ModuleType):
    """A stand-in for a module, imported at its first use, from any thread."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            sys.modules.pop(self.__name__, None)
        return getattr(importlib.import_module(self.__name__), name)


def import_late() -> None:
    """Put stand-ins where nothing is imported yet."""
    for name in LATE:
        if name not in sys.modules and (spec := importlib.util.find_spec(name)):
            sys.modules[name] = late = _Late(name)
            late.__spec__, late.__file__ = spec, spec.origin  # what looks through all modules asks for these
