"""The messages that a page may send to the server. Anything else gets an error back, and changes nothing."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from sim.given import BadInput
from sim.scenario import ACTIVITIES
from studio.setup import LONGEST_TEXT, MOST_MEMBERS, MOST_SEED, MOST_WEEKS, Key, Name, Setup, Strict, Value

LARGEST = 2 * LONGEST_TEXT * 4 + 100_000  # bytes of a message: two scenario files, and the rest of a state


class Start(Strict):
    """Found both communities from a state and live up to `day`."""

    do: Literal["start"]
    setup: Setup
    day: Annotated[int, Field(ge=0, le=7 * MOST_WEEKS)] = 0


class Play(Strict):
    """Go on by itself at `speed` days a second; `leap` days a picture at the least."""

    do: Literal["play"]
    speed: Annotated[float, Field(ge=1, le=200)] = 7.0
    leap: Annotated[int, Field(ge=1, le=28)] = 1


class Plain(Strict):
    """Stand still; back to day 0 with everything as it stands; the last picture is drawn; stop runs on many seeds."""

    do: Literal["pause", "reset", "drawn", "cancel"]


class Step(Strict):
    """Live some days and stand still."""

    do: Literal["step"]
    days: Annotated[int, Field(ge=1, le=7 * MOST_WEEKS)] = 7


class Change(Strict):
    """Move the slider (key `facilitation`) or change a value of one side, or of both."""

    do: Literal["change"]
    side: Name | Literal["both"]
    key: Key
    value: Value


class Inspect(Strict):
    """Open the card of the member with `key` in both worlds, or close it."""

    do: Literal["inspect"]
    key: Annotated[int, Field(ge=0, lt=2**53)] | None


class Describe(Strict):
    """Every value of a side with unit, range and source."""

    do: Literal["describe"]
    side: Name


class Runs(Strict):
    """Run both sides on paired seeds; or, with `shares`, side A with the slider at each of them."""

    do: Literal["runs"]
    seeds: Annotated[int, Field(ge=2, le=200)] = 30
    shares: Annotated[list[Annotated[float, Field(ge=0, le=1)]], Field(max_length=6)] = []


class Why(Strict):
    """Run both sides on a few paired seeds, as they are and with each kind of work taken out."""

    do: Literal["why"]
    seeds: Annotated[int, Field(ge=2, le=30)] = 5


class Plan(Strict):
    """How a team spends its week: hours by activity, in the style of a shipped strategy."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    scenario: Annotated[str, Field(max_length=80)]
    hours: dict[Literal[ACTIVITIES], Annotated[float, Field(ge=0, le=4000)]]  # type: ignore[valid-type]
    budget: Annotated[float, Field(gt=0, le=4000)] | None = None


class Plans(Strict):
    """Run two to six plans in one world on paired seeds; or, with 0 seeds, only say what they differ in.

    unequal : names of the plans that may have a budget of their own; number : comes back with what they differ in
    """

    do: Literal["plans"]
    world: Annotated[str, Field(max_length=80)]
    plans: Annotated[list[Plan], Field(min_length=2, max_length=6)]
    unequal: Annotated[list[str], Field(max_length=6)] = []
    members: Annotated[int, Field(ge=20, le=MOST_MEMBERS)] = 300
    weeks: Annotated[int, Field(ge=1, le=MOST_WEEKS)] = 52
    seed: Annotated[int, Field(ge=0, le=MOST_SEED)] = Setup().seed
    seeds: Annotated[int, Field(ge=0, le=60)] = 30
    number: Annotated[int, Field(ge=0, lt=2**31)] = 0


class World(Strict):
    """Put both communities into the world of a shipped scenario, teams as they are; both start again."""

    do: Literal["world"]
    world: Annotated[str, Field(max_length=80)]


class Export(Strict):
    """Give me a file."""

    do: Literal["export"]
    what: Literal["csv", "json", "page", "kept", "scenario"]
    side: Name = "A"


class Load(Strict):
    """Take the text of a scenario file for one side; both start again."""

    do: Literal["load"]
    side: Name
    name: Annotated[str, Field(min_length=1, max_length=60)]
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]


class Choose(Strict):
    """Take the strategy of a shipped scenario for one side, in the same world; both start again."""

    do: Literal["choose"]
    side: Name
    scenario: Annotated[str, Field(max_length=80)]


Message = Annotated[
    Start | Play | Plain | Step | Change | Inspect | Describe | Runs | Why | Export | Load | Choose | Plans | World,
    Field(discriminator="do"),
]
_adapter: TypeAdapter[Message] = TypeAdapter(Message)


class BadMessage(BadInput):
    """A message that cannot be used; the text names the fault."""


def read(text: str) -> Message:
    """A message from its JSON; BadMessage with one line on the fault."""
    return checked(text, _adapter, LARGEST)


def checked(text: str, what: TypeAdapter, largest: int) -> Any:
    """A message of a kind `what` of at most `largest` bytes; BadMessage with one line on the fault."""
    if len(text.encode("utf-8", "surrogatepass")) > largest:
        raise BadMessage(f"the message is too large (at most {largest:,} bytes)")
    try:
        return what.validate_json(text)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in fault["loc"])[:120]
        raise BadMessage(f"{where or 'message'}: {fault['msg'][:300]}") from None
    except RecursionError:
        raise BadMessage("message: brackets within brackets without end") from None
