"""Faults at processes that are just being replaced."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import pytest

from loadtests.chaos import faults
from loadtests.chaos.faults import HARMS, NotHit, Victims
from loadtests.chaos.processes import Process
from loadtests.chaos.system import LiveSystem


@dataclass(slots=True)
class _Played:
    """A process that does as it is told, and notes what it was sent."""

    is_stopped: bool = False
    is_gone: bool = False
    received: tuple[signal.Signals, ...] = ()

    def signal(self, number: signal.Signals) -> bool:
        if self.is_gone:
            return False
        self.received += (number,)
        return True


@contextmanager
def _seen(*looks: _Played | None) -> Iterator[Victims]:
    """Victims of whom each look sees the next of these; the last one stays."""
    seen = list(looks)

    class _System:
        def find(self, role: str) -> Process | None:
            assert role == "gateway"
            return cast("Process | None", seen.pop(0) if len(seen) > 1 else seen[0])

    yield Victims(system=cast("LiveSystem", _System()))


@pytest.fixture(autouse=True)
def _looks_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "LOOK_EVERY_S", 0.0)


async def test_whoever_is_gone_when_the_signal_comes_is_followed_by_the_next() -> None:
    """Would break if a process that its supervisor replaced at that very moment took the fault with it: once seen in a run."""
    dying, stopped, successor = _Played(is_gone=True), _Played(is_stopped=True), _Played()
    with _seen(None, dying, stopped, successor) as victims:
        async with HARMS["gateway_kill"](victims, ""):
            assert (stopped.received, successor.received) == ((), (signal.SIGKILL,))
            assert victims.killed["gateway"] is cast("Process", successor)


async def test_who_was_stopped_goes_on_whoever_it_was() -> None:
    """Would break if a stopped process were left stopped when the fault ends."""
    victim = _Played()
    with _seen(victim) as victims:
        async with HARMS["gateway_stop"](victims, ""):
            assert victim.received == (signal.SIGSTOP,)
    assert victim.received == (signal.SIGSTOP, signal.SIGCONT)


async def test_a_role_that_nobody_plays_is_a_fault_that_hit_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would break if a fault that found nobody counted as injected."""
    monkeypatch.setattr(faults, "FIND_MAX_S", 0.01)
    with _seen(None) as victims, pytest.raises(NotHit, match="no process of gateway"):
        async with HARMS["gateway_kill"](victims, ""):
            pytest.fail("nobody was there")
