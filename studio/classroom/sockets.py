"""A class that is held: the browsers in it, the worlds, and the clock that all of them share."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import json
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from sim.given import BadInput
from sim.measures import catalogue
from sim.scenario import load
from studio.classroom import messages
from studio.classroom.state import Folder, Kept, Refused, Register, Tries, new, same
from studio.classroom.worlds import Pair, looked_at, settled, spread
from studio.setup import NAMES, facilitation
from studio.teaching import Lesson, lessons

FIRST_WORD = 20.0  # seconds in which a browser says who it is
MOST_TEACHERS, MOST_WAITING = 6, 30  # pages of the teacher; browsers that have not said who they are
MOST_WORDS = 20  # messages in a second from one browser: no hand is as fast
GONE, OTHER, FULL, RUDE, OVER = 4000, 4002, 4001, 4008, 4003  # why a socket is closed


class Line:
    """One browser. Of each kind of message only the newest waits to be sent, so a slow one holds nothing up."""

    def __init__(self, socket: WebSocket, number: int | None):
        self.socket, self.number = socket, number  # the seat of a learner; None for a teacher
        self.waiting: dict[str, str | bytes] = {}
        self.woken = asyncio.Event()
        self.ending: tuple[int, str] | None = None

    def tell(self, data: dict[str, Any]) -> None:
        """Send plain data."""
        self.post(data["type"], json.dumps(data, allow_nan=False))

    def post(self, kind: str, data: str | bytes) -> None:
        """Send something ready-made."""
        self.waiting[kind] = data
        self.woken.set()

    def end(self, code: int, why: str) -> None:
        """Send what waits, then close."""
        self.tell({"type": "ended", "why": why})
        self.ending = code, why
        self.woken.set()

    async def send(self) -> None:
        """Send what there is to send, as fast as the browser takes it, until the line ends."""
        while True:
            await self.woken.wait()
            self.woken.clear()
            while self.waiting:
                data = self.waiting.pop(next(iter(self.waiting)))
                await (self.socket.send_text(data) if isinstance(data, str) else self.socket.send_bytes(data))
            if self.ending:
                await self.socket.close(*self.ending)
                return


class Class:
    """Holds a class, or none.

    Parameters
    ----------
    folder : where it is kept
    most : learners at a time
    turns : of the threads, shared with the tabs of the studio
    address : the studio's address on the network, `http://host:port/`, or None where only this machine reaches it
    """

    def __init__(self, folder: Path, most: int, turns: asyncio.Semaphore, address: str | None):
        self.folder, self.most, self.turns, self.address = Folder(folder), most, turns, address
        kept = self.folder.load()
        self.register = Register(kept, most) if kept else None
        self.key = kept.key if kept else new().key  # the teacher's, also while no class is open
        self.tries = Tries()  # wrong keys
        self.pairs: dict[int, Pair] = {}
        self.lines: set[Line] = set()
        self.unknown = 0  # browsers that have not yet said who they are
        self.clock: object | None = None  # of the run that goes on; None while all stand still
        self.speed = 1.0
        self.saving, self.unsaved = asyncio.Lock(), False
        self.tasks: set[asyncio.Task] = set()

    # The class

    @property
    def kept(self) -> Kept:
        """What is kept of it; Refused while no class is open."""
        if self.register is None:
            raise Refused("no class is open here")
        return self.register.kept

    @property
    def playing(self) -> bool:
        """Whether the worlds are being lived."""
        return self.clock is not None

    async def save(self) -> None:
        """Keep the class; what comes while that is done is kept together."""
        self.unsaved = True
        async with self.saving:
            if self.unsaved and self.register:
                self.unsaved = False
                await asyncio.to_thread(self.folder.save, self.kept.model_dump_json(indent=1))

    def begin(self, work: Any) -> None:
        """Do something beside all else."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def resume(self) -> None:
        """When somebody comes after a start of the server: the worlds of the class that was kept are lived again."""
        if self.register and not self.playing and self.kept.phase in ("run", "done"):
            for number in self.register.numbers:
                self.begin(self.catch_up(number))

    async def catch_up(self, number: int) -> None:
        """Let the worlds of one learner be where those of the others are."""
        await self.pair(number).until(self.kept.week, self.turns, self.watched(number))
        self.show()

    def pair(self, number: int) -> Pair:
        """The worlds of one learner."""
        if number not in self.pairs:
            self.pairs[number] = Pair(self.kept.setup(), number, looked_at(self.kept.stage()))
        return self.pairs[number]

    def forget(self) -> None:
        """Let go of all worlds, now: a community and its agents know each other, and would wait for a collection."""
        self.pairs = {}
        gc.collect()

    def watched(self, number: int) -> bool:
        """Whether somebody looks at the worlds of this seat."""
        return self.register is not None and number in self.register.here

    def play(self) -> None:
        """Live on from where the class is."""
        self.clock = object()
        self.begin(self.live(self.clock))

    def halt(self) -> None:
        """Stand still; a week that is being lived is lived to its end."""
        self.clock = None

    async def live(self, clock: object) -> None:
        """Live week by week, all worlds together, until the end, a pause or another lesson."""
        try:
            while self.clock is clock:
                begun = time.monotonic()
                await self.live_week(clock)
                await asyncio.sleep(max(0.0, 1.0 / self.speed - (time.monotonic() - begun)))
        except Exception as error:  # the class stands still, and its teacher is told
            self.halt()
            ours = "" if isinstance(error, BadInput) else f"a fault of the studio: {type(error).__name__}: "
            for line in self.lines:
                if line.number is None:
                    line.tell({"type": "error", "message": f"{ours}{error}"[:400]})
            self.show()

    async def live_week(self, clock: object) -> None:
        """Live a week in all worlds, and show it."""
        numbers = self.register.numbers if self.register else []
        week, weeks = self.kept.week + 1, self.kept.setup().weeks
        await asyncio.gather(*(self.pair(n).until(week, self.turns, self.watched(n)) for n in numbers))
        if self.clock is not clock:
            return
        self.kept.week = week
        if week >= weeks:
            self.kept.phase = "done"
            self.halt()
        await self.save()  # what has been shown outlasts a fall of the server
        self.show()

    def there(self) -> list[Pair]:
        """The worlds that have got as far as the class has."""
        register = self.register
        found = [self.pairs[n] for n in register.numbers if n in self.pairs] if register else []
        return [pair for pair in found if pair.week >= self.kept.week]

    # What is shown

    def show(self) -> None:
        """Tell every browser what there is to see now."""
        common = self.common()
        for line in list(self.lines):
            self.show_to(line, common)

    def show_to(self, line: Line, common: dict[str, Any]) -> None:
        """Tell one browser."""
        register = self.register
        if line.number is None:
            hidden = register is None or self.kept.phase == "bet"  # nobody bets as the others do
            line.tell({**common, **self.of_teacher(), "bets": None if hidden or not register else register.bets()})
            if register and self.kept.phase in ("run", "done"):
                line.tell(spread(self.there()))
        elif register and line.number in register.numbers:
            bets = register.bets() if common["settled"] else None
            line.tell({**common, "number": line.number, "bet": register.seat(line.number).bet, "bets": bets})
            pair = self.pairs.get(line.number)
            if pair and pair.drawn and self.kept.phase in ("run", "done"):
                line.post("frame", pair.drawn)

    def common(self) -> dict[str, Any]:
        """What teacher and learners see alike."""
        register = self.register
        if register is None:
            return {"type": "class", "open": False}
        kept, lesson, found = self.kept, self.kept.stage(), self.there()
        return {
            "type": "class", "open": True, "phase": kept.phase, "week": kept.week, "weeks": kept.setup().weeks,
            "here": len(register.here), "seats": len(kept.seats), "made": sum(s.bet is not None for s in kept.seats),
            "playing": self.playing, "failing": kept.failing, "lesson": lesson and told(kept, lesson),
            "settled": settled(found, register.says()) if kept.phase == "done" and found else None,
        }  # fmt: skip

    def of_teacher(self) -> dict[str, Any]:
        """What the teacher alone sees."""
        lessons_of = [{"name": name, "title": one.title, "minutes": one.minutes} for name, one in lessons().items()]
        said = {"most": self.most, "folder": str(self.folder.path), "lessons": lessons_of, "join": None, "code": ""}
        if self.register:
            said["code"] = self.kept.code
            said["join"] = self.address and f"{self.address}join"
            said["qr"] = qr(f"{self.address}join#code={self.kept.code}") if self.address else ""
            said["lived"] = len(self.there())
        return said

    # The browsers

    async def serve(self, socket: WebSocket) -> None:
        """Serve one browser until it goes."""
        if self.unknown >= MOST_WAITING:
            await socket.send_json({"type": "ended", "why": "busy"})
            await socket.close(FULL, "busy")
            return
        self.unknown += 1
        try:
            line = await self.greet(socket)
        finally:
            self.unknown -= 1
        if line is None:
            return
        if not self.lines:
            self.resume()
        self.lines.add(line)
        sender = asyncio.create_task(line.send())
        try:
            self.show() if line.number is not None else self.show_to(line, self.common())
            await self.listen(line)
        finally:
            self.lines.discard(line)
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await sender
            if self.register and line.number is not None and line.number not in {one.number for one in self.lines}:
                self.register.went(line.number)
                self.show()

    async def greet(self, socket: WebSocket) -> Line | None:
        """Find out who it is; None for who may not come in."""
        try:
            packet = await asyncio.wait_for(socket.receive(), FIRST_WORD)
        except TimeoutError:
            await socket.close(GONE, "silent")
            return None
        if packet["type"] == "websocket.disconnect":
            return None
        try:
            return await self.admit(socket, messages.read(packet.get("text"), messages.First))
        except BadInput as error:
            await socket.send_json({"type": "refused", "message": str(error)[:400]})
            await socket.close(GONE, "refused")
            return None

    async def admit(self, socket: WebSocket, word: Any) -> Line:
        """Let a browser in, for a key, a code or a token; Refused."""
        address = socket.client.host if socket.client else ""
        if isinstance(word, messages.Teach):
            self.tries.check(address)
            if not same(word.key, self.key):
                self.tries.note(address)
                raise Refused("that is not the teacher's link; the terminal in which the studio was started shows it")
            if sum(line.number is None for line in self.lines) >= MOST_TEACHERS:
                raise Refused(f"full: {MOST_TEACHERS} pages of the teacher are open, the most there can be; close one")
            return Line(socket, None)
        if self.register is None:
            raise Refused("no class is open here; wait for your teacher")
        if isinstance(word, messages.Join):
            number, token = self.register.join(word.code, address)
            await self.save()
            await socket.send_json({"type": "seat", "number": number, "token": token})
        else:
            number = self.register.back(word.token, address)
        for line in [line for line in self.lines if line.number == number]:
            line.end(OTHER, "other")  # the newest page of a learner is the one that counts
            self.lines.discard(line)
        self.register.came(number)
        if self.kept.phase in ("run", "done") and not self.playing:
            self.begin(self.catch_up(number))
        return Line(socket, number)

    async def listen(self, line: Line) -> None:
        """Do what a browser asks for; what it may not is refused, and nothing else happens."""
        second, words = 0, 0
        while True:
            packet = await line.socket.receive()
            if packet["type"] == "websocket.disconnect":
                return
            now = int(time.monotonic())
            second, words = (now, words + 1) if now == second else (now, 1)
            if words > MOST_WORDS:
                line.end(RUDE, "rude")
                return
            try:
                kinds = messages.OfTeacher if line.number is None else messages.OfLearner
                word = messages.read(packet.get("text"), kinds)
                await (self.lead(word) if line.number is None else self.take(line.number, word))
            except BadInput as error:
                line.tell({"type": "error", "message": str(error)[:400]})

    async def take(self, number: int, word: messages.Bet) -> None:
        """Take a learner's bet."""
        assert self.register
        self.register.bet(number, word.choice)
        await self.save()
        self.show()

    async def lead(self, word: Any) -> None:
        """Do what the teacher asks for."""
        match word:
            case messages.Plain(do="open"):
                if self.register is None:
                    self.folder.take()
                    self.register = Register(new().model_copy(update={"key": self.key}), self.most)
            case messages.Plain(do="end"):
                self.end()
                return
            case messages.Plain(do="pause"):
                self.halt()
            case messages.Lesson() if self.register:
                self.register.open(word.name, word.failing)
                self.halt()
                self.forget()
            case messages.Play():
                self.speed = word.speed
                if self.kept.phase not in ("bet", "run"):
                    raise Refused("open a lesson first")
                self.kept.phase = "run"
                if not self.playing:
                    self.play()
        await self.save()
        self.show()

    def end(self) -> None:
        """End the class, and delete all that was kept."""
        self.halt()
        for task in self.tasks:
            task.cancel()
        self.register, self.unsaved = None, False
        self.forget()
        self.folder.delete()
        for line in self.lines:
            self.show_to(line, self.common()) if line.number is None else line.end(OVER, "over")


def told(kept: Kept, lesson: Lesson) -> dict[str, Any]:
    """The open lesson as the pages get it: nothing that answers the bet before it is settled."""
    known, setup = catalogue(load("baseline")), kept.setup()
    later = {"claim", "false_when"} if kept.phase == "done" else set()
    reply = {"reply"} if kept.phase == "bet" else set()
    return {
        **lesson.model_dump(include={"title", "run", "sides"} | later),
        "slider": {side: facilitation(setup.scenario(side)) for side in NAMES},
        "name": kept.lesson, "question": lesson.bet.question,
        "choices": [one.model_dump(exclude=reply) for one in lesson.bet.choices],
        "measures": [{"key": key, "label": known[key].label, "unit": known[key].unit} for key in looked_at(lesson)],
    }  # fmt: skip


@lru_cache(maxsize=4)
def qr(text: str) -> str:
    """A QR code as SVG, in the colours of the text around it; segno is imported when the first is wanted."""
    import segno

    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=True, border=4, dark="#000", light="#fff", omitsize=True, nl=False
    )
    return out.getvalue().decode()
