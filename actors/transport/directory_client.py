"""A process's view of the directory: the last known table, and its own entry in it.

The client reconnects for ever and registers again each time. While it is disconnected the last known table
stays: a supervisor's death must not tear down links that work. For the same reason a *restarted* directory,
which knows nobody at first, is given `settle_s` before entries that it does not list are reported as gone.

`disconnected_since` lets an orphan (its supervisor is dead and does not come back) decide to exit.
`on_superseded` means that a newer incarnation holds our name: the receiver is a zombie and must exit; it
stays subscribed but no longer registers.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec
import structlog

from actors.transport.directory_wire import (
    ENCODER,
    MESSAGE_DECODER,
    REFUSED_SUPERSEDED,
    Changed,
    Entry,
    Message,
    OnChange,
    Superseded,
    Table,
)
from actors.transport.errors import CallFailed, LinkDown, TransportError
from actors.transport.link import Link, LinkBounds

_log = structlog.get_logger(__name__)

#: How long a restarted directory may take to hear from everyone: several of the links' longest back-offs.
SETTLE_S = 3.0


class DirectoryClient:
    """Follows the directory; all callbacks come on the loop.

    Args:
        path: The directory's socket.
        name: Name of this process, e.g. ``gateway/1``.
        register: Entry to register, or None to watch only; see `register` to set it later.
        on_change: (entry, True) when it came or changed, (entry, False) when it went; our own entry too.
        on_superseded: Called once when a newer incarnation holds our name.
        bounds: Limits and back-off of the link.
        settle_s: See the module's docstring.
    """

    def __init__(
        self,
        path: Path | str,
        name: str,
        *,
        register: Entry | None,
        on_change: OnChange,
        on_superseded: Callable[[], None] = lambda: None,
        bounds: LinkBounds | None = None,
        settle_s: float = SETTLE_S,
    ) -> None:
        self.name: str = name
        self._address: str = f"unix:{path}"
        self._entry: Entry | None = register
        self._on_change: OnChange = on_change
        self._on_superseded: Callable[[], None] = on_superseded
        self._link: Link = Link(name, on_push=self._pushed, on_state=self._state_changed, bounds=bounds)
        self._table: dict[str, Entry] = {}
        self._directory_id: int | None = None
        self._settle_s: float = settle_s
        #: Known entries that a restarted directory has not listed yet.
        self._unconfirmed: dict[str, Entry] = {}
        self._settle_timer: asyncio.TimerHandle | None = None
        self._is_registered: bool = False
        self._is_superseded: bool = False
        self._ready: asyncio.Event = asyncio.Event()
        #: `time.monotonic` seconds since when we are connected, or None.
        self.connected_since: float | None = None
        #: `time.monotonic` seconds since when we are not, counted from `start`; None while connected.
        self.disconnected_since: float | None = None

    def start(self) -> None:
        """Begin connecting; needs a running loop.

        Raises:
            AddressInvalid: The path is too long for a socket.
        """
        self.disconnected_since = time.monotonic()
        self._link.connect_to(self._address)

    async def close(self) -> None:
        """Disconnect, which takes our entry out of the directory; the table stays as it was."""
        await self._link.close()
        self._stop_settling()

    async def ready(self, timeout_s: float = 30.0) -> None:
        """Wait until the first table has come and our entry, if any, was accepted.

        Raises:
            LinkDown: Not within `timeout_s`.
            CallFailed: We are superseded.
        """
        try:
            async with asyncio.timeout(timeout_s):
                _ = await self._ready.wait()
        except TimeoutError:
            raise LinkDown(self.name) from None
        if self._is_superseded:
            raise CallFailed(self.name, REFUSED_SUPERSEDED)

    @property
    def table(self) -> Mapping[str, Entry]:
        """The last known table by name: a live read-only view, kept while disconnected."""
        return MappingProxyType(self._table)

    def register(self, entry: Entry) -> None:
        """Set or change our entry, now and on every later connection; a no-op once superseded."""
        if self._is_superseded:
            return
        self._entry = entry
        if self._link.is_connected:
            self._send_entry(entry)

    def _state_changed(self, connected: bool) -> None:
        now = time.monotonic()
        self.connected_since = now if connected else None
        self.disconnected_since = None if connected else now
        if not connected:
            self._is_registered = False
        elif self._entry is not None:
            self._send_entry(self._entry)

    def _send_entry(self, entry: Entry) -> None:
        self._link.call_soon(ENCODER.encode(entry)).add_done_callback(self._answered)

    def _answered(self, answer: asyncio.Future[bytes]) -> None:
        failure = None if answer.cancelled() else answer.exception()
        if failure is None:
            self._is_registered = True
            self._check_ready()
        elif isinstance(failure, CallFailed) and failure.reason == REFUSED_SUPERSEDED:
            self._superseded()
        elif isinstance(failure, TransportError):
            # A lost link registers again when it is back; any other refusal is tried again then too.
            _log.warning("directory_registration_failed", name=self.name, error=str(failure))

    def _superseded(self) -> None:
        self._entry = None
        if not self._is_superseded:
            self._is_superseded = True
            _log.warning("directory_superseded", name=self.name)
            self._ready.set()
            self._on_superseded()

    def _check_ready(self) -> None:
        if self._directory_id is not None and (self._entry is None or self._is_registered):
            self._ready.set()

    def _pushed(self, bodies: list[bytes]) -> None:
        for body in bodies:
            try:
                message = MESSAGE_DECODER.decode(body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                _log.warning("directory_message_malformed", name=self.name, size_bytes=len(body))
                continue
            self._apply(message)

    def _apply(self, message: Message) -> None:
        match message:
            case Table():
                self._replace_table(message)
                self._check_ready()
            case Changed(entry=entry, present=True):
                self._put(entry)
            case Changed(entry=entry):
                self._remove(entry)
            case Superseded():
                self._superseded()

    def _replace_table(self, table: Table) -> None:
        """Take a whole table; what it lacks is gone, at once or, after a restart, in `settle_s`."""
        is_restarted = self._directory_id not in (None, table.directory_id)
        self._directory_id = table.directory_id
        present = {entry.name for entry in table.entries}
        self._unconfirmed = {name: entry for name, entry in self._table.items() if name not in present}
        for entry in table.entries:
            self._put(entry)
        if is_restarted or self._settle_timer is not None:
            self._stop_settling()
            self._settle_timer = asyncio.get_running_loop().call_later(self._settle_s, self._settled)
        else:
            self._remove_unconfirmed()

    def _settled(self) -> None:
        self._settle_timer = None
        if self._link.is_connected:
            self._remove_unconfirmed()

    def _remove_unconfirmed(self) -> None:
        unconfirmed, self._unconfirmed = self._unconfirmed, {}
        for entry in unconfirmed.values():
            self._remove(entry)

    def _stop_settling(self) -> None:
        if self._settle_timer is not None:
            self._settle_timer.cancel()
            self._settle_timer = None

    def _put(self, entry: Entry) -> None:
        _ = self._unconfirmed.pop(entry.name, None)
        if self._table.get(entry.name) != entry:
            self._table[entry.name] = entry
            self._on_change(entry, True)

    def _remove(self, entry: Entry) -> None:
        known = self._table.get(entry.name)
        if known is not None and known.epoch <= entry.epoch:
            del self._table[entry.name]
            self._on_change(known, False)
