"""Who lives where: the supervisor's table of the processes that are alive.

Every process keeps one connection to the directory. Connecting subscribes: the whole table comes first, then
each change. A process may register one or more entries over its connection, and *the connection is the proof
of life*: the kernel closes it when the process dies, however it dies, which makes it the fastest crash
detector there is. A process that is stopped (state T) or hangs keeps its connection; heartbeats find those.

| the name is             | register with | outcome                                                        |
|-------------------------|---------------|----------------------------------------------------------------|
| unknown                 | anything      | present                                                        |
| present or gone, older  | newer epoch   | present; a present older holder is told `Superseded`           |
| present, same epoch     | same pid      | back over a new connection; its new detail is taken            |
| present, same epoch     | other pid     | present; the earlier holder is told `Superseded` (last wins)   |
| gone, same epoch        | same epoch    | present                                                        |
| present or gone, newer  | older epoch   | refused ``superseded``: a zombie, it must exit                 |

Gone names are kept with their last epoch, so the last row holds after a crash too. The table is memory only:
a restarted directory learns it again from its clients within their back-off (500 ms), and the store's epoch
fence covers the gap.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
import structlog

from actors.transport.directory_wire import (
    ENCODER,
    ENTRY_DECODER,
    REFUSED_FULL,
    REFUSED_MALFORMED,
    REFUSED_SUPERSEDED,
    Changed,
    Entry,
    Message,
    OnChange,
    Superseded,
    Table,
)
from actors.transport.endpoint import Endpoint, EndpointBounds, Peer
from actors.transport.framing import Call

_log = structlog.get_logger(__name__)

#: The directory's socket inside the run directory.
DIRECTORY_SOCKET = "directory.sock"


@dataclass(slots=True)
class _Place:
    """One name: its latest entry and the connection that vouches for it."""

    entry: Entry
    #: None: gone.
    holder: Peer | None


class Directory:
    """The table, served on ``<run_dir>/directory.sock``.

    Args:
        on_change: Called on the loop for the supervisor itself: (entry, True) when it came or changed,
            (entry, False) when its connection closed. A newer epoch that takes over a present name is one
            (entry, True). Not called while the directory itself closes.
        names_max: Most names ever seen, gone ones included; beyond it new names are refused.
    """

    def __init__(self, *, on_change: OnChange, names_max: int = 4096) -> None:
        self._on_change: OnChange = on_change
        self._names_max: int = names_max
        self._id: int = time.time_ns()
        self._places: dict[str, _Place] = {}
        self._subscribers: dict[Peer, None] = {}
        self._endpoint: Endpoint = Endpoint(self, bounds=EndpointBounds(peers_max=1024))
        self._is_closing: bool = False

    async def listen(self, run_dir: Path | str) -> None:
        """Serve on the run directory's socket.

        Raises:
            AddressInvalid: The path is too long for a socket.
            OSError: It cannot be bound.
        """
        await self._endpoint.listen(f"unix:{Path(run_dir) / DIRECTORY_SOCKET}")

    async def close(self) -> None:
        """Disconnect everyone; the table stays readable as it was."""
        self._is_closing = True
        await self._endpoint.close()

    def entries(self) -> list[Entry]:
        """Return who is present, in order of first registration."""
        return [place.entry for place in self._places.values() if place.holder is not None]

    def get(self, name: str) -> Entry | None:
        """Return the present entry of a name, or None."""
        place = self._places.get(name)
        return place.entry if place is not None and place.holder is not None else None

    def last_known(self, name: str) -> Entry | None:
        """Return the latest entry of a name, gone or not: its epoch and pid outlive its connection."""
        place = self._places.get(name)
        return place.entry if place is not None else None

    def connected(self, peer: Peer) -> None:
        """Subscribe a process (called by the endpoint)."""
        self._subscribers[peer] = None
        _push(peer, Table(self._id, self.entries()))

    def received(self, peer: Peer, calls: list[Call]) -> None:
        """Register entries (called by the endpoint)."""
        for call in calls:
            try:
                refusal = self._register(peer, ENTRY_DECODER.decode(call.body))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                refusal = REFUSED_MALFORMED
            if refusal is None:
                peer.reply(call.id, b"")
            else:
                _log.warning("directory_refused", peer=peer.name, reason=refusal)
                peer.fail(call.id, refusal)

    def disconnected(self, peer: Peer) -> None:
        """Mark everything this connection vouched for as gone (called by the endpoint)."""
        _ = self._subscribers.pop(peer, None)
        for place in self._places.values():
            if place.holder is peer:
                place.holder = None
                self._announce(place.entry, present=False)

    def _register(self, peer: Peer, entry: Entry) -> str | None:
        """Apply the table of the module's docstring; return the refusal, or None."""
        place = self._places.get(entry.name)
        if place is None:
            if len(self._places) >= self._names_max:
                return REFUSED_FULL
            self._places[entry.name] = _Place(entry, peer)
            self._announce(entry, present=True)
            return None
        if entry.epoch < place.entry.epoch:
            return REFUSED_SUPERSEDED
        holder, before = place.holder, place.entry
        place.holder, place.entry = peer, entry
        is_same_process = holder is peer or (before.epoch, before.pid) == (entry.epoch, entry.pid)
        if holder is not None and not is_same_process:
            _push(holder, Superseded(entry.name, entry.epoch))
        if holder is None or before != entry:
            self._announce(entry, present=True)
        return None

    def _announce(self, entry: Entry, *, present: bool) -> None:
        if self._is_closing:
            return
        _log.info("directory_changed", name=entry.name, epoch=entry.epoch, pid=entry.pid, present=present)
        body = ENCODER.encode(Changed(entry, present))
        for subscriber in self._subscribers:
            subscriber.push(body)
        self._on_change(entry, present)


def _push(peer: Peer, message: Message) -> None:
    peer.push(ENCODER.encode(message))
