"""A class of simulated learners on loopback. Ten minutes of it: `python -m tests.classroom [MINUTES]`.

Forty browsers join, bet, get the pictures of their worlds, and are reloaded now and then; one lesson follows another.
What is stored (results/class/class.json): connections that were dropped, and the server's memory, lesson by lesson.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from experiments.runs.files import commit, write_json
from experiments.runs.given import cores
from sim.version import model_hash
from studio.teaching import lessons
from tests.studio_server import ROOT, studio

LEARNERS, MINUTES, PACE = 40, 10.0, 20.0
FLAT = 0.1  # of the memory after the first lessons: what more there may be at the end
STORED = ROOT / "results/class/class.json"


class Browser:
    """One browser's socket; `first` says who it is, and what is heard last of each kind is in `last`."""

    def __init__(self, studio, **first):
        self.url = f"ws://127.0.0.1:{studio.port}/class/socket"
        self.socket = connect(self.url, max_size=None, open_timeout=60).__enter__()
        self.last, self.closed = {}, None
        self.say(**first)

    def say(self, **message):
        self.socket.send(json.dumps(message))

    def hear(self, *kinds, timeout=60.0):
        """The next message of one of `kinds`, any if none is named; ConnectionClosed when there is no more."""
        while True:
            data = self.socket.recv(timeout)
            if isinstance(data, bytes):
                data = data[4 : 4 + int.from_bytes(data[:4], "little")]
            message = json.loads(data)
            self.last[message["type"]] = message
            if not kinds or message["type"] in kinds:
                return message

    def until(self, **wanted):
        """The next news of the class in which all of this stands."""
        while True:
            found = self.hear("class")
            if wanted.items() <= found.items():
                return found

    def close(self):
        self.socket.close()


class Learner(Browser):
    """A learner who listens by itself, bets when asked, and notes when it is dropped."""

    def __init__(self, studio, code):
        super().__init__(studio, do="join", code=code)
        seat = self.hear("seat")
        self.studio, self.number, self.token = studio, seat["number"], seat["token"]
        self.pictures, self.drops, self.done = 0, 0, False
        self.thread = threading.Thread(target=self.attend, daemon=True)
        self.thread.start()

    def attend(self):
        while not self.done:
            try:
                said = self.hear("class", "frame", "ended", timeout=120)
            except (ConnectionClosed, TimeoutError):
                if not self.done:
                    self.drops += 1
                return
            if said["type"] == "frame":
                self.pictures += 1
            elif said["type"] == "class" and said["open"] and said["phase"] == "bet" and said["bet"] is None:
                with suppress(ConnectionClosed):
                    self.say(do="bet", choice=self.number % len(said["lesson"]["choices"]))

    def seen(self, day, seconds=30):
        """Wait until the picture of a day has come."""
        end = time.monotonic() + seconds
        while self.last.get("frame", {}).get("day") != day and time.monotonic() < end:
            time.sleep(0.02)

    def leave(self):
        self.done = True
        self.close()
        self.thread.join(20)

    def reload(self):
        """The page is loaded anew: the same seat."""
        self.leave()
        self.socket = connect(self.url, max_size=None, open_timeout=60).__enter__()
        self.done = False
        self.say(do="back", token=self.token)
        self.thread = threading.Thread(target=self.attend, daemon=True)
        self.thread.start()


def held(teacher, name, failing=False, during=lambda: None):
    """One lesson, from its bets to its end; the class as it stands then."""
    teacher.say(do="lesson", name=name, failing=failing)
    said = teacher.until(phase="bet", failing=failing)
    seats = said["seats"]
    while said["made"] < seats:
        said = teacher.hear("class")
    teacher.say(do="play", speed=PACE)
    teacher.until(phase="run")
    during()
    return teacher.until(phase="done")


def memory(process):
    """Resident memory of a process, MB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def main():
    """Hold lessons for so many minutes, and store what came of it."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES
    made_by = commit()
    with studio(learners=LEARNERS) as running, ExitStack() as stack:
        teacher = Browser(running, do="teach", key=running.key)
        stack.callback(teacher.close)
        teacher.say(do="open")
        code = teacher.until(open=True)["code"]
        class_of = [Learner(running, code) for _ in range(LEARNERS)]
        begun, sizes, names = time.monotonic(), [], [*lessons()]
        while time.monotonic() - begun < 60 * minutes:
            name = names[len(sizes) % len(names)]
            one = class_of[len(sizes) % LEARNERS]
            said = held(teacher, name, during=one.reload)
            sizes.append(round(memory(running.process), 1))
            print(f"{time.monotonic() - begun:4.0f} s  {name}: {said['here']} here, {sizes[-1]:.0f} MB", flush=True)
        drops = sum(one.drops for one in class_of)
        pictures = sum(one.pictures for one in class_of)
        for one in class_of:
            one.leave()
    first, rest = max(sizes[: len(names)]), max(sizes[len(names) :], default=0.0)
    write_json(STORED, {
        "learners": LEARNERS, "minutes": round((time.monotonic() - begun) / 60, 1), "lessons": len(sizes),
        "dropped": drops, "pictures": pictures, "memory_mb": sizes, "flat": rest <= (1 + FLAT) * first,
        "cores": cores(), "commit": made_by, "model": model_hash(),
    })  # fmt: skip
    print(f"{drops} dropped; memory at most {first:.0f} MB in the first {len(names)} lessons, then {rest:.0f} MB")
    return 0 if drops == 0 and rest <= (1 + FLAT) * first else 1


if __name__ == "__main__":
    sys.exit(main())
