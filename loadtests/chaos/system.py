"""The system under test: `sharedops serve` as a child, started, looked into and ended; and the faults that it obeys from files.

Everything it writes lies in one directory of ours: ``data`` (as of any system), ``faults`` (see `LiveSystem.set_faults`) and
``serve.log``. It cannot outlive us: the kernel ends it when we die, however we die.
"""

import asyncio
import contextlib
import ctypes
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from loadtests.chaos.processes import Process, descendants, gateways, process, roles

#: `serve` gives up after 180 s by itself.
READY_MAX_S = 200.0
#: SIGINT, then SIGTERM, then SIGKILL for every process of it.
STOP_GRACE_S = 45.0
TERM_GRACE_S = 10.0
#: Lines of its output shown when it fails.
LOG_TAIL_LINES = 12

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class SystemDown(Exception):
    """`serve` did not start, or ended by itself; `str` says why."""


class LiveSystem:
    """A running `sharedops serve`. Use: `start`, then whatever is to be done to it, then `stop`.

    Args:
        directory: ours alone; made if missing. Its ``data`` may be that of an earlier run.
        provinces: codes; empty: all 36.
        arguments: further arguments of `serve`.
        environment: added to ours, for the child only.
    """

    def __init__(
        self,
        directory: Path,
        provinces: Sequence[str] = (),
        *,
        arguments: Sequence[str] = ("--no-sample-operators",),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = directory / "data"
        self.fault_dir = directory / "faults"
        self.log = directory / "serve.log"
        self.provinces = tuple(provinces)
        self.grpc = ""
        self.console = ""
        self.startup_s = 0.0
        self._arguments = tuple(arguments)
        self._environment = dict(environment or {})
        self._serve: asyncio.subprocess.Process | None = None

    # --- life ---

    async def start(self) -> None:
        """Start it; returns when every province serves.

        Raises:
            SystemDown: it ended, or took too long.
        """
        began_s = time.monotonic()
        self.fault_dir.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._serve = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "gateway.command", "serve", "--json", "--data-dir", str(self.data_dir)),
                *(("--provinces", ",".join(self.provinces)) if self.provinces else ()),
                *("--grpc", "127.0.0.1:0", "--console", "127.0.0.1:0", "--fault-dir", str(self.fault_dir)),
                *self._arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                # Ctrl-C reaches us alone; we end it in order.
                start_new_session=True,
                env=os.environ | self._environment,
                preexec_fn=_end_with_parent,
            )
        try:
            ready = await self._ready()
        except SystemDown:
            self.kill_tree()
            await self.wait_gone()
            raise
        except asyncio.CancelledError:
            # Killed, it would leave its own directory of sockets behind.
            await self.stop()
            raise
        self.grpc, self.console = str(ready["grpc"]), str(ready["console"])
        store = json.loads((self.data_dir / "store.json").read_text(encoding="utf-8"))
        self.provinces = tuple(store["provinces"])
        self.startup_s = time.monotonic() - began_s

    async def _ready(self) -> dict[str, object]:
        assert self._serve is not None and self._serve.stdout is not None
        try:
            line = await asyncio.wait_for(self._serve.stdout.readline(), READY_MAX_S)
        except TimeoutError:
            raise SystemDown(f"the system was not ready after {READY_MAX_S:.0f} s{self._tail()}") from None
        ready = json.loads(line) if line else {}
        if not ready.get("ready"):
            code = await self._serve.wait()
            raise SystemDown(f"the system ended with code {code} before it was ready{self._tail()}")
        if ready["standing_aside"]:
            raise SystemDown(f"not every province serves: {'; '.join(ready['standing_aside'].values())}")
        return ready

    @property
    def is_running(self) -> bool:
        """Whether `serve` itself is there."""
        return self._serve is not None and self._serve.returncode is None

    async def wait_down(self) -> None:
        """Wait until it ends by itself.

        Raises:
            SystemDown: it has.
        """
        assert self._serve is not None
        code = await self._serve.wait()
        raise SystemDown(f"the system ended by itself with code {code}{self._tail()}")

    async def stop(self) -> bool:
        """Ctrl-C, then harder; whether it went at the first asking."""
        if self._serve is None or not self.is_running:
            return True
        for number, grace_s in ((signal.SIGINT, STOP_GRACE_S), (signal.SIGTERM, TERM_GRACE_S)):
            with contextlib.suppress(ProcessLookupError):
                self._serve.send_signal(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._serve.wait(), grace_s)
                return number == signal.SIGINT
        self.kill_tree()
        await self.wait_gone()
        return False

    def kill_tree(self) -> list[Process]:
        """SIGKILL for every process of it, the outermost first, so that nobody restarts anybody. Returns them."""
        everyone = self.everyone()
        for one in everyone:
            one.signal(signal.SIGKILL)
        return everyone

    async def wait_gone(self) -> None:
        """Wait until `serve` has ended, after `kill_tree`, and take away its directory of sockets, as it would have done itself."""
        if self._serve is None:
            return
        await self._serve.wait()
        with contextlib.suppress(OSError, ValueError, LookupError):
            running = json.loads((self.data_dir / "running.json").read_bytes())
            if running["pid"] == self._serve.pid:
                shutil.rmtree(running["run_dir"], ignore_errors=True)

    def _tail(self) -> str:
        with contextlib.suppress(OSError):
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:]
            if lines:
                return ":\n" + "\n".join(lines)
        return ""

    # --- its processes ---

    @property
    def serve(self) -> Process:
        """The outermost process."""
        assert self._serve is not None
        return process(self._serve.pid)

    def everyone(self) -> list[Process]:
        """Every process of it, outermost first."""
        assert self._serve is not None
        return descendants(self._serve.pid) if self.is_running else []

    def roles(self) -> dict[str, Process]:
        """Role -> process: cluster, gateway, gcs, raylet, coordinator, and each province by its code; who is away is missing."""
        assert self._serve is not None
        return roles(self._serve.pid) if self.is_running else {}

    def gateways(self) -> list[Process]:
        """Every gateway."""
        assert self._serve is not None
        return gateways(self._serve.pid) if self.is_running else []

    def find(self, role: str) -> Process | None:
        """One of `roles`; None: away."""
        return self.roles().get(role)

    # --- faults that it obeys from files ---

    def set_faults(self, province: str, **faults: int | str) -> None:
        """Put faults on a province; none: heal it. Takes effect within a tenth of a second.

        Args:
            faults: ``clock_offset_ms``, ``fsync_delay_ms``, ``store`` ("full" or "readonly").
        """
        path = self.fault_dir / f"{province}.json"
        if not faults:
            path.unlink(missing_ok=True)
            return
        written = path.with_suffix(".new")
        written.write_text(json.dumps(faults), encoding="ascii")
        written.replace(path)


def _end_with_parent() -> None:
    """In the new child: ask the kernel for SIGTERM when we die. Linux only."""
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
