"""The console: one read-only page that shows the country, and the endpoints for machines beside it.

| path | what |
|---|---|
| ``/`` | the page (``console.html``), Chinese with an English switch |
| ``/events`` | the overview about once a second, as server-sent events |
| ``/metrics`` | Prometheus |
| ``/healthz`` | 200 while this process serves |
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from importlib import resources

import uvicorn
from google.protobuf.json_format import MessageToJson
from sse_starlette.sse import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from gateway.held_port import listener
from gateway.metrics import Metrics
from gateway.overview import Overviews

EVERY_S = 1.0
#: Connections that wait to be taken in.
BACKLOG = 128


class ConsoleServer:
    """Serves the console on the gateway's own loop."""

    def __init__(self, overviews: Overviews, metrics: Metrics) -> None:
        self._overviews = overviews
        self._metrics = metrics
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None

    async def start(self, address: str, *, is_held: bool = False) -> str:
        """Listen; the bound address, host:port.

        Args:
            is_held: the port is held for us (`gateway.held_port`).

        Raises:
            OSError: somebody listens there already, or the host is not this machine's.
        """
        host, _, port = address.rpartition(":")
        bound = listener(host.strip("[]"), int(port), BACKLOG, is_held=is_held)
        app = Starlette(
            routes=[
                Route("/", self._page),
                Route("/events", self._events),
                Route("/metrics", self._metrics_text),
                Route("/healthz", self._healthz),
            ]
        )
        config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=2)
        self._server = _Uvicorn(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[bound]))
        return f"{host}:{bound.getsockname()[1]}"

    async def stop(self) -> None:
        """End all connections."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving

    async def _page(self, request: Request) -> Response:
        del request
        html = resources.files("gateway").joinpath("console.html").read_text(encoding="utf-8")
        return HTMLResponse(html)

    async def _events(self, request: Request) -> Response:
        del request
        return EventSourceResponse(self._overview_events())

    async def _overview_events(self) -> AsyncIterator[dict[str, str]]:
        while self._server is not None and not self._server.should_exit:
            overview = await self._overviews.now()
            yield {"event": "overview", "data": MessageToJson(overview, indent=None)}
            await asyncio.sleep(EVERY_S)

    async def _metrics_text(self, request: Request) -> Response:
        del request
        text = self._metrics.text(await self._overviews.now())
        return Response(text, media_type="text/plain; version=0.0.4")

    async def _healthz(self, request: Request) -> Response:
        del request
        return PlainTextResponse("ok\n")


class _Uvicorn(uvicorn.Server):
    """Uvicorn without signal handlers: signals belong to the gateway as a whole."""

    @contextlib.contextmanager
    def capture_signals(self):
        """Leave the signals alone."""
        yield
