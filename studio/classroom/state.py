"""What is known of a class, and who may do what: the code, the seats, the bets. No sockets, no worlds.

All of it is kept as one file: a code, a key, numbers and bets. No name is asked for, and none is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from experiments.runs import files
from sim.given import BadInput, read_bytes
from studio.setup import MOST_WEEKS, Setup, Strict
from studio.teaching import Lesson, lessons

MOST_SEATS = 200  # whatever the limit: more no page shows
LARGEST_FILE = 200_000  # bytes
SIGNS = "23456789BCDFGHJKMNPQRTVWXYZ"  # of a code: none that looks like another, no vowels, so no words
LENGTH = 5  # 14 million codes
AWAY = 60.0  # seconds after which the place of somebody who has gone may be given to another, where the class is full

Hex = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Refused(BadInput):
    """What a class does not allow; the text is for the person who tried."""


class Seat(Strict):
    """One learner. `number` is shown, and names the luck of its worlds; `mark` is a hash of what its browser keeps."""

    number: Annotated[int, Field(ge=1, le=MOST_SEATS)]
    mark: Hex
    bet: Annotated[int, Field(ge=0, le=3)] | None = None


class Kept(Strict):
    """A class as it is kept. In `bet` bets are taken; in `run` worlds are lived, up to `week`; in `done` they ended."""

    format: Literal["hearthside class 1"]
    key: Annotated[str, Field(min_length=20, max_length=60)]
    code: Annotated[str, Field(pattern=f"^[{SIGNS}]{{{LENGTH}}}$")]
    phase: Literal["waiting", "bet", "run", "done"] = "waiting"
    lesson: Annotated[str, Field(max_length=40)] = ""
    failing: bool = False
    week: Annotated[int, Field(ge=0, le=MOST_WEEKS)] = 0
    seats: Annotated[list[Seat], Field(max_length=MOST_SEATS)] = []

    @model_validator(mode="after")
    def _whole(self) -> Kept:
        lesson = self.stage()
        if self.lesson and lesson is None:
            raise ValueError(f"lesson {self.lesson!r} is not one of these: {', '.join(lessons())}")
        if lesson is None and self.phase != "waiting":
            raise ValueError(f"phase {self.phase} needs a lesson")
        if self.week > self.setup().weeks:
            raise ValueError(f"week {self.week} is past the end of the lesson")
        if len({seat.number for seat in self.seats}) < len(self.seats):
            raise ValueError("two seats have one number")
        if any(seat.bet is not None and (lesson is None or seat.bet >= len(lesson.bet.choices)) for seat in self.seats):
            raise ValueError("a bet is on no answer of the lesson")
        return self

    def stage(self) -> Lesson | None:
        """The lesson that is open."""
        return lessons().get(self.lesson)

    def setup(self) -> Setup:
        """The state from which every learner's worlds start, each with luck of its own."""
        lesson = self.stage()
        return lesson.staged(self.lesson, self.failing) if lesson else Setup()


def mark_of(token: str) -> str:
    """What is kept of a learner's token: who reads the file cannot take a place with it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, found out in a time that tells nothing of them."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


def tidy(code: str) -> str:
    """A code as it is kept, whatever a person puts between its signs."""
    return "".join(sign for sign in code.upper() if sign.isalnum())


class Tries:
    """Wrong codes and keys: who has given too many waits, and all wait where very many are given.

    Parameters
    ----------
    one, together : wrong ones that an address, and all addresses, may give in `seconds`
    """

    def __init__(
        self, one: int = 20, together: int = 300, seconds: float = 60.0, clock: Callable[[], float] = time.monotonic
    ):
        self.one, self.together, self.seconds, self.clock = one, together, seconds, clock
        self.wrong: deque[tuple[float, str]] = deque(maxlen=together)

    def check(self, address: str) -> None:
        """Raise Refused for who has to wait."""
        now = self.clock()
        while self.wrong and self.wrong[0][0] <= now - self.seconds:
            self.wrong.popleft()
        own = [when for when, of in self.wrong if of == address]
        if len(own) >= self.one or len(self.wrong) >= self.together:
            first = own[0] if len(own) >= self.one else self.wrong[0][0]
            wait = max(1, round(first + self.seconds - now))
            raise Refused(f"too many wrong codes; wait {wait} second{'s' * (wait != 1)} and try again")

    def note(self, address: str) -> None:
        """Count a wrong one."""
        self.wrong.append((self.clock(), address))


class Register:
    """Who is in the class, and what each has bet; `most` seats, and the words where one is refused.

    Parameters
    ----------
    kept : the class; here: numbers of the seats whose browsers are there now; away_since : when the others went
    """

    def __init__(self, kept: Kept, most: int, clock: Callable[[], float] = time.monotonic):
        self.kept, self.most, self.clock = kept, most, clock
        self.here: set[int] = set()
        self.away: dict[int, float] = {}
        self.tries = Tries(clock=clock)

    @property
    def numbers(self) -> list[int]:
        """The seats, in order."""
        return [seat.number for seat in self.kept.seats]

    def seat(self, number: int) -> Seat:
        """The seat with a number; Refused where there is none any more."""
        found = next((seat for seat in self.kept.seats if seat.number == number), None)
        if found is None:
            raise Refused("your place was given to somebody else while you were away; join again with the code")
        return found

    def join(self, code: str, address: str) -> tuple[int, str]:
        """A seat for who knows the code, and the token with which its browser comes back.

        Raises Refused for a wrong code, after too many, and where the class is full.
        """
        self.tries.check(address)
        if not same(tidy(code), self.kept.code):
            self.tries.note(address)
            raise Refused("that is not the code of this class; look at the screen once more")
        token = secrets.token_urlsafe(18)
        number = next((n for n in range(1, self.most + 1) if n not in self.numbers), None)
        if number is None:
            number = self._free()
        self.kept.seats.append(Seat(number=number, mark=mark_of(token)))
        self.kept.seats.sort(key=lambda seat: seat.number)
        return number, token

    def _free(self) -> int:
        """Take the place of who has been away for longest; Refused where nobody is."""
        gone = [n for n in self.numbers if n not in self.here and self.clock() - self.away.get(n, 0.0) >= AWAY]
        if not gone:
            raise Refused(
                f"full: {len(self.numbers)} are here, the most that this class takes. Share a screen with somebody, "
                "or ask your teacher for more places"
            )
        number = min(gone, key=lambda n: self.away.get(n, 0.0))
        self.kept.seats.remove(self.seat(number))
        return number

    def back(self, token: str, address: str) -> int:
        """The seat of who has been here before; Refused where there is none."""
        self.tries.check(address)
        mark = mark_of(token)
        for seat in self.kept.seats:
            if same(seat.mark, mark):
                return seat.number
        self.tries.note(address)
        raise Refused("this class does not know you, or no longer; join with the code")

    def came(self, number: int) -> None:
        """The browser of a seat is there."""
        self.here.add(number)
        self.away.pop(number, None)

    def went(self, number: int) -> None:
        """The browser of a seat has gone."""
        self.here.discard(number)
        self.away[number] = self.clock()

    def bet(self, number: int, choice: int) -> None:
        """Take a bet, or another one instead; Refused while none are taken, and for what is no choice."""
        lesson = self.kept.stage()
        if self.kept.phase != "bet" or lesson is None:
            raise Refused("bets are closed")
        if choice >= len(lesson.bet.choices):
            raise Refused("that is none of the answers")
        self.seat(number).bet = choice

    def bets(self) -> list[int]:
        """How many have bet on each answer."""
        lesson = self.kept.stage()
        made = [seat.bet for seat in self.kept.seats]
        return [made.count(k) for k in range(len(lesson.bet.choices))] if lesson else []

    def says(self) -> dict[int, str]:
        """By seat that has bet, who would be ahead: A, B or neither."""
        lesson = self.kept.stage()
        choices = lesson.bet.choices if lesson else []
        return {seat.number: choices[seat.bet].says for seat in self.kept.seats if seat.bet is not None and choices}

    def open(self, lesson: str, failing: bool) -> None:
        """Open a lesson, or the setting in which it fails: bets are taken anew; "" closes what was open."""
        if lesson and lesson not in lessons():
            raise Refused(f"lesson {lesson!r}: there is none of that name")
        self.kept.lesson, self.kept.failing, self.kept.week = lesson, failing and bool(lesson), 0
        self.kept.phase = "bet" if lesson else "waiting"
        for seat in self.kept.seats:
            seat.bet = None


# What is kept


def new() -> Kept:
    """A class without anybody, with a code and a key that nobody can guess."""
    code = "".join(secrets.choice(SIGNS) for _ in range(LENGTH))
    return Kept(format="hearthside class 1", key=secrets.token_urlsafe(18), code=code)


def default_folder() -> Path:
    """Where a class is kept if nobody says otherwise: with the user's other state, readable for the user alone."""
    home = os.environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "hearthside"


class Folder:
    """The folder `hearthside-class` within the one that was chosen. Nothing is made before a class is opened."""

    def __init__(self, chosen: Path):
        self.path = chosen / "hearthside-class"
        self.file = self.path / "class.json"
        self.hold = contextlib.ExitStack()  # against a second studio that goes on with the same class

    def load(self) -> Kept | None:
        """The class that is kept, or None.

        Raises BadInput for a file that cannot be used, which stays as it is; StoreError where another studio has it.
        """
        if not self.file.is_file():
            return None
        self.take()
        try:
            return Kept.model_validate_json(read_bytes(self.file, LARGEST_FILE))
        except OSError as error:
            raise BadInput(f"studio: `{self.file}` cannot be read ({error.strerror})") from None
        except ValidationError as error:
            fault = error.errors(include_url=False, include_context=False)[0]
            where = ".".join(map(str, fault["loc"])) or "file"
            raise BadInput(
                f"studio: `{self.file}`: {where}: {fault['msg']}; this is no class that can be gone on with: "
                "move the file away, or choose another folder with --keep"
            ) from None

    def take(self) -> None:
        """Hold the folder, made if it is not there, readable for the user alone; StoreError where another has it."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise files.cannot_write(self.path, error) from None
        self.hold.close()
        try:
            self.hold.enter_context(files.held(self.path))
        except files.StoreError as error:
            raise files.StoreError(f"studio: {error}, or choose another folder with --keep") from None

    def save(self, text: str) -> None:
        """Keep a class, whole or not at all."""
        try:
            files.write_text(self.file, text)
        except OSError as error:
            raise files.cannot_write(self.path, error) from None

    def delete(self) -> None:
        """Delete all that was kept, and nothing else that may lie there."""
        self.file.unlink(missing_ok=True)
        self.hold.close()
        with contextlib.suppress(OSError):  # somebody else's files are in it
            self.path.rmdir()
