"""The studio's server: a page, its files, lessons to print, and a socket a tab; on loopback unless asked otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import socket as sockets
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, NamedTuple

import uvicorn
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from experiments.runs.given import BadInput, cores
from studio import messages, teaching
from studio.classroom.address import is_address, is_loopback, on_network
from studio.classroom.address import url as url_of
from studio.classroom.sockets import Class
from studio.classroom.state import default_folder
from studio.connection import Connection, warm_up
from studio.page import STATIC
from studio.spread import Runner


class Limits(NamedTuple):
    """How much is served at a time.

    tabs : of the whole studio; learners : in the class; idle : seconds of silence after which a tab is let go
    """

    tabs: int = 12
    learners: int = 40
    idle: float = 45 * 60.0


USUAL = Limits()

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def name_of(authority: str) -> str:
    """The host in `host:port`, `[::1]:port` or `host`."""
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    return authority.partition(":")[0].lower()


def expected(connection: HTTPConnection, network: bool) -> bool:
    """Whether a request was meant for us: a known Host, and, where the browser sends an Origin, our own.

    Another web page that resolves its name to loopback (DNS rebinding) sends its own name as Host; a page that opens
    a socket to us from elsewhere sends its own origin.
    """
    host = connection.headers.get("host", "")
    known = name_of(host) in ("localhost", "127.0.0.1", "::1")
    if network:
        known = (
            known
            or name_of(host) in (sockets.gethostname().lower(), sockets.getfqdn().lower())
            or is_address(name_of(host))
        )
    origin = connection.headers.get("origin")
    return known and (origin is None or origin in (f"http://{host}", f"https://{host}"))


class Guard:
    """Turns away what was not meant for us, and adds the headers."""

    def __init__(self, app: Any, network: bool, key: str):
        self.app, self.network = app, network
        self.key = key  # of the teacher, for who starts the server to tell

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Let a request through, or not."""
        if scope["type"] in ("http", "websocket") and not expected(HTTPConnection(scope), self.network):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 4403})
                return
            await PlainTextResponse("This address is not served here.", 403)(scope, receive, send)
            return

        async def dressed(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += [(key.lower().encode(), value.encode()) for key, value in HEADERS.items()]
            await send(message)

        await self.app(scope, receive, dressed)


class Tabs:
    """The tabs of the whole studio, `limits.tabs` at a time; threads and turns are shared with the class."""

    def __init__(self, limits: Limits, address: str | None):
        self.limits, self.address = limits, address
        self.turns, self.runner = asyncio.Semaphore(cores()), Runner(cores())
        self.open: set[Connection] = set()

    async def serve(self, socket: WebSocket) -> None:
        """Serve one tab until it goes, or say that there are too many."""
        await socket.accept()
        if len(self.open) >= self.limits.tabs:
            await socket.send_json({"type": "ended", "why": "full", "most": self.limits.tabs})
            await socket.close(4001, "full")
            return
        connection = Connection(socket, self.limits.idle, self.turns, self.runner, self.address)
        self.open.add(connection)
        try:
            await connection.serve()
        finally:
            self.open.discard(connection)


async def page(request: Request) -> Response:
    """The page: the studio, or, by its path, the class of a teacher or of a learner."""
    return FileResponse(STATIC / "index.html")


async def notes(request: Request) -> Response:
    """A lesson to print."""
    try:
        return HTMLResponse(teaching.notes(request.path_params["name"]))
    except KeyError:
        return PlainTextResponse("No such lesson.", 404)


def application(
    limits: Limits = USUAL, folder: Path | None = None, network: bool = False, address: str | None = None
) -> Guard:
    """The studio as an ASGI application.

    Parameters
    ----------
    limits : how much is served at a time
    folder : where a class is kept, or None for the usual place
    network : whether it is opened to a network, so that other hosts than loopback are answered
    address : under which others on the network reach it, or None

    Raises
    ------
    BadInput : when a class is kept there that cannot be used
    """
    tabs = Tabs(limits, address)
    room = Class(folder or default_folder(), limits.learners, tabs.turns, address)

    async def tab(socket: WebSocket) -> None:
        with contextlib.suppress(WebSocketDisconnect):
            await tabs.serve(socket)

    async def seat(socket: WebSocket) -> None:
        await socket.accept()
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # the browser has gone
            await room.serve(socket)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        threading.Thread(target=warm_up, daemon=True).start()
        yield
        room.halt()
        for connection in list(tabs.open):
            connection.stop_runs.set()

    routes = [
        *(Route(path, page) for path in ("/", "/class", "/join")),
        WebSocketRoute("/class/socket", seat),
        Route("/lessons/{name}", notes),
        WebSocketRoute("/socket", tab),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    return Guard(Starlette(routes=routes, lifespan=lifespan), network, room.key)


def serve(
    port: int,
    host: str,
    browser: bool,
    say: Callable[[str], Any],
    limits: Limits = USUAL,
    folder: Path | None = None,
) -> None:
    """Serve until stopped with Ctrl-C; port 0 takes a free one.

    Parameters
    ----------
    limits, folder : as of `application`

    Raises
    ------
    BadInput : when the address, or a class that is kept in the folder, cannot be used
    """
    family = sockets.AF_INET6 if ":" in host else sockets.AF_INET
    listener = sockets.socket(family, sockets.SOCK_STREAM)
    listener.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)  # who comes before the server is up waits
    except OSError as error:
        listener.close()
        raise BadInput(f"studio: {host}, port {port}, cannot be used ({error.strerror}); try --port 0") from None
    port = listener.getsockname()[1]
    shown = "127.0.0.1" if host in ("0.0.0.0", "localhost") else "::1" if host == "::" else host
    url, reached = url_of(shown, port), on_network(host)
    address = url_of(reached, port) if reached else None
    try:
        app = application(limits, folder, not is_loopback(host), address)
    except BadInput:
        listener.close()
        raise
    if not is_loopback(host):
        say(
            "Warning: the studio is open to the network. Whoever reaches this machine can use its cores through it; "
            "there is no password but the code of a class. Use it in a network you trust, and stop it when the lesson "
            f"is over. Others reach it at {address or 'no address that could be found: is the machine on a network?'}"
        )
    say(f"The studio is at {url} (stop it with Ctrl-C)")
    say(f"For the teacher of a class alone: {url}class#key={app.key}")
    if browser:
        threading.Timer(1.0, webbrowser.open, (f"{url}#key={app.key}",)).start()
    config = uvicorn.Config(
        app,
        log_level="warning", ws="websockets-sansio", ws_max_size=messages.LARGEST,
        timeout_graceful_shutdown=2, ws_ping_interval=20, ws_ping_timeout=60,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[listener])
