"""An actor whose journal cannot be used stays alive to say so, and tries again when somebody has changed the file.

The alternatives are worse. An actor that raises in its constructor is gone for good, as far as Ray is concerned: the supervisor then says why in
its name, but nothing brings it back short of another start. One that kills itself is restarted at full speed for ever, at a second of CPU each time. So it stands aside: it answers nobody, but the directory
of addresses shows an entry ``refusal/<its name>`` with the reason. The supervisor writes that down for `sharedops serve` to say, and the gateway
answers for the province with UNAVAILABLE at once instead of waiting for it to come back. `serve` starts without a province that stands aside
(`gateway.command.roll_call`), but not without the headquarters, whose journal holds what all others are checked against.

It stands aside likewise when it comes upon the damage later, on a page that was not read when the journal was opened. Ended, it would be
started again without looking there, and end at the next request for that page.

When the journal's file is another one (a person has put the right one back) and has not changed for `SETTLED_S`, the process ends; Ray
starts the next one, which checks everything anew. An error that may pass by itself (a full disk) is tried again after `RETRY_S`.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import structlog

from actors import protocol
from actors.journal import Corrupt, JournalError, StoreMismatch
from actors.store import DAMAGED_RUNBOOK
from actors.transport import DIRECTORY_SOCKET, DirectoryClient, Entry

_log = structlog.get_logger(__name__)

#: What opening and replaying a damaged journal may raise: the journal's own errors and the system's, bytes that are no events, events that do
#: not follow. What is missing here would keep the province away until the next start: an actor whose constructor raised never comes back.
UNUSABLE = (
    *(JournalError, OSError, msgspec.DecodeError, AssertionError, ValueError, LookupError, RuntimeError),
    *(ArithmeticError, AttributeError, TypeError),
)

#: Pause between two looks at the file.
LOOK_EVERY_S = 1.0
#: A changed file must stand still for this long: somebody is still copying.
SETTLED_S = 2.0
#: Pause before an error that may pass by itself is tried again.
RETRY_S = 60.0
#: As for an actor at work: without a supervisor for this long it ends.
ORPHAN_AFTER_S = 20.0


def explanation(journal: str, error: Exception) -> str:
    """One line for a person: which journal, what, where to read on."""
    if isinstance(error, JournalError):
        text = str(error)
    elif isinstance(error, OSError):
        text = f"journal {journal} cannot be opened: {error.strerror or error!r}"
    else:
        text = f"journal {journal} does not replay: {error!r}"
    return f"{text}; what to do: {DAMAGED_RUNBOOK}"


def refusing(
    run_dir: Path, name: str, reason: str, *, on_superseded: Callable[[], None] = lambda: None
) -> DirectoryClient:
    """What shows in the directory, once started and for as long as it is connected, that an actor does not serve, and why.

    Args:
        run_dir: where the directory of addresses listens.
        name: the actor's name there.
        reason: one line for a person.
        on_superseded: called when a later incarnation says why it does not.
    """
    entry = Entry(
        name=protocol.refusal_name(name),
        address="",
        # Not of the wall clock: set back, it would make us older than the last one, and that is a zombie, which ends at once.
        epoch=time.monotonic_ns(),
        pid=os.getpid(),
        detail={protocol.REFUSAL_REASON: reason},
    )
    return DirectoryClient(
        run_dir / DIRECTORY_SOCKET,
        entry.name,
        register=entry,
        on_change=lambda *_: None,
        on_superseded=on_superseded,
    )


class StandingAside:
    """An actor that does not serve.

    Args:
        run_dir: where the directory of addresses listens.
        name: the actor's name there.
        journal_path: the file that a person will change.
        error: why.
        end: ends the process.
    """

    def __init__(
        self, run_dir: str, name: str, journal_path: Path, error: Exception, *, end: Callable[[Exception], None]
    ) -> None:
        self.reason = explanation(journal_path.stem, error)
        self._path = journal_path
        self._end = lambda: end(error)
        self._may_pass = isinstance(error, (JournalError, OSError)) and not isinstance(error, (Corrupt, StoreMismatch))
        self._directory = refusing(Path(run_dir), name, self.reason, on_superseded=self._end)
        self._directory.start()
        self._waiting = asyncio.get_running_loop().create_task(self._wait())
        _log.error("stands aside", name=name, reason=self.reason)

    async def ready(self) -> None:
        """Wait until the directory knows."""
        await self._directory.ready()

    async def close(self) -> None:
        """End in an orderly way."""
        self._waiting.cancel()
        await self._directory.close()

    async def _wait(self) -> None:
        """Until it is worth another try."""
        found = seen = file_state(self._path)
        since = last_change = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            now = time.monotonic()
            orphaned_since = self._directory.disconnected_since
            if orphaned_since is not None and now - orphaned_since > ORPHAN_AFTER_S:
                break
            if (state := file_state(self._path)) != seen:
                seen, last_change = state, now
            if seen != found and now - last_change >= SETTLED_S:
                break
            if self._may_pass and now - since >= RETRY_S:
                break
        _log.info("tries again", journal=self._path.stem)
        self._end()


async def stand_aside_after(
    close: Callable[[], Awaitable[None]], stand_aside: Callable[[], StandingAside], end: Callable[[Exception], None]
) -> StandingAside | None:
    """Give up serving since the journal proved damaged; None: that failed, and the process ends, since nobody would be told of the damage.

    Args:
        close: closes all that is open; its journal may fail.
        stand_aside: says why.
        end: ends the process.
    """
    try:
        # Whatever was said already is on disk; memory may be ahead of it.
        with contextlib.suppress(JournalError):
            await close()
        return stand_aside()
    except Exception as failure:  # noqa: BLE001 - whatever it is
        end(failure)
        return None


def file_state(path: Path) -> tuple[tuple[int, int, int], ...]:
    """Inode, size and time of change of a journal's file and of its WAL, if that holds anything."""
    states: list[tuple[int, int, int]] = []
    for file in (path, path.with_name(path.name + "-wal")):
        try:
            stat = file.stat()
        except OSError:
            states.append((0, 0, 0))
            continue
        # Whoever reads the journal makes an empty WAL; that is no change.
        states.append((stat.st_ino, stat.st_size, stat.st_mtime_ns) if stat.st_size else (0, 0, 0))
    return tuple(states)
