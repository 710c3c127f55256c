"""Who reads which journal: everything here, or a process per core with its share for the length of a verification.

A process keeps what it has replayed, so that beside a running system a journal is read on, not read again. The shares are cut by the size of
the files, the largest first to whoever has least; with 36 provinces on two cores they differ by a few per cent.

The processes are started afresh: a fork would inherit open databases, and `multiprocessing` would run the caller's main program again. In
them garbage collection is off, since replay makes millions of records and no cycles, and their priority is low, so that a working system
comes first.
"""

import os
import subprocess
import sys
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


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """One journal to be verified."""

    path: str
    store_id: str
    #: None: the headquarters.
    province: ProvinceCode | None = None
    anchor: AnchoredHead | None = None


class Findings(msgspec.Struct, kw_only=True):
    """What one reading of a share found."""

    facts: list[Facts] = []
    hq: HqFacts | None = None


class Share:
    """Journals that are read in this process, one after the other, as often as asked."""

    def __init__(self, errands: Sequence[Errand]) -> None:
        self._errands = errands
        self._checks: list[ProvinceCheck | Facts] | None = None

    def read(self) -> Findings:
        """The first time everything, then what came since."""
        hq: HqFacts | None = None
        if self._checks is None:
            self._checks = []
            for errand in self._errands:
                if errand.province is None:
                    hq = check_hq(Path(errand.path), errand.store_id)
                    continue
                check = open_check(Path(errand.path), errand.store_id, errand.province, errand.anchor)
                self._checks.append(check)
                if isinstance(check, ProvinceCheck):
                    check.read_all()
        else:
            for check in self._checks:
                if isinstance(check, ProvinceCheck):
                    check.read_on()
        return Findings(facts=[one.facts() if isinstance(one, ProvinceCheck) else one for one in self._checks], hq=hq)

    def close(self) -> None:
        """Close the journals."""
        for check in self._checks or ():
            if isinstance(check, ProvinceCheck):
                check.view.close()


class _Process:
    """A share in a process of its own, asked through its standard input."""

    def __init__(self, share: Sequence[Errand]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "actors.verification"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._send(msgspec.msgpack.encode(list(share)))

    def ask(self) -> None:
        """Let it read."""
        self._send(b"")

    def answer(self) -> Findings:
        """What it found.

        Raises:
            RuntimeError: it died.
        """
        assert self._process.stdout is not None
        try:
            return msgspec.msgpack.decode(receive(self._process.stdout), type=Findings)
        except EOFError:
            raise RuntimeError(f"a verifying process ended with code {self._process.wait()}") from None

    def _send(self, body: bytes) -> None:
        assert self._process.stdin is not None
        send(self._process.stdin, body)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


class Workers:
    """All shares, read side by side. Use as a context."""

    def __init__(self, errands: Sequence[Errand], processes: int | None = None) -> None:
        shares = _shares(errands, processes)
        self.processes = len(shares)
        self._here = Share(shares[0]) if len(shares) == 1 else None
        self._others = [_Process(share) for share in shares] if self._here is None else []

    def read(self) -> Findings:
        """One reading of all journals."""
        if self._here is not None:
            return self._here.read()
        for process in self._others:
            process.ask()
        found = [process.answer() for process in self._others]
        hq = next((one.hq for one in found if one.hq is not None), None)
        return Findings(facts=[facts for one in found for facts in one.facts], hq=hq)

    def __enter__(self) -> "Workers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._here is not None:
            self._here.close()
        for process in self._others:
            process.close()


def _shares(errands: Sequence[Errand], processes: int | None) -> list[list[Errand]]:
    """One list a process, of about the same number of bytes; at least one list."""
    sizes = [Path(errand.path).stat().st_size for errand in errands]
    if processes is None:
        processes = (os.cpu_count() or 1) if sum(sizes) >= PROCESSES_FROM_BYTES else 1
    shares: list[list[Errand]] = [[] for _ in range(max(1, min(processes, len(errands))))]
    loads = [0] * len(shares)
    for size, errand in sorted(zip(sizes, errands, strict=True), key=lambda pair: (-pair[0], pair[1].path)):
        lightest = loads.index(min(loads))
        shares[lightest].append(errand)
        loads[lightest] += size
    return shares


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
