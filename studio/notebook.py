"""The same two pictures in a notebook: `TwoCommunities(0.15, 0.85)` shows itself, and moves when it is stepped.

Needs anywidget: `pip install hearthside[notebook]`.
"""

from __future__ import annotations

from typing import Any

import anywidget
import pandas as pd
import traitlets

from studio.page import STATIC
from studio.session import Session, hello
from studio.setup import NAMES, SLIDER, Name, Setup, Side


class TwoCommunities(anywidget.AnyWidget):
    """Two communities of the same people, each with a share of its hours on members.

    Parameters
    ----------
    a, b : share of facilitating in facilitating and broadcasting hours, 0-1
    setup : more of the state (members, seed, weeks, scenarios), or None
    """

    _esm = STATIC / "widget.js"
    frame = traitlets.Bytes().tag(sync=True)
    measures: traitlets.List = traitlets.List().tag(sync=True)

    def __init__(self, a: float = 0.15, b: float = 0.85, setup: Setup | None = None, **more: Any):
        super().__init__(measures=hello()["measures"], **more)
        start = setup or Setup()
        for name, share in zip(NAMES, (a, b), strict=True):
            side: Side = getattr(start, name)
            start = start.model_copy(update={name: side.model_copy(update={"values": {**side.values, SLIDER: share}})})
        self.session = Session(start)
        self._show()

    def step(self, weeks: int = 1) -> None:
        """Live some weeks; the pictures follow."""
        self.session.advance(7 * weeks)
        self._show()

    def move(self, side: Name, share: float) -> None:
        """Move the slider of a running community."""
        self.session.change(side, SLIDER, share)
        self._show()

    def table(self) -> pd.DataFrame:
        """Every measure of both sides, a row a day: columns are (side, measure)."""
        sides = {name: pd.DataFrame(self.session.worlds[name].rows) for name in NAMES}
        return pd.concat(sides, axis=1).rename_axis("day")

    def _show(self) -> None:
        self.frame = self.session.frame(self.session.day)
