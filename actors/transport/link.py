"""The client side: one link follows one actor through its restarts.

    no address ──connect_to(a)──▶ connecting ──socket open──▶ connected ──lost──▶ back-off ──▶ connecting …
        ▲                                                        │
        └───────────── connect_to(None), from anywhere ──────────┘

`connect_to` changes the target at any time: a new address tears down the old connection at once, because
whoever answers there is a predecessor. While connected, `call` and `call_soon` send; otherwise they fail at
once with `LinkDown`.

If a call succeeds, its body was answered by the far side. If it fails with

- `LinkDown`, `LinkFull`, `BodyTooLarge`: it was definitely not sent.
- `LinkLost`, `CallTimedOut`: nobody knows. Retry with the same request id.
- `CallFailed`: the far side refused it.

The back-off doubles from `retry_min_ms` to `retry_max_ms` and starts afresh only after a connection that
brought something, so an endpoint that accepts and closes does not spin the loop. No jitter: a dozen gateways
on one host are no herd.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from actors.transport.address import Address, open_connection, parse_address
from actors.transport.connection import Connection
from actors.transport.errors import BodyTooLarge, CallFailed, CallTimedOut, LinkDown, LinkFull, LinkLost
from actors.transport.framing import BODY_BYTES_MAX, PROTOCOL_VERSION, Call, Error, Hello, Item, Push, Reply

_log = structlog.get_logger(__name__)

OnPush = Callable[[list[bytes]], None]
OnState = Callable[[bool], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkBounds:
    """Limits of one link."""

    #: Most calls that may wait for an answer.
    calls_in_flight_max: int = 16_384
    #: Most bytes that may wait for the far side to read them.
    unsent_bytes_max: int = 64 * 1024 * 1024
    #: First pause before reconnecting.
    retry_min_ms: int = 20
    #: Longest pause before reconnecting.
    retry_max_ms: int = 500


class Link:
    """A connection that comes back by itself, and the calls in flight on it.

    Args:
        name: Sent as HELLO, e.g. ``gateway/1``; see `endpoint.PEER_NAME`.
        on_push: Gets every pushed body of one read, in order; replies of the same read reach their callers
            after it.
        on_state: Told True when calls can be sent, False when no longer (every call in flight has failed by
            then).
        bounds: Limits; the defaults suit one gateway and one province.
    """

    def __init__(self, name: str, *, on_push: OnPush, on_state: OnState, bounds: LinkBounds | None = None) -> None:
        self.name: str = name
        self.bounds: LinkBounds = bounds or LinkBounds()
        self._on_push: OnPush = on_push
        self._on_state: OnState = on_state
        self._address: Address | None = None
        self._runner: asyncio.Task[None] | None = None
        #: The connection being made or in use; any other belongs to an earlier target.
        self._attempt: _LinkConnection | None = None
        self._connection: _LinkConnection | None = None
        self._connected: asyncio.Event = asyncio.Event()
        self._calls: dict[int, asyncio.Future[bytes]] = {}
        self._last_call_id: int = 0

    @property
    def address(self) -> str | None:
        """The present target."""
        return str(self._address) if self._address is not None else None

    @property
    def is_connected(self) -> bool:
        """Whether a call would be sent now."""
        return self._connection is not None

    @property
    def calls_in_flight(self) -> int:
        """Calls that wait for an answer."""
        return len(self._calls)

    def connect_to(self, address: str | None) -> None:
        """Set the target; needs a running loop. The same address again changes nothing.

        Raises:
            AddressInvalid: The address cannot be read; the old target stays.
        """
        target = parse_address(address) if address is not None else None
        if target == self._address:
            return
        self._address = target
        if self._runner is not None:
            _ = self._runner.cancel()
            self._runner = None
        self._attempt = None
        self._abandon("address_changed")
        if target is not None:
            self._runner = asyncio.get_running_loop().create_task(self._follow(target), name=f"link {self.name}")

    async def close(self) -> None:
        """Forget the target and wait until nothing of this link runs any more."""
        runner, connection = self._runner, self._connection
        self.connect_to(None)
        if runner is not None:
            _ = await asyncio.wait([runner])
        if connection is not None:
            _ = await connection.gone.wait()

    async def wait_connected(self, timeout_s: float) -> None:
        """Return as soon as calls can be sent.

        Raises:
            LinkDown: Not connected within `timeout_s`.
        """
        try:
            async with asyncio.timeout(timeout_s):
                _ = await self._connected.wait()
        except TimeoutError:
            raise LinkDown(self.name) from None

    async def call(self, body: bytes, *, timeout_s: float) -> bytes:
        """Send a call and return its answer; cancelling it disturbs nobody else.

        Raises:
            LinkDown, LinkFull, BodyTooLarge: Definitely not sent.
            LinkLost, CallTimedOut: Outcome unknown.
            CallFailed: The far side refused it.
        """
        call_id, future = self._send(body)
        timer = future.get_loop().call_later(timeout_s, self._time_out, future, timeout_s)
        try:
            return await future
        finally:
            timer.cancel()
            _ = self._calls.pop(call_id, None)

    def call_soon(self, body: bytes) -> asyncio.Future[bytes]:
        """Queue a call without waiting; it leaves with everything else of this turn of the loop.

        The future fails as `call` does, except that it never times out. Cancelling it frees its place,
        and its late reply is dropped.
        """
        call_id, future = self._send(body)
        future.add_done_callback(lambda _: self._calls.pop(call_id, None))
        return future

    def _send(self, body: bytes) -> tuple[int, asyncio.Future[bytes]]:
        """Queue a call, or return a future that has failed already."""
        connection = self._connection
        loop = asyncio.get_running_loop() if connection is None else connection.loop
        future: asyncio.Future[bytes] = loop.create_future()
        call_id = self._last_call_id = self._last_call_id + 1
        refusal = LinkDown(self.name) if connection is None else self._refusal(connection, body)
        if connection is None or refusal is not None:
            future.set_exception(refusal or LinkDown(self.name))
        else:
            self._calls[call_id] = future
            connection.send(Call(call_id, body), len(body))
        return call_id, future

    def _refusal(self, connection: Connection, body: bytes) -> LinkFull | BodyTooLarge | None:
        bounds = self.bounds
        if len(body) > BODY_BYTES_MAX:
            return BodyTooLarge(len(body), BODY_BYTES_MAX)
        if len(self._calls) >= bounds.calls_in_flight_max:
            return LinkFull(self.name, "calls_in_flight_max", bounds.calls_in_flight_max)
        if connection.backlog_bytes + len(body) > bounds.unsent_bytes_max:
            return LinkFull(self.name, "unsent_bytes_max", bounds.unsent_bytes_max)
        return None

    def _time_out(self, future: asyncio.Future[bytes], timeout_s: float) -> None:
        if not future.done():
            future.set_exception(CallTimedOut(self.name, timeout_s))

    async def _follow(self, address: Address) -> None:
        """Keep one connection to the address until cancelled."""
        retry_ms = self.bounds.retry_min_ms
        while True:
            connection = self._attempt = _LinkConnection(self, address)
            try:
                await open_connection(connection, address)
                _ = await connection.gone.wait()
            except (OSError, UnicodeError) as error:
                _log.debug("link_connect_failed", link=self.name, address=str(address), error=type(error).__name__)
            if connection.has_received:
                retry_ms = self.bounds.retry_min_ms
            await asyncio.sleep(retry_ms / 1000)
            retry_ms = min(retry_ms * 2, self.bounds.retry_max_ms)

    def connection_opened(self, connection: "_LinkConnection") -> None:
        """Start using a fresh connection, unless the target has changed meanwhile."""
        if connection is not self._attempt:
            connection.abort("address_changed")
            return
        self._connection = connection
        connection.send(Hello(PROTOCOL_VERSION, self.name), len(self.name))
        self._connected.set()
        self._on_state(True)

    def connection_lost(self, connection: "_LinkConnection", reason: str) -> None:
        """Fail what was in flight, if this was still our connection."""
        if connection is self._connection:
            _log.info("link_lost", link=self.name, address=self.address, reason=reason)
            self._abandon(reason)

    def _abandon(self, reason: str) -> None:
        """Stop using the connection at once and fail every call in flight."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        self._connected.clear()
        connection.abort(reason)
        calls, self._calls = self._calls, {}
        for future in calls.values():
            if not future.done():
                future.set_exception(LinkLost(self.name, reason))
        self._on_state(False)

    def items_received(self, items: list[Item]) -> None:
        """Settle calls; pass pushes on; ignore answers that nobody waits for."""
        pushes: list[bytes] = []
        for item in items:
            if isinstance(item, Reply):
                future = self._calls.pop(item.id, None)
                if future is not None and not future.done():
                    future.set_result(item.body)
            elif isinstance(item, Push):
                pushes.append(item.body)
            elif isinstance(item, Error):
                future = self._calls.pop(item.id, None)
                if future is not None and not future.done():
                    future.set_exception(CallFailed(self.name, item.reason))
            elif self._connection is not None:
                self._connection.drop("answer_expected")
        if pushes:
            self._on_push(pushes)


class _LinkConnection(Connection):
    """One attempt to reach one address."""

    def __init__(self, link: Link, address: Address) -> None:
        super().__init__(link.bounds.unsent_bytes_max)
        self._link: Link = link
        self.label: str = str(address)
        #: Set when the socket is gone.
        self.gone: asyncio.Event = asyncio.Event()

    def opened(self) -> None:
        self._link.connection_opened(self)

    def items_received(self, items: list[Item]) -> None:
        self._link.items_received(items)

    def lost(self, reason: str) -> None:
        self.gone.set()
        self._link.connection_lost(self, reason)
