"""Finding and signalling processes of ours, and no others."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from loadtests.chaos.processes import Process, descendants, gateways, process, roles


@pytest.fixture(name="child")
def gateway_g1() -> Iterator[subprocess.Popen[str]]:
    """A child that looks like the first gateway."""
    with _gateway("g1") as child:
        yield child


@contextmanager
def _gateway(gateway_id: str) -> Iterator[subprocess.Popen[str]]:
    """A child that sleeps until its input ends, under a command line that names a role."""
    arguments = ("gateway.server", "--gateway-id", gateway_id, "--more")
    started = subprocess.Popen(
        [sys.executable, "-c", "import sys; print('up', flush=True); sys.stdin.read()", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None and started.stdin is not None
    assert started.stdout.readline() == "up\n"
    yield started
    started.stdin.close()
    started.kill()
    started.wait()
    started.stdout.close()


def test_a_descendant_is_found_by_its_role(child: subprocess.Popen[str]) -> None:
    """Would break if a fault could not find its victim."""
    assert child.pid in [each.pid for each in descendants(os.getpid())]
    assert roles(os.getpid())["gateway"] == process(child.pid)


def test_of_several_gateways_the_first_plays_the_role(child: subprocess.Popen[str]) -> None:
    """Would break if a fault at the gateway hit now this one, now that one, or if a measurement counted one of them alone."""
    with _gateway("g2") as further:
        assert roles(os.getpid())["gateway"] == process(child.pid)
        assert {each.pid for each in gateways(os.getpid())} == {child.pid, further.pid}


def test_a_stopped_process_is_seen_and_goes_on(child: subprocess.Popen[str]) -> None:
    """Would break if a frozen process were taken for a running one."""
    victim = process(child.pid)
    assert victim.is_alive and not victim.is_stopped
    victim.signal(signal.SIGSTOP)
    os.waitid(os.P_PID, child.pid, os.WSTOPPED)
    assert victim.is_stopped
    victim.signal(signal.SIGCONT)
    os.waitid(os.P_PID, child.pid, os.WCONTINUED)
    assert not victim.is_stopped


def test_another_process_with_the_same_pid_is_never_signalled(child: subprocess.Popen[str]) -> None:
    """Would break if a pid that was given to somebody else in the meantime were hit."""
    earlier = Process(child.pid, process(child.pid).started - 1)
    assert not earlier.is_alive
    assert not earlier.signal(signal.SIGKILL)
    assert child.poll() is None
