"""The model as `mesa.batch_run` takes it, for the benchmark; a module of its own, for its workers import it."""

from __future__ import annotations

from mesa import DataCollector

from sim.community import Community
from sim.scenario import load


class ForMesa(Community):
    """The community of the benchmark, with one parameter and a measure at the end."""

    def __init__(self, gain: float, rng: int = 0):
        settings = {"ties.gain": gain, "community.members": 60, "community.days": 10}
        super().__init__(load("facilitation", settings), rng)
        self.datacollector = DataCollector(model_reporters={"intimacy": lambda model: model.observe()["intimacy"]})

    def step(self) -> None:
        """One day; the measure after the last."""
        super().step()
        if self.day == 10:
            self.datacollector.collect(self)
