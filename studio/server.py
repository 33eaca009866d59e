"""The studio's server: a page, its files, lessons to print, and a socket a tab; on loopback unless asked otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket as sockets
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from experiments.runs.given import BadInput, cores
from studio import messages, teaching
from studio.connection import Connection, warm_up
from studio.page import STATIC
from studio.spread import Runner

MOST_SESSIONS = 12
IDLE = 45 * 60.0  # seconds without a word from the page
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
        known = known or name_of(host) in (sockets.gethostname().lower(), sockets.getfqdn().lower()) or is_address(host)
    origin = connection.headers.get("origin")
    return known and (origin is None or origin in (f"http://{host}", f"https://{host}"))


def is_address(authority: str) -> bool:
    """Whether the host is written as an address: rebinding needs a name."""
    try:
        ipaddress.ip_address(name_of(authority))
    except ValueError:
        return False
    return True


class Guard:
    """Turns away what was not meant for us, and adds the headers."""

    def __init__(self, app: Any, network: bool):
        self.app, self.network = app, network

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


def application(network: bool = False, idle: float = IDLE, most: int = MOST_SESSIONS) -> Any:
    """The studio as an ASGI application.

    Parameters
    ----------
    network : whether it is opened to a network, so that other hosts than loopback are answered
    idle : seconds of silence after which a tab is let go
    most : tabs served at a time
    """
    turns, runner = asyncio.Semaphore(cores()), Runner(cores())
    open_now: set[Connection] = set()

    async def page(request: Request) -> Response:
        return FileResponse(STATIC / "index.html")

    async def notes(request: Request) -> Response:
        try:
            return HTMLResponse(teaching.notes(request.path_params["name"]))
        except KeyError:
            return PlainTextResponse("No such lesson.", 404)

    async def tab(socket: WebSocket) -> None:
        await socket.accept()
        try:
            if len(open_now) >= most:
                await socket.send_json({"type": "ended", "why": "full", "most": most})
                await socket.close(4001, "full")
                return
            connection = Connection(socket, idle, turns, runner)
            open_now.add(connection)
            try:
                await connection.serve()
            finally:
                open_now.discard(connection)
        except WebSocketDisconnect:
            pass

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        threading.Thread(target=warm_up, daemon=True).start()
        yield
        for connection in list(open_now):
            connection.stop_runs.set()

    routes = [
        Route("/", page),
        Route("/lessons/{name}", notes),
        WebSocketRoute("/socket", tab),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    return Guard(Starlette(routes=routes, lifespan=lifespan), network)


def serve(
    port: int, host: str, browser: bool, say: Callable[[str], Any], idle: float = IDLE, most: int = MOST_SESSIONS
) -> None:
    """Serve until stopped with Ctrl-C; port 0 takes a free one.

    Raises
    ------
    BadInput : when the address cannot be used
    """
    loopback = host == "localhost" or (is_address(host) and ipaddress.ip_address(host).is_loopback)
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
    shown = "127.0.0.1" if host in ("0.0.0.0", "localhost") else "[::1]" if ":" in host else host
    url = f"http://{shown}:{port}/"
    if not loopback:
        say(
            "Warning: the studio is open to the network. Whoever reaches this machine can use its cores through it; "
            "there is no password. Use it in a network you trust, and stop it when the lesson is over."
        )
    say(f"The studio is at {url} (stop it with Ctrl-C)")
    if browser:
        threading.Timer(1.0, webbrowser.open, (url,)).start()
    config = uvicorn.Config(
        application(not loopback, idle, most),
        log_level="warning", ws="websockets-sansio", ws_max_size=messages.LARGEST,
        timeout_graceful_shutdown=2, ws_ping_interval=20, ws_ping_timeout=60,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[listener])
