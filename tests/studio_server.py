"""A studio that runs for the tests: a process of its own on a free port of loopback."""

import json
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

START = """
import sys
from studio import server
from pathlib import Path
port, host, idle, most, keep = int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5])
learners = int(sys.argv[6])
limits = server.Limits(most, learners, idle)
server.serve(port, host, False, lambda text: print(text, flush=True), limits, keep)
"""
ROOT = Path(__file__).resolve().parent.parent


class Studio:
    def __init__(self, process, port, said, key):
        self.process, self.port, self.said, self.key = process, port, said, key
        self.url = f"http://127.0.0.1:{port}/"

    def tab(self, **more):
        return Tab(connect(f"ws://127.0.0.1:{self.port}/socket", max_size=None, open_timeout=60, **more))

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.process.stdout.close()


@contextmanager
def studio(port=0, host="127.0.0.1", idle=600.0, most=12, keep=None, learners=40):
    """A studio that keeps its class in a folder of its own, so that none of the tester's is touched."""
    with tempfile.TemporaryDirectory() as own:
        given = (port, host, idle, most, keep or own, learners)
        with started([sys.executable, "-c", START, *map(str, given)]) as made:
            yield made


@contextmanager
def started(command):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT)
    said = ""
    for line in process.stdout:
        said += line
        if found := re.search(r":(\d+)/class#key=(\S+)", line):
            break
    else:
        process.stdout.close()
        process.wait(20)
        raise RuntimeError(f"the studio did not start: {said}")
    made = Studio(process, int(found[1]), said, found[2])
    try:
        yield made
    finally:
        made.stop()


class Tab:
    """A page's end of the socket."""

    def __init__(self, manager):
        self.manager = manager

    def __enter__(self):
        self.socket = self.manager.__enter__()
        with suppress(ConnectionClosed):  # a server that is full may close before it has heard a word
            self.say(do="start", setup={})
        return self

    def __exit__(self, *error):
        self.manager.__exit__(*error)

    def say(self, **message):
        self.socket.send(json.dumps(message))

    def hear(self, *kinds, timeout=90):
        """The next message of one of `kinds` (any if none is named); a picture is of kind frame."""
        while True:
            data = self.socket.recv(timeout)
            if isinstance(data, bytes):
                length = int.from_bytes(data[:4], "little")
                message = json.loads(data[4 : 4 + length])
            else:
                message = json.loads(data)
            if not kinds or message["type"] in kinds:
                return message
