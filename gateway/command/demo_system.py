"""The system under the demonstration: `sharedops serve` as a child, started, waited for and ended as any operator of it would."""

import asyncio
import contextlib
import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from actors.process_ties import end_with_parent

#: `serve` gives up after 180 s by itself.
READY_MAX_S = 200.0
#: SIGINT, then SIGTERM, then SIGKILL.
STOP_GRACE_S = 45.0
TERM_GRACE_S = 10.0
#: Lines of its log shown when it fails.
LOG_TAIL_LINES = 12


class SystemDown(Exception):
    """`serve` did not start or ended by itself; `str` says why."""


class ServedSystem:
    """A running `sharedops serve`. Use: `start`, then the attributes, then `stop`."""

    def __init__(self, data_dir: Path, provinces: Sequence[str]) -> None:
        self.data_dir = data_dir
        self.grpc = ""
        self.console = ""
        self.startup_s = 0.0
        self.provinces = list(provinces)
        self._log = self.log_of(data_dir)
        self._process: asyncio.subprocess.Process | None = None

    @staticmethod
    def log_of(data_dir: Path) -> Path:
        """Where its output goes: beside the data directory, which must be empty when it starts."""
        return data_dir.with_name(f"{data_dir.name}.serve.log")

    async def start(self) -> None:
        """Start it; returns when every province serves.

        Raises:
            SystemDown: it ended, took too long, or its log cannot be written.
        """
        began_s = time.monotonic()
        try:
            opened = self._log.open("ab")
        except OSError as error:
            raise SystemDown(f"{self._log} cannot be written: {error.strerror}") from None
        with opened as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "gateway.command", "serve", "--json", "--no-sample-operators"),
                *("--data-dir", str(self.data_dir), "--provinces", ",".join(self.provinces)),
                *("--grpc", "127.0.0.1:0", "--console", "127.0.0.1:0"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                # Ctrl-C reaches the demonstration alone, which ends the system in order.
                start_new_session=True,
                preexec_fn=end_with_parent,
            )
        ready = await self._ready()
        self.grpc, self.console = str(ready["grpc"]), str(ready["console"])
        self.startup_s = time.monotonic() - began_s

    async def _ready(self) -> dict[str, object]:
        assert self._process is not None and self._process.stdout is not None
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), READY_MAX_S)
        except TimeoutError:
            raise SystemDown(f"the system was not ready after {READY_MAX_S:.0f} s{self._tail()}") from None
        ready = json.loads(line) if line else {}
        if not ready.get("ready"):
            code = await self._process.wait()
            raise SystemDown(f"the system ended with code {code} before it was ready{self._tail()}")
        if ready["standing_aside"]:
            raise SystemDown(f"not every province serves: {'; '.join(ready['standing_aside'].values())}")
        return ready

    async def wait_down(self) -> None:
        """Wait until it ends by itself.

        Raises:
            SystemDown: it has.
        """
        assert self._process is not None
        code = await self._process.wait()
        raise SystemDown(f"the system ended with code {code} in the middle of the play{self._tail()}")

    async def stop(self) -> bool:
        """Ctrl-C, then harder; whether it went at the first asking."""
        if self._process is None or self._process.returncode is not None:
            self._discard_empty_log()
            return True
        for number, grace_s in ((signal.SIGINT, STOP_GRACE_S), (signal.SIGTERM, TERM_GRACE_S), (signal.SIGKILL, 10.0)):
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)
            try:
                await asyncio.wait_for(self._process.wait(), grace_s)
            except TimeoutError:
                continue
            self._discard_empty_log()
            return number == signal.SIGINT
        return False

    def _discard_empty_log(self) -> None:
        """What it said on its way is kept only if it said something; its own logs stay in the data directory."""
        with contextlib.suppress(OSError):
            if not self._log.stat().st_size:
                self._log.unlink()

    def _tail(self) -> str:
        with contextlib.suppress(OSError):
            lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:]
            if lines:
                return ":\n" + "\n".join(lines)
        return ""
