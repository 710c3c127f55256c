"""A fork has the environment, directory, arguments and output of whoever asked for it, and bad orders end nothing."""

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.forked_worker import ADDRESS
from actors.worker_forks import FORKED_WORKER

#: The process that forks, without Ray: what is forked runs the ordered program all the same.
SERVER = """
import runpy, socket, sys
from actors.worker_forks import serve
order = serve(socket.socket(fileno=int(sys.argv[1])), sys.stdin.fileno())
if order is not None:
    order.take_over()
    runpy.run_path(order.program[0], run_name="__main__")
"""
#: The machine has no process left, and still lets one become another.
NO_PROCESS_LEFT = """
import os
def fork():
    raise BlockingIOError("no process left")
os.fork = fork
"""
WORKER = """
import os, sys
print(sys.argv[1:], os.environ["MEANT_FOR"], os.getcwd(), os.getpid(), flush=True)
"""
TIME_LIMIT_S = 30


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where somebody forks."""
    with forking(tmp_path) as path:
        yield path


@contextlib.contextmanager
def forking(tmp_path: Path, machine: str = "") -> Iterator[str]:
    """Where somebody forks who has imported nothing but us; afterwards its parent goes, and it must end by itself.

    Args:
        machine: Python that makes a machine of its own of this one.
    """
    path = str(tmp_path / "forks.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        server = subprocess.Popen(
            [sys.executable, "-c", machine + SERVER, str(listener.fileno())],
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
        )
    with server:
        yield path
        assert server.stdin is not None
        server.stdin.close()
        assert server.wait(TIME_LIMIT_S) == 0


def start(address: str, directory: Path, *arguments: str) -> tuple[int, str]:
    """Start a worker as Ray does; the process id of what Ray started, and what the worker printed."""
    program = directory / "worker.py"
    program.write_text(WORKER)
    with subprocess.Popen(
        [sys.executable, FORKED_WORKER, str(program), *arguments],
        cwd=directory,
        env=os.environ | {ADDRESS: address, "MEANT_FOR": "fujian"},
        stdout=subprocess.PIPE,
        text=True,
    ) as asking:
        printed, _ = asking.communicate(timeout=TIME_LIMIT_S)
        return asking.pid, printed


def test_a_fork_is_what_was_ordered(address: str, tmp_path: Path) -> None:
    """Would break if a worker looked for its node under another worker's environment, or wrote to another's log."""
    pid, printed = start(address, tmp_path, "--node-id=7", "--language=PYTHON")
    *said, forked = printed.split()
    assert said == ["['--node-id=7']", "fujian", str(tmp_path)]
    assert int(forked) != pid


def test_without_anybody_who_forks_the_worker_starts_by_itself(tmp_path: Path) -> None:
    """Would break if the country could not start because of a mere shortcut."""
    pid, printed = start(str(tmp_path / "nobody"), tmp_path)
    assert printed.split() == ["[]", "fujian", str(tmp_path), str(pid)]


def test_where_nothing_can_be_forked_the_worker_starts_by_itself(tmp_path: Path) -> None:
    """Promised a fork that there never was, Ray waited for a minute for the province's next incarnation."""
    with forking(tmp_path, NO_PROCESS_LEFT) as address:
        for _ in range(2):
            pid, printed = start(address, tmp_path)
            assert printed.split() == ["[]", "fujian", str(tmp_path), str(pid)]


@pytest.mark.parametrize("order", [b"", b"\x00", b"\xff\xff\xff\xff", b"\x00\x00\x00\x02{}", b"\x00\x00\x00\x03[1}"])
def test_what_is_no_order_ends_nothing(address: str, tmp_path: Path, order: bytes) -> None:
    """Would break if one bad message took the quick start from all who come later."""
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(address)
        if order:
            socket.send_fds(stranger, [order], [0, 1, 2])
        stranger.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            assert stranger.recv(1) == b""
    pid, printed = start(address, tmp_path)
    assert int(printed.split()[-1]) != pid


def test_for_whoever_has_given_up_there_is_no_worker(address: str, tmp_path: Path) -> None:
    """Would break if there were two workers of one name: who waits too long becomes the worker itself."""
    mark = tmp_path / "forked"
    program = tmp_path / "marking.py"
    program.write_text(f"import pathlib; pathlib.Path({str(mark)!r}).touch()")
    order = json.dumps(
        {"program": [str(program)], "environment": dict(os.environ), "directory": str(tmp_path)}
    ).encode()
    ended, output = os.pipe()
    with socket.socket(socket.AF_UNIX) as slow, socket.socket(socket.AF_UNIX) as impatient:
        slow.connect(address)  # until it is gone nobody else is listened to
        impatient.connect(address)
        socket.send_fds(impatient, [len(order).to_bytes(4)], [0, output, output])
        impatient.sendall(order)
        impatient.close()
    os.close(output)
    # Whoever held the output, a fork too, is gone.
    assert select.select([ended], [], [], TIME_LIMIT_S)[0]
    assert os.read(ended, 1) == b""
    os.close(ended)
    assert not mark.exists()
