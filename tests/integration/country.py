"""A real country for the integration tests: `sharedops serve` as a process of its own, and what a test needs to talk to it."""

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import grpc

from actors.process_state import command_line, descendants
from actors.running import run_dirs_of
from gateway.v1 import admin_pb2, admin_pb2_grpc

#: From start to ready: Ray takes most of it, more so on a busy machine.
READY_TIMEOUT_S = 100
STOP_TIMEOUT_S = 45


class Country:
    """A running `sharedops serve`."""

    def __init__(self, data_dir: Path, provinces: tuple[str, ...], *arguments: str) -> None:
        self.data_dir = data_dir
        self.provinces = provinces
        self._errors = (data_dir.parent / f"{data_dir.name}.err").open("ab")
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gateway.command", "serve", "--json", "--data-dir", str(data_dir)),
                *("--grpc", "127.0.0.1:0", "--console", "127.0.0.1:0", "--provinces", ",".join(provinces)),
                *arguments,
            ],
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            start_new_session=True,
        )
        self.ready = self._first_line()
        self.grpc = str(self.ready["grpc"])
        self.console = str(self.ready["console"])
        self.tokens = json.loads((data_dir / "dev-tokens.json").read_text(encoding="utf-8"))

    def _first_line(self) -> dict[str, object]:
        lines: queue.Queue[str] = queue.Queue()
        output = self.process.stdout
        assert output is not None
        threading.Thread(target=lambda: lines.put(output.readline()), daemon=True).start()
        try:
            line = lines.get(timeout=READY_TIMEOUT_S)
        except queue.Empty:
            self.kill_tree()
            raise AssertionError(f"not ready after {READY_TIMEOUT_S} s; see {self.data_dir}/logs") from None
        ready = json.loads(line) if line else {}
        if not ready.get("ready"):
            raise AssertionError(f"serve ended with {self.process.wait()}: {self.errors()}")
        return ready

    def errors(self) -> str:
        """What the command wrote to standard error."""
        return Path(self._errors.name).read_text(encoding="utf-8", errors="replace")

    def token(self, role: str, province: str = "") -> tuple[tuple[str, str], ...]:
        """Call metadata of a development identity: ``ops``, or ``branch``, ``desk``, ``team_lead`` of a province."""
        token = self.tokens[role][province] if province else self.tokens[role]
        return (("authorization", f"Bearer {token}"),)

    def runtime(self, province: str) -> admin_pb2.ProvinceRuntime:
        """Process id, epoch and sequence of a province's actor."""
        with grpc.insecure_channel(self.grpc) as channel:
            answer = admin_pb2_grpc.AdminServiceStub(channel).ListProvinceRuntimes(
                admin_pb2.ListProvinceRuntimesRequest(), metadata=self.token("ops"), timeout=20
            )
        return next(runtime for runtime in answer.province_runtimes if runtime.province == province)

    def coordinator_pid(self) -> int:
        """Process id of the coordinator, as the supervisor's log names it last."""
        log = (self.data_dir / "logs" / "supervisor.log").read_text(encoding="utf-8")
        entries = [json.loads(line) for line in log.splitlines() if '"coordinator"' in line]
        return next(int(entry["pid"]) for entry in reversed(entries) if entry["event"] == "actor")

    def worker_forks(self) -> int:
        """Process id of what forks the workers; 0: there is none at the moment."""
        return next((pid for pid in self.descendants() if "-m actors.worker_forks" in command_line(pid)), 0)

    def descendants(self) -> list[int]:
        """Every process of this country, by kernel parentage (the serve process adopts orphans)."""
        return [self.process.pid, *descendants(self.process.pid)]

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """End it as Ctrl-C does; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(STOP_TIMEOUT_S)
        self._close()
        return code

    def kill_tree(self) -> None:
        """SIGKILL for every process of the country, the outer one first, so that nobody restarts anybody."""
        for pid in self.descendants():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(STOP_TIMEOUT_S)
        self._close()

    def _close(self) -> None:
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._errors.close()


def is_alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


@contextlib.contextmanager
def running(data_dir: Path, provinces: tuple[str, ...], *arguments: str) -> Iterator[Country]:
    """A country for the length of a block; killed at the end if it is still there. What a killed one leaves in the temporary folder goes, too."""
    country = Country(data_dir, provinces, *arguments)
    try:
        yield country
    finally:
        if country.process.poll() is None:
            country.kill_tree()
        for run_dir in run_dirs_of(data_dir):
            shutil.rmtree(run_dir, ignore_errors=True)
