"""The server side: an actor opens one endpoint and answers every peer that connects.

A peer is silent until its HELLO; then all calls of one read go to the handler as one list, which is how a
commit loop gets batches without asking for them. Answers may come at any time and in any order.

| what a peer does                                     | outcome                                           |
|------------------------------------------------------|---------------------------------------------------|
| no HELLO within `hello_timeout_s`                    | closed, ``hello_timeout``                         |
| first item is no HELLO                               | closed, ``hello_expected``                        |
| a HELLO of another version or with a bad name        | closed, ``hello_refused``                         |
| anything but calls after it                          | closed, ``call_expected``                         |
| a frame too large or malformed                       | calls before it are delivered, then closed,       |
|                                                      | ``frame_too_large`` or ``frame_malformed``        |
| reads so slowly that `unsent_bytes_max` is passed    | closed, ``slow_reader``; its calls stay executed  |
| is one more than `peers_max`                         | closed, ``peers_full``                            |

Not done here: calls are not bounded (the handler owns its queue and refuses with `Peer.fail`), and nobody is
authenticated: a Unix socket's file mode keeps others out, TCP needs TLS in front.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, cast

import structlog

from actors.transport.address import Address, TcpAddress, UnixAddress, parse_address, start_server
from actors.transport.connection import Connection
from actors.transport.errors import AddressInvalid
from actors.transport.framing import BODY_BYTES_MAX, PROTOCOL_VERSION, Call, Error, Hello, Item, Push, Reply

_log = structlog.get_logger(__name__)

#: What a peer may call itself.
PEER_NAME: Final = re.compile(r"[A-Za-z0-9._/-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointBounds:
    """Limits of one endpoint."""

    #: Most connections at a time.
    peers_max: int = 256
    #: Most bytes that may wait for one peer to read them; keep it above one frame (16 MiB).
    unsent_bytes_max: int = 64 * 1024 * 1024
    #: How long a connection may stay without a HELLO.
    hello_timeout_s: float = 5.0
    #: How long `close` lets peers read what was already answered.
    close_grace_s: float = 1.0


class Peer:
    """One connected link, seen from the endpoint; after the disconnect every method does nothing."""

    __slots__ = ("_connection", "name")

    def __init__(self, name: str, connection: Connection) -> None:
        self._connection: Connection = connection
        #: From the link's HELLO, e.g. ``gateway/1``; two connections may carry the same name.
        self.name: str = name

    @property
    def backlog_bytes(self) -> int:
        """Bytes that this peer has not read yet, as far as this process knows."""
        return self._connection.backlog_bytes

    @property
    def closed_reason(self) -> str | None:
        """Why the connection ended, or None while it is open."""
        return self._connection.closed_reason

    def reply(self, call_id: int, body: bytes) -> None:
        """Answer a call; a body over `BODY_BYTES_MAX` becomes the failure ``reply_too_large``."""
        if len(body) > BODY_BYTES_MAX:
            self.fail(call_id, "reply_too_large")
            return
        self._connection.send(Reply(call_id, body), len(body))

    def fail(self, call_id: int, code: str) -> None:
        """Answer a call with a short ASCII code; the caller gets `CallFailed`."""
        self._connection.send(Error(call_id, code), len(code))

    def push(self, body: bytes) -> None:
        """Send something unasked; a body over `BODY_BYTES_MAX` closes the connection, a gap being worse."""
        if len(body) > BODY_BYTES_MAX:
            self.drop("push_too_large")
            return
        self._connection.send(Push(0, body), len(body))

    def drop(self, reason: str) -> None:
        """Close this connection at once; `Handler.disconnected` follows in a later turn."""
        self._connection.drop(reason)


class Handler(Protocol):
    """What an endpoint's owner does; called on the loop, must not block and must not raise."""

    def connected(self, peer: Peer) -> None:
        """A link introduced itself."""
        ...

    def received(self, peer: Peer, calls: list[Call]) -> None:
        """One read brought these calls, at least one, in the order they were made."""
        ...

    def disconnected(self, peer: Peer) -> None:
        """The connection is gone; called once for every `connected`, never from inside a `Peer` method."""
        ...


class Endpoint:
    """Listens on one address and serves many peers."""

    def __init__(self, handler: Handler, *, bounds: EndpointBounds | None = None) -> None:
        self.handler: Handler = handler
        self.bounds: EndpointBounds = bounds or EndpointBounds()
        # A dict keeps arrival order, so that closing is deterministic.
        self.connections: dict[_PeerConnection, None] = {}
        self._server: asyncio.Server | None = None
        self._address: Address | None = None
        self._socket_inode: int | None = None
        self._empty: asyncio.Event = asyncio.Event()
        #: Connections with something to send, while `gather` looks after them.
        self.gathered: list[_PeerConnection] | None = None

    @property
    def address(self) -> str:
        """Where to connect, with the real port; empty before `listen`."""
        return str(self._address) if self._address is not None else ""

    async def listen(self, address: str) -> None:
        """Start serving on ``unix:/path`` or ``tcp:host:port`` (port 0: any free one, see `address`).

        Raises:
            AddressInvalid: The address cannot be read, or this endpoint listens already.
            OSError: The address cannot be bound.
        """
        if self._server is not None:
            raise AddressInvalid(address, "this endpoint listens already")
        wanted = parse_address(address)
        self._server = await start_server(lambda: _PeerConnection(self), wanted)
        if isinstance(wanted, TcpAddress):
            port = cast("int", self._server.sockets[0].getsockname()[1])
            self._address = TcpAddress(wanted.host, port)
        else:
            self._address = wanted
            self._socket_inode = _inode(wanted)

    async def close(self) -> None:
        """Stop listening, remove the socket file, give peers `close_grace_s` to read their last answers."""
        if self._server is None:
            return
        server, self._server = self._server, None
        # Our open socket pins its inode, so the file is compared before the server closes.
        self._unlink()
        server.close()
        for connection in list(self.connections):
            connection.close("endpoint_closed")
        if not await self._emptied(self.bounds.close_grace_s):
            for connection in list(self.connections):
                connection.abort("endpoint_closed")
            _ = await self._emptied(self.bounds.close_grace_s)
        await server.wait_closed()

    def gather(self, work: Callable[[], None]) -> None:
        """Do some work and send all that it said to peers at once, instead of in the next turn of the loop.

        If it raises, nothing is sent before the next turn.
        """
        gathered: list[_PeerConnection] = []
        self.gathered = gathered
        send = _PeerConnection.flush_soon
        try:
            work()
            send = _PeerConnection.flush
        finally:
            self.gathered = None
            for connection in gathered:
                send(connection)

    def forget(self, connection: "_PeerConnection") -> None:
        """Drop a dead connection from the table."""
        _ = self.connections.pop(connection, None)
        if not self.connections:
            self._empty.set()

    async def _emptied(self, timeout_s: float) -> bool:
        if not self.connections:
            return True
        self._empty.clear()
        try:
            async with asyncio.timeout(timeout_s):
                return await self._empty.wait()
        except TimeoutError:
            return False

    def _unlink(self) -> None:
        """Remove our socket file, but never one that a successor bound in our place."""
        if not isinstance(self._address, UnixAddress):
            return
        try:
            if _inode(self._address) == self._socket_inode:
                Path(self._address.path).unlink()
        except FileNotFoundError:
            _log.debug("transport_socket_already_gone", address=self.address)


def _inode(address: UnixAddress) -> int:
    return Path(address.path).stat().st_ino


class _PeerConnection(Connection):
    """Waits for the HELLO, then passes calls on."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint.bounds.unsent_bytes_max)
        self._endpoint: Endpoint = endpoint
        self._peer: Peer | None = None
        self._hello_timer: asyncio.TimerHandle | None = None

    def opened(self) -> None:
        bounds = self._endpoint.bounds
        if len(self._endpoint.connections) >= bounds.peers_max:
            self.drop("peers_full")
            return
        self._endpoint.connections[self] = None
        self._hello_timer = self.loop.call_later(bounds.hello_timeout_s, self.drop, "hello_timeout")

    def flush_soon(self) -> None:
        if self._endpoint.gathered is None:
            super().flush_soon()
        else:
            self._endpoint.gathered.append(self)

    def items_received(self, items: list[Item]) -> None:
        if self._peer is None:
            self._greet(items.pop(0))
        if self._peer is None or not items:
            return
        calls = [item for item in items if type(item) is Call]
        if len(calls) != len(items):
            self.drop("call_expected")
            return
        self._endpoint.handler.received(self._peer, calls)

    def _greet(self, first: Item) -> None:
        if self._hello_timer is not None:
            self._hello_timer.cancel()
        if not isinstance(first, Hello):
            self.drop("hello_expected")
        elif first.version != PROTOCOL_VERSION or PEER_NAME.fullmatch(first.name) is None:
            self.drop("hello_refused")
        else:
            self.label = first.name
            self._peer = Peer(first.name, self)
            self._endpoint.handler.connected(self._peer)

    def lost(self, reason: str) -> None:
        if self._hello_timer is not None:
            self._hello_timer.cancel()
        self._endpoint.forget(self)
        if self._peer is not None:
            self._endpoint.handler.disconnected(self._peer)
