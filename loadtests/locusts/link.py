"""The client process of a Locust process, seen from Locust: started with the first user, ended with the last breath.

Under gevent the pipes are read cooperatively, since Locust has patched `subprocess` before this is imported.
"""

import contextlib
import subprocess
import sys
from collections.abc import Callable
from typing import TypeVar

import gevent
import msgspec

from loadtests.locusts.orders import Order, Report

_Answer = TypeVar("_Answer")

#: Time for the clients to sign out and close, seconds.
END_MAX_S = 15.0


class ToolFailed(Exception):
    """A process of ours gave no answer; `str` says which."""


class ClientProcess:
    """The clients' process.

    Args:
        on_report: called with each report, in order.
        on_end: called when the process ends by itself.
    """

    def __init__(self, on_report: Callable[[Report], None], on_end: Callable[[int], None]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "loadtests.locusts.clients"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C is for Locust; the clients end with their orders.
            start_new_session=True,
        )
        self._on_report = on_report
        self._on_end = on_end
        self._is_closing = False
        self._reading = gevent.spawn(self._read)

    def send(self, order: Order) -> None:
        """Give an order. When the process has ended, nothing happens: its end was told."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError, ValueError):
            self._process.stdin.write(msgspec.json.encode(order) + b"\n")
            self._process.stdin.flush()

    def close(self) -> None:
        """End it; returns when it has ended."""
        self._is_closing = True
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(END_MAX_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reading.join(END_MAX_S)
        self._reading.kill()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _read(self) -> None:
        decoder = msgspec.json.Decoder(Report)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._on_report(decoder.decode(line))
        if not self._is_closing:
            self._on_end(self._process.wait())


def run_tool(module: str, order: msgspec.Struct, result: type[_Answer], within_s: float) -> _Answer:
    """Run a process that takes one order and gives one answer, as `loadtests.bench.client_process` has it.

    Raises:
        ToolFailed: it gave none in time.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", module],
            input=msgspec.json.encode(order),
            stdout=subprocess.PIPE,
            timeout=within_s,
            check=True,
            start_new_session=True,
        )
        return msgspec.json.decode(done.stdout, type=result)
    except (subprocess.SubprocessError, msgspec.MsgspecError) as error:
        raise ToolFailed(f"{module} gave no answer: {error}") from None
