"""The studio's server: who is let in, what it makes of what it hears, and that one tab is no other's business."""

import http.client
import json
import re
import time
from contextlib import closing, suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from experiments.runs.given import BadInput
from studio import causes, messages
from studio.server import name_of, serve
from tests.studio_server import studio

SMALL = {"members": 40, "weeks": 4}


@pytest.fixture
def tab(running):
    with running.tab() as made:
        assert made.hear()["type"] == "hello"
        made.hear("frame", timeout=180)
        yield made


def get(running, path="/", host=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
    connection.putrequest("GET", path, skip_host=True)
    connection.putheader("Host", host or f"127.0.0.1:{running.port}")
    for key, value in headers.items():
        connection.putheader(key, value)
    connection.endheaders()
    with closing(connection), connection.getresponse() as answer:
        return answer.status, answer.read().decode(), answer.headers


def test_it_serves_the_page_and_its_files(running):
    status, text, headers = get(running)
    assert status == 200 and "static/app.js" in text and "default-src 'self'" in headers["Content-Security-Policy"]
    assert [get(running, f"/static/{name}")[0] for name in ("app.js", "app.css", "icon.svg")] == [200] * 3
    for path in ("/static/../session.py", "/static/%2e%2e/session.py", "/nothing", "/lessons/nothing"):
        assert get(running, path)[0] == 404, path
    assert not re.search(r"https?://(?!www\.w3\.org)", get(running)[1])


def test_another_name_is_not_served(running):
    """DNS rebinding: the browser believes that a foreign name is this machine."""
    port = running.port
    for host in (
        "evil.example",
        f"evil.example:{port}",
        f"127.0.0.1.evil.example:{port}",
        "localhost.evil.example",
        "[::2]",
        "",
    ):
        assert get(running, host=host or " ")[0] in (400, 403), host
    assert get(running, host=f"localhost:{port}")[0] == get(running, host="[::1]")[0] == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://localhost.evil.example"]
)
def test_another_page_gets_no_socket(running, origin):
    with pytest.raises(InvalidStatus) as caught:
        connect(f"ws://127.0.0.1:{running.port}/socket", origin=origin, open_timeout=30)
    assert caught.value.response.status_code == 403


def test_our_own_page_gets_one(running):
    with running.tab(origin=f"http://127.0.0.1:{running.port}") as tab:
        assert tab.hear()["type"] == "hello"


def test_names():
    assert [name_of(text) for text in ("[::1]:80", "LOCALHOST:1", "a.b")] == ["::1", "localhost", "a.b"]


def test_play_and_stand_still(tab):
    tab.say(do="start", setup=SMALL)
    assert tab.hear("state")["day"] == 0
    tab.hear("frame")
    tab.say(do="play", speed=50)
    days = []
    while not days or days[-1] < 28:
        days.append(tab.hear("frame")["day"])
        tab.say(do="drawn")
    assert tab.hear("state")["playing"] is False and days == sorted(days)
    tab.say(do="reset")
    assert tab.hear("state")["day"] == 0


def test_the_next_picture_waits_for_the_last(tab):
    tab.say(do="start", setup={**SMALL, "weeks": 100})
    tab.hear("frame")
    tab.say(do="play", speed=7)
    first = tab.hear("frame")["day"]
    time.sleep(1.5)  # nothing was drawn, so nothing may be sent
    with pytest.raises(TimeoutError):
        tab.hear("frame", timeout=0.3)
    tab.say(do="drawn")
    assert tab.hear("frame")["day"] > first
    tab.say(do="pause")


def test_a_hand_on_the_slider_does_not_hurry_the_run(tab):
    tab.say(do="start", setup={**SMALL, "weeks": 100})
    tab.hear("frame")
    tab.say(do="play", speed=1)
    begun, day = time.monotonic(), 0
    for move in range(20):  # each is seen at once, yet a day is lived a second, and at most one before it is due
        tab.say(do="change", side="A", key="facilitation", value=0.3 + 0.02 * move)
        with suppress(TimeoutError):
            day = tab.hear("frame", timeout=0.1)["day"]
            tab.say(do="drawn")
    assert 1 <= day <= time.monotonic() - begun + 1
    tab.say(do="pause")


def test_values_are_clipped_on_the_server(tab):
    tab.say(do="start", setup=SMALL)
    tab.hear("frame")
    tab.say(do="change", side="both", key="ties.gain", value=1e9)
    said = tab.hear("state")["setup"]
    assert said["A"]["values"]["ties.gain"] == said["B"]["values"]["ties.gain"] == 0.2


BAD = [
    "",
    "{",
    "[]",
    "null",
    "7",
    '"x"',
    "{}",
    '{"do": "fly"}',
    '{"do": "play", "speed": 1e400}',
    '{"do": "play", "speed": "1"}',
    '{"do": "step", "days": 99999999}',
    '{"do": "step", "days": -1}',
    '{"do": "start", "setup": {"members": 1000000}}',
    '{"do": "change", "side": "C", "key": "x", "value": 1}',
    '{"do": "change", "side": "A", "key": "__class__", "value": 1}',
    '{"do": "change", "side": "A", "key": "ties.gain", "value": NaN}',
    '{"do": "inspect", "key": "0"}',
    json.dumps({"do": "change", "side": "A", "key": "a." * 70, "value": 1}),
    '{"do": "start", "setup": {"A": {"scenario": "../../etc/passwd"}}}',
    '{"do": "runs", "seeds": 1000000}',
    '{"do": "load", "side": "A", "name": "x", "text": "base = \'/etc/passwd\'"}',
    '{"do": "choose", "side": "A", "scenario": "x"}',
    '{"do": "export", "what": "/etc/passwd"}',
    "[" * 5000,
    '{"do": "pause", "more": 1}',
    '{"do": "start", "setup": {"A": {"values": {"facilitation": "x"}}}}',
    '{"do": "start", "setup": {"A": {"values": {"ties.gain": 99}}}}',
    '{"do": "start", "setup": {"moves": [{"day": 3, "side": "A", "key": "community.topics", "value": 3}]}}',
]


def test_a_bad_message_gets_an_error_and_ends_nothing(running, tab):
    with running.tab() as other:
        other.hear("frame")
        for text in BAD:
            tab.socket.send(text)
            said = tab.hear("error")["message"]
            assert said and "Traceback" not in said and "fault of the studio" not in said, (text, said)
        tab.socket.send(b"\x00\xff")
        assert "text" in tab.hear("error")["message"]
        for one in (tab, other):
            one.say(do="step", days=7)
            assert one.hear("frame")["day"] == 7


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
DOES = [
    "play",
    "pause",
    "step",
    "change",
    "inspect",
    "drawn",
    "describe",
    "cancel",
    "export",
    "load",
    "choose",
    "start",
    "runs",
]
KEYS = [
    "speed",
    "leap",
    "days",
    "side",
    "key",
    "value",
    "what",
    "name",
    "text",
    "scenario",
    "setup",
    "day",
    "seeds",
    "shares",
]
ALMOST = st.builds(
    lambda do, rest: {"do": do, **rest}, st.sampled_from(DOES), st.dictionaries(st.sampled_from(KEYS), JSON, max_size=3)
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(message=JSON | ALMOST, noise=st.text(max_size=30))
def test_any_message_is_read_or_refused(message, noise):
    for text in (json.dumps(message), noise, json.dumps(message)[:-1]):
        try:
            messages.read(text)
        except messages.BadMessage:
            continue


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(message=ALMOST)
def test_the_socket_stands_any_message(tab, message):
    """Whatever is said, the tab still answers after it, and no fault of ours is told."""
    if message["do"] in ("start", "runs", "play"):
        message = {**message, "setup": "no"}
    tab.say(**message)
    tab.say(do="describe", side="A")
    while True:
        said = tab.hear("values", "error")
        if said["type"] == "values":
            return
        assert "fault of the studio" not in said["message"], said


def test_what_is_too_large_is_cut_off_and_others_live(running, tab):
    with running.tab() as other:
        other.hear("frame")
        with pytest.raises(ConnectionClosed):
            other.socket.send("x" * (messages.LARGEST + 1))
            while True:
                other.hear(timeout=30)
    tab.say(do="step", days=1)
    assert tab.hear("frame")["day"] == 1


def test_two_tabs_are_two_runs(running, tab):
    with running.tab() as other:
        other.hear("frame")
        tab.say(do="step", days=14)
        assert tab.hear("frame")["day"] == 14
        other.say(do="step", days=3)
        assert other.hear("frame")["day"] == 3


def test_runs_tell_progress_and_can_be_stopped(tab):
    tab.say(do="start", setup=SMALL)
    tab.hear("frame")
    tab.say(do="runs", seeds=4)
    told = [tab.hear("progress", "spread", timeout=180)]
    tab.say(do="runs", seeds=4)
    assert "under way" in tab.hear("error")["message"]
    while told[-1]["type"] == "progress":
        told.append(tab.hear("progress", "spread", timeout=180))
    steps = [step["done"] for step in told[:-1]]
    assert told[-1]["seeds"] == 4 and steps == sorted(steps) and steps[0] == 0 and steps[-1] == 8
    tab.say(do="runs", seeds=200)
    while tab.hear("progress", timeout=180)["done"] < 1:
        pass
    tab.say(do="cancel")
    assert tab.hear("cancelled", "spread")["type"] == "cancelled"


def test_what_did_it_is_told_and_the_tab_stays_live(tab):
    tab.say(do="start", setup=SMALL)
    tab.hear("frame")
    tab.say(do="why", seeds=2)
    tab.say(do="step", days=3)
    assert tab.hear("frame", "why", timeout=180)["type"] == "frame"
    found = tab.hear("why", timeout=180)
    reach = found["measures"]["reach"]
    assert found["seeds"] == 2 and set(reach["out"]) == set(causes.WORK)
    assert all(lead < 0 for lead in reach["lead"]) and reach["out"]["messages"] == [0.0, 0.0]  # nobody was reached


def test_files(tab):
    tab.say(do="start", setup=SMALL, day=14)
    tab.hear("frame")
    files = {}
    for what in ("csv", "json", "page", "scenario"):
        tab.say(do="export", what=what, side="B")
        said = tab.hear("file")
        files[said["name"]] = said["text"]
    assert set(files) == {"hearthside.csv", "hearthside.json", "hearthside.html", "B.toml"}
    assert len(files["hearthside.csv"].splitlines()) == 1 + 2 * 15
    assert json.loads(files["hearthside.json"])["day"] == 14 and "static/" not in files["hearthside.html"]
    tab.say(do="load", side="A", name="B.toml", text=files["B.toml"])
    said = tab.hear("state")
    assert said["slider"]["A"] == pytest.approx(said["slider"]["B"]) and said["setup"]["A"]["scenario"] == "B"


@pytest.fixture(scope="module")
def impatient():
    """A studio open to a network, that serves two tabs and waits a second and a half."""
    with studio(host="0.0.0.0", idle=1.5, most=2) as made:
        yield made


def test_tabs_are_limited_and_the_silent_are_let_go(impatient):
    with impatient.tab() as one, impatient.tab() as two:
        one.hear("hello"), two.hear("hello")
        with impatient.tab() as three:
            assert three.hear() == {"type": "ended", "why": "full", "most": 2}
        assert one.hear("ended", timeout=60)["why"] == two.hear("ended", timeout=60)["why"] == "idle"
    assert let_in(impatient)


def let_in(server) -> bool:
    """Whether a new tab is served, once the server has put the ended ones away."""
    for _ in range(100):
        with server.tab() as tab:
            try:
                if tab.hear()["type"] == "hello":
                    return True
            except ConnectionClosed:
                pass
        time.sleep(0.1)
    return False


def test_loopback_says_nothing_and_a_network_is_warned_of(running, impatient):
    assert "Warning" not in running.said and "no password" in impatient.said
    assert get(impatient, host="192.168.1.7:80")[0] == 200 and get(impatient, host="evil.example")[0] == 403


def test_a_taken_port_is_told(running):
    with pytest.raises(BadInput, match=f"{running.port}, cannot be used"):
        serve(running.port, "127.0.0.1", False, print)
