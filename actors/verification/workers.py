"""Who reads which journal: everything here, or processes, one a core, for the length of a verification.

A process is handed one journal at a time, the largest first, and the next one as soon as it is done: shares cut beforehand by size left
one core idle while the other, held up by a working system, still read. It keeps what it has replayed, so that beside a running system a
journal is read on, not read again.

The processes are started afresh: a fork would inherit open databases, and `multiprocessing` would run the caller's main program again. In
them garbage collection is off, since replay makes millions of records and no cycles, and their priority is low, so that a working system
comes first.
"""

import contextlib
import os
import selectors
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

import msgspec

from actors.core.headquarters import AnchoredHead
from actors.core.ids import ProvinceCode
from actors.verification.hq import HqFacts, check_hq
from actors.verification.province import Facts, ProvinceCheck, open_check

#: Less than this is read faster than processes are started. Bytes of all journals.
PROCESSES_FROM_BYTES = 24 * 1024 * 1024


class ReadingFailed(Exception):
    """A process that reads ended before it had answered, so nothing is known; `str` says how."""


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """One journal to be verified."""

    path: str
    store_id: str
    #: None: the headquarters.
    province: ProvinceCode | None = None
    anchor: AnchoredHead | None = None
    #: Whether a province's statistics are learned again.
    is_thorough: bool = False


class Findings(msgspec.Struct, kw_only=True):
    """What a reading found."""

    facts: list[Facts] = []
    hq: HqFacts | None = None


class Readings:
    """Journals that are read in this process, one after the other, and read on as often as asked."""

    def __init__(self) -> None:
        self._checks: list[ProvinceCheck | Facts] = []

    def begin(self, errand: Errand) -> Findings:
        """The first reading of one journal."""
        if errand.province is None:
            return Findings(hq=check_hq(Path(errand.path), errand.store_id))
        check = open_check(
            Path(errand.path), errand.store_id, errand.province, errand.anchor, is_thorough=errand.is_thorough
        )
        self._checks.append(check)
        if isinstance(check, ProvinceCheck):
            check.read_all()
        return Findings(facts=[_facts(check)])

    def go_on(self) -> Findings:
        """What came since, of all journals begun here."""
        for check in self._checks:
            if isinstance(check, ProvinceCheck):
                check.read_on()
        return Findings(facts=[_facts(check) for check in self._checks])

    def close(self) -> None:
        """Close the journals."""
        for check in self._checks:
            if isinstance(check, ProvinceCheck):
                check.view.close()


def _facts(check: ProvinceCheck | Facts) -> Facts:
    return check.facts() if isinstance(check, ProvinceCheck) else check


class _Process:
    """Readings in a process of its own, asked through its standard input."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "actors.verification"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def fileno(self) -> int:
        """Where its answers come from, to wait for."""
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def ask(self, errand: Errand | None) -> None:
        """Let it begin a journal, or go on with all it has begun.

        Raises:
            ReadingFailed: it died.
        """
        assert self._process.stdin is not None
        try:
            send(self._process.stdin, msgspec.msgpack.encode(errand))
        except BrokenPipeError:
            raise self._died() from None

    def answer(self) -> Findings:
        """What it found.

        Raises:
            ReadingFailed: it died.
        """
        assert self._process.stdout is not None
        try:
            return msgspec.msgpack.decode(receive(self._process.stdout), type=Findings)
        except EOFError:
            raise self._died() from None

    def _died(self) -> ReadingFailed:
        return ReadingFailed(f"a verifying process ended with code {self._process.wait()}")

    def close(self) -> None:
        """End it."""
        self._process.kill()
        # What it was not told any more stays in the buffer, and cannot be written when that is closed.
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate()


class Workers:
    """All journals, read side by side. Use as a context."""

    def __init__(self, errands: Sequence[Errand], processes: int | None = None) -> None:
        sizes = {errand.path: Path(errand.path).stat().st_size for errand in errands}
        if processes is None:
            processes = (os.cpu_count() or 1) if sum(sizes.values()) >= PROCESSES_FROM_BYTES else 1
        self.processes = max(1, min(processes, len(errands)))
        self._ranks = {errand.province: rank for rank, errand in enumerate(errands)}
        self._to_begin = deque(sorted(errands, key=lambda errand: (-sizes[errand.path], errand.path)))
        self._here = Readings()
        self._others = [_Process() for _ in range(self.processes)] if self.processes > 1 else []

    def read(self) -> Findings:
        """The first time everything, then what came since. Facts stand in the order of the errands.

        Raises:
            ReadingFailed: a process died.
        """
        if self._others:
            parts = self._begin_elsewhere() if self._to_begin else self._go_on_elsewhere()
        elif self._to_begin:
            parts = [self._here.begin(self._to_begin.popleft()) for _ in range(len(self._to_begin))]
        else:
            parts = [self._here.go_on()]
        facts = sorted((one for part in parts for one in part.facts), key=lambda one: self._ranks[one.province])
        return Findings(facts=facts, hq=next((part.hq for part in parts if part.hq is not None), None))

    def _begin_elsewhere(self) -> list[Findings]:
        """Hand the journals out, to each process the next one when it has read the last."""
        parts: list[Findings] = []
        with selectors.DefaultSelector() as answers:
            for process in self._others:
                process.ask(self._to_begin.popleft())
                answers.register(process, selectors.EVENT_READ, process)
            while answers.get_map():
                for key, _ in answers.select():
                    process: _Process = key.data
                    parts.append(process.answer())
                    if self._to_begin:
                        process.ask(self._to_begin.popleft())
                    else:
                        answers.unregister(process)
        return parts

    def _go_on_elsewhere(self) -> list[Findings]:
        for process in self._others:
            process.ask(None)
        return [process.answer() for process in self._others]

    def __enter__(self) -> "Workers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._here.close()
        for process in self._others:
            process.close()


def send(stream: IO[bytes], body: bytes) -> None:
    """One message: its length, 8 bytes, and the body."""
    stream.write(len(body).to_bytes(8, "big") + body)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes:
    """One message.

    Raises:
        EOFError: the other side has ended.
    """
    length = stream.read(8)
    if len(length) < 8:
        raise EOFError
    return stream.read(int.from_bytes(length, "big"))
