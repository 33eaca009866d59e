"""What a teacher's page and a learner's page may say. Anything else gets an error back, and changes nothing."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from studio import messages
from studio.setup import Strict

LARGEST = 2_000  # bytes of a message


class Teach(Strict):
    """I am the teacher: here is the key."""

    do: Literal["teach"]
    key: Annotated[str, Field(max_length=60)]


class Join(Strict):
    """I am new: here is the code."""

    do: Literal["join"]
    code: Annotated[str, Field(max_length=20)]


class Back(Strict):
    """I have been here: here is my token."""

    do: Literal["back"]
    token: Annotated[str, Field(max_length=60)]


class Bet(Strict):
    """I bet on this answer."""

    do: Literal["bet"]
    choice: Annotated[int, Field(ge=0, le=3)]


class Lesson(Strict):
    """Open a lesson, or the setting in which it fails; without a name, close it."""

    do: Literal["lesson"]
    name: Annotated[str, Field(max_length=40)]
    failing: bool = False


class Play(Strict):
    """Close the bets, and live on at `speed` weeks a second, as far as the machine keeps up."""

    do: Literal["play"]
    speed: Annotated[float, Field(ge=0.25, le=20)] = 1.0


class Plain(Strict):
    """Open a class; stand still; end the class and delete all that was kept."""

    do: Literal["open", "pause", "end"]


First = TypeAdapter(Annotated[Teach | Join | Back, Field(discriminator="do")])
OfLearner = TypeAdapter(Bet)
OfTeacher = TypeAdapter(Annotated[Lesson | Play | Plain, Field(discriminator="do")])


def read(text: Any, what: TypeAdapter) -> Any:
    """A message of one of the kinds `what`; BadMessage with one line on the fault."""
    if not isinstance(text, str):
        raise messages.BadMessage("message: is text, not bytes")
    return messages.checked(text, what, LARGEST)
