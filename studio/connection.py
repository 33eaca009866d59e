"""One tab: its socket, its session, and the two loops between them (messages from the page, days of the model)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from functools import cache
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from sim.scenario import ScenarioError
from studio import causes, choices, keeping, messages, planning, spread
from studio.page import standalone
from studio.session import SHOWN, Session, described, hello
from studio.setup import NAMES, SLIDER, Setup, Side

FASTEST = 1 / 40  # seconds between two pictures at the least
FILES = {
    "csv": "text/csv",
    "json": "application/json",
    "page": "text/html",
    "kept": "text/html",
    "scenario": "application/toml",
}


@cache
def warm_up() -> None:
    """Compile the model, the first time on a machine, by living two weeks of a small community."""
    Session(Setup(members=60)).advance(14)


class Connection:
    """Serves one socket until it closes or stays silent for `idle` seconds."""

    def __init__(
        self,
        socket: WebSocket,
        idle: float,
        turns: asyncio.Semaphore,
        runner: spread.Runner,
        address: str | None = None,
    ):
        self.socket, self.idle = socket, idle
        self.address = address  # of the studio on the network, for links that others can open
        self.turns = turns  # so that many tabs do not crowd the model's threads
        self.runner = runner  # the threads for runs on many seeds, shared by all tabs
        self.session: Session  # founded by the first message, which is a Start where the page says it
        self.founded = False
        self.model = asyncio.Lock()  # who holds it may touch the session
        self.playing: messages.Play | None = None
        self.drawn, self.go = asyncio.Event(), asyncio.Event()
        self.moved = asyncio.Event()  # a slider was moved: the next day is lived at once, though it is not yet due
        self.sent = 0  # days whose measures the page has
        self.runs: asyncio.Task | None = None
        self.stop_runs = threading.Event()
        self.tasks: set[asyncio.Task] = set()
        self.heard = time.monotonic()

    async def serve(self) -> None:
        """Talk until the page goes away."""
        await self.send({**hello(), "address": self.address})
        player = asyncio.create_task(self.play())
        try:
            await self.listen()
        finally:
            player.cancel()
            self.stop_runs.set()
            if self.runs:
                self.runs.cancel()

    async def send(self, data: dict[str, Any]) -> None:
        """Send plain data."""
        await self.socket.send_text(json.dumps(data, allow_nan=False))

    async def think(self, work: Any, *given: Any) -> Any:
        """Do model work in a thread, so that other tabs are served meanwhile."""
        async with self.turns:
            return await asyncio.to_thread(work, *given)

    async def listen(self) -> None:
        """Answer message by message; a bad one gets an error and nothing else happens."""
        while True:
            left = self.idle - (time.monotonic() - self.heard)
            try:
                packet = await asyncio.wait_for(self.socket.receive(), max(left, 0.01))
            except TimeoutError:
                if self.playing or (self.runs and not self.runs.done()):
                    self.heard = time.monotonic()
                    continue
                await self.send({"type": "ended", "why": "idle", "minutes": round(self.idle / 60, 1)})
                await self.socket.close(4000, "idle")
                return
            if packet["type"] == "websocket.disconnect":
                return
            try:
                if packet.get("text") is None:
                    raise messages.BadMessage("message: is text, not bytes")
                message = messages.read(packet["text"])
                if message.do != "drawn":
                    self.heard = time.monotonic()
                if not self.founded:
                    await self.found(message)
                else:
                    await self.answer(message)
            except (messages.BadMessage, ScenarioError) as error:
                await self.send({"type": "error", "message": str(error)[:600]})
            except WebSocketDisconnect:
                return
            except Exception as error:  # a fault of ours ends no session
                await self.send({"type": "error", "message": f"a fault of the studio: {type(error).__name__}: {error}"})

    async def found(self, message: messages.Message) -> None:
        """Found the communities that the first message asks for, or the usual ones."""
        start = message if isinstance(message, messages.Start) else messages.Start(do="start", setup=Setup())
        async with self.model:
            await asyncio.to_thread(warm_up)  # the page says that this may take a while; Play would not
            try:
                self.session = await self.think(Session, start.setup, start.day)
            except ScenarioError as error:
                await self.send({"type": "error", "message": str(error)[:600]})
                self.session = await self.think(Session)
            self.founded = True
            await self.show_state()
            await self.picture(0)
        if start is not message:
            await self.answer(message)

    async def answer(self, message: messages.Message) -> None:
        """Do what one message asks for."""
        match message:
            case messages.Plain(do="drawn"):
                self.drawn.set()
            case messages.Plain(do="cancel"):
                self.stop_runs.set()
            case messages.Plain(do="pause"):
                self.playing = None
                await self.show_state()
            case messages.Play():
                self.playing = message
                self.go.set()
            case messages.Inspect():
                async with self.model:
                    self.session.chosen = message.key
                    await self.picture(self.session.day)
            case messages.Describe():
                async with self.model:
                    entries = described(self.session.scenario(message.side))
                await self.send({"type": "values", "side": message.side, "values": entries})
            case messages.Plans(seeds=0):
                found = await self.think(planning.setups, message)
                await self.send({**planning.told(found), "number": message.number})
            case messages.Runs() | messages.Why() | messages.Plans():
                await self.start_runs(message)
            case messages.Export():
                await self.export(message)
            case _:
                await self.alter(message)

    async def alter(self, message: Any) -> None:
        """Do what changes the run, and show what has become of it."""
        async with self.model:
            session, before = self.session, self.session.worlds
            dropped: dict[str, Any] = {}
            if not isinstance(message, messages.Change | messages.Load | messages.Choose | messages.World):
                self.playing = None
            match message:
                case messages.Start():
                    await self.think(session.restart, message.setup, message.day)
                case messages.Step():
                    await self.think(session.advance, message.days)
                case messages.Plain(do="reset"):
                    await self.think(session.reset)
                case messages.Change():
                    for side in NAMES if message.side == "both" else (message.side,):
                        await self.think(session.change, side, message.key, message.value)
                    self.moved.set()
                case messages.Load() | messages.Choose() | messages.World():
                    setup, dropped = self._with(message)
                    await self.think(session.restart, setup)
            again = session.worlds is not before
            if again:
                self.playing, self.sent = None, 0
            await self.show_state(restarted=again and isinstance(message, messages.Change))
            if again or not isinstance(message, messages.Change):
                await self.picture(self.sent)
            if any(dropped.values()):
                await self.send({"type": "dropped", "sides": dropped})

    def _with(self, message: messages.Load | messages.Choose | messages.World) -> tuple[Setup, dict[str, Any]]:
        """The setup after another strategy, world or file was chosen; and by side what was set by hand and goes."""
        folded = self.session.setup.folded(self.session.day)
        if isinstance(message, messages.World):
            return choices.with_world(folded, message.world)  # type: ignore[return-value]
        if isinstance(message, messages.Choose):
            setup, dropped = choices.with_strategy(folded, message.side, message.scenario.removesuffix(".toml"))
            return setup, {message.side: dropped}
        side = Side(scenario=message.name.removesuffix(".toml"), text=message.text)
        dropped = getattr(folded, message.side).values
        return folded.model_copy(update={message.side: side, "events": [], "lesson": ""}), {message.side: dropped}

    async def show_state(self, restarted: bool = False) -> None:
        """Send the page everything but the picture."""
        state = self.session.state()
        await self.send({**state, "playing": bool(self.playing), "restarted": restarted})

    async def picture(self, since: int) -> None:
        """Send a picture with the measures from day `since` on."""
        frame = await self.think(self.session.frame, min(since, self.session.day))
        self.sent = self.session.day + 1
        await self.socket.send_bytes(frame)

    async def play(self) -> None:
        """Live on while the page plays; the next picture waits until the last is drawn."""
        while True:
            await self.go.wait()
            self.go.clear()
            self.drawn.set()
            clock, owed = time.monotonic(), 0.0
            while self.playing:
                await self.drawn.wait()
                playing = self.playing
                if playing is None:
                    break
                now = time.monotonic()
                owed = min(owed + (now - clock) * playing.speed, max(28.0, 2.0 * playing.leap))
                clock = now
                early = self.moved.is_set() and owed >= 0.0
                if owed < playing.leap and not early:
                    due = (playing.leap - owed) / playing.speed
                    await (self.rest(due) if owed >= 0.0 else asyncio.sleep(-owed / playing.speed))
                    continue
                self.moved.clear()
                days = max(int(owed) - int(owed) % playing.leap, playing.leap)
                owed -= days
                self.drawn.clear()
                try:
                    async with self.model:
                        await self.think(self.session.advance, days)
                        await self.picture(self.sent)
                        if self.session.done:
                            self.playing = None
                            await self.show_state()
                except (WebSocketDisconnect, RuntimeError):
                    return  # the page has gone away
                except ScenarioError as error:
                    self.playing = None
                    await self.send({"type": "error", "message": str(error)[:600]})
                await asyncio.sleep(max(0.0, FASTEST - (time.monotonic() - now)))

    async def rest(self, seconds: float) -> None:
        """Wait until the next day is due, or a slider is moved."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.moved.wait(), max(seconds, 0.002))

    async def start_runs(self, message: messages.Runs | messages.Why | messages.Plans) -> None:
        """Start runs on paired seeds; their progress and outcome come as messages."""
        if self.runs and not self.runs.done():
            raise messages.BadMessage("runs: some are under way; cancel them first")
        setup = self.session.setup
        if isinstance(message, messages.Plans):
            plans = planning.tasks(await self.think(planning.setups, message))
        elif isinstance(message, messages.Why):
            plans = causes.plans(setup)
        elif message.shares:
            plans = {f"{share:.0%}": (setup.with_value("A", 0, SLIDER, share), "A") for share in message.shares}
        else:
            plans = spread.sides(setup)
        self.stop_runs = threading.Event()
        self.runs = asyncio.create_task(self._run(plans, message))

    async def _run(self, plans: spread.Plans, message: messages.Runs | messages.Why | messages.Plans) -> None:
        loop = asyncio.get_running_loop()

        def show_progress(done: int, whole: int) -> None:
            asyncio.run_coroutine_threadsafe(self.send({"type": "progress", "done": done, "whole": whole}), loop)

        try:
            await self.send({"type": "progress", "done": 0, "whole": message.seeds * len(plans)})
            seeds = range(message.seeds)
            runs = await asyncio.to_thread(self.runner.run, plans, seeds, show_progress, self.stop_runs)
            if isinstance(message, messages.Why):
                await self.send({"type": "why", **causes.leads(runs, SHOWN)})
            else:
                found = spread.summary(runs, SHOWN)
                kind = "plans" if isinstance(message, messages.Plans) else "ranking" if message.shares else "spread"
                await self.send({"type": kind, **found})
        except spread.Stopped:
            await self.send({"type": "cancelled"})
        except (WebSocketDisconnect, asyncio.CancelledError):
            raise
        except Exception as error:
            await self.send({"type": "cancelled", "message": f"the runs failed: {error}"[:400]})

    def beside(self, work: Any) -> None:
        """Do something while all else goes on."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def keep(self) -> None:
        """Send the page to keep."""
        try:
            text = await self.think(keeping.usual)
        except Exception as error:
            await self.send({"type": "error", "message": f"the page could not be made: {error}"[:400]})
            return
        await self.send({"type": "file", "name": "hearthside-to-keep.html", "mime": FILES["kept"], "text": text})

    async def export(self, message: messages.Export) -> None:
        """Send a file as text."""
        if message.what == "kept":  # it has nothing of this run, and takes a while: the tab stays live
            self.beside(self.keep())
            return
        async with self.model:
            session = self.session
            match message.what:
                case "csv":
                    name, text = "hearthside.csv", await self.think(session.csv)
                case "json":
                    name, text = "hearthside.json", await self.think(session.json)
                case "page":
                    name, text = "hearthside.html", await self.think(lambda: standalone(session.recording()))
                case "scenario":
                    name, text = f"{message.side}.toml", session.toml(message.side)
        await self.send({"type": "file", "name": name, "mime": FILES[message.what], "text": text})
