"""What all forms of `--json` are made of."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

Unknown = float | None
Cell = str | float | int | bool | None


def said(text: str) -> Any:
    """A field that is always there, with its meaning."""
    return Field(description=text)


class Form(BaseModel):
    """An object with these fields and no other."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Schema(Form):
    """Which form an answer has."""

    name: str = said("`hearth` and the command")
    version: int = said("goes up when a field changes its meaning or goes away; a field more is no new version")


class Answer(Form):
    """What every answer has."""

    schema_: Schema = Field(alias="schema", description="which form this is")


class Week(Form):
    """Hours of a week."""

    paid: float = said("hours of the budget")
    unassigned: float = said("given to no activity")
    unused: dict[str, float] = said("by activity, given and not spent, mean over the seeds")
