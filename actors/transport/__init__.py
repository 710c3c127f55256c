"""Sockets that carry the load between gateways and actors, and the directory that says who lives where.

**Theory of operation.** An actor opens an `Endpoint` under `socket_address(run_dir, name, epoch)` and
registers it with the supervisor's `Directory` through a `DirectoryClient`. A gateway watches the directory
and keeps one `Link` per province, pointed by `connect_to` at whatever address the directory pushed last.

    gateway                                 actor                                supervisor
    Link ──CALL…──▶ one frame per turn ──▶ Endpoint ─▶ Handler.received(calls)
         ◀─REPLY…── one frame per turn ◀── Peer.reply after the fsync
    DirectoryClient ◀────────── table, changes ──────────────────────────────────── Directory
                                DirectoryClient ──────── my entry ────────────────▶    │
                                        └─ closed connection = crash ──────────────────┘

Everything that a side queues during one turn of its event loop travels as one frame in one write, and all
calls of one read reach the handler as one list: batches arise by themselves under load, nobody waits for one.

**What is guaranteed.** Calls of one link reach the handler in the order they were made, each at most once.
Nothing is ever sent again by this package. A failed call says whether it may have been executed (`errors`).
Every queue has a named bound (`EndpointBounds`, `LinkBounds`, `FRAME_BYTES_MAX`), and reaching it is a
refusal or a closed connection with a logged reason, never an exception out of the protocol.

**What is not done.** No TLS and no keepalive on ``tcp:`` addresses yet; no streams (queues cost an extra task
switch per read); no retry of calls, which belongs to whoever holds the request id.

**Figures** (two processes on a shared 2-core machine, Python 3.11, 300-byte bodies both ways, an echo as
handler, default bounds; medians of five runs within ±20 %, for TCP a single run).

| what                                          | unix socket     | tcp loopback    |
|-----------------------------------------------|-----------------|-----------------|
| one call after another, median                | 124–130 µs      | 135 µs          |
| the same without us: a bare asyncio echo      | 99 µs           |                 |
| 64 callers awaiting `call`                    | 107,000 calls/s | 106,000 calls/s |
| 500 callers awaiting `call`                   | 127,000 calls/s | 105,000 calls/s |
| 500 `call_soon` in one turn, then all awaited | 152,000 calls/s | 168,000 calls/s |

At a quieter hour the first row was 83 to 93 µs (TCP 64), so judge it by its ratio to the bare echo.
"""

from actors.transport.address import parse_address, socket_address
from actors.transport.directory import DIRECTORY_SOCKET, Directory
from actors.transport.directory_client import DirectoryClient
from actors.transport.directory_wire import Entry
from actors.transport.endpoint import Endpoint, EndpointBounds, Handler, Peer
from actors.transport.errors import (
    AddressInvalid,
    BodyTooLarge,
    CallFailed,
    CallTimedOut,
    LinkDown,
    LinkFull,
    LinkLost,
    TransportError,
)
from actors.transport.framing import BODY_BYTES_MAX, FRAME_BYTES_MAX, Call
from actors.transport.link import Link, LinkBounds

__all__ = [
    "BODY_BYTES_MAX",
    "DIRECTORY_SOCKET",
    "FRAME_BYTES_MAX",
    "AddressInvalid",
    "BodyTooLarge",
    "Call",
    "CallFailed",
    "CallTimedOut",
    "Directory",
    "DirectoryClient",
    "Endpoint",
    "EndpointBounds",
    "Entry",
    "Handler",
    "Link",
    "LinkBounds",
    "LinkDown",
    "LinkFull",
    "LinkLost",
    "Peer",
    "TransportError",
    "parse_address",
    "socket_address",
]
