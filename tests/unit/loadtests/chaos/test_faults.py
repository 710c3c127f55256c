"""Faults at processes that are just being replaced."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import pytest

from loadtests.chaos.calls import Recorder
from loadtests.chaos.faults import HARMS
from loadtests.chaos.processes import Process
from loadtests.chaos.proxy import Mode, Proxy
from loadtests.chaos.system import LiveSystem
from loadtests.chaos.victims import NotHit, Victims


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
    monkeypatch.setattr("loadtests.chaos.victims.LOOK_EVERY_S", 0.0)


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
    monkeypatch.setattr("loadtests.chaos.victims.FIND_MAX_S", 0.01)
    with _seen(None) as victims, pytest.raises(NotHit, match="no process of gateway"):
        async with HARMS["gateway_kill"](victims, ""):
            pytest.fail("nobody was there")


class _Cable:
    """A cable that does as it is told."""

    def __init__(self) -> None:
        self.mode = Mode.PASS

    def set_mode(self, mode: Mode, delay_s: float) -> None:
        del delay_s
        self.mode = mode


async def test_two_faults_at_one_cable_do_not_heal_each_other() -> None:
    """Would break if a slow line that is mended joined a cable that is still cut."""
    cable = _Cable()
    with _seen(None) as victims:
        victims.proxies["fujian"] = cast("Proxy", cable)
        async with HARMS["connection_half_open"](victims, "fujian"):
            async with HARMS["connection_slow"](victims, "fujian"):
                assert cable.mode is Mode.DELAY
            assert cable.mode is Mode.BLACKHOLE
    assert cable.mode is Mode.PASS


@pytest.mark.parametrize("kind", ["requests_reordered", "requests_month_old", "desks_frozen", "site_silent"])
async def test_what_finds_nothing_to_harm_is_a_fault_that_hit_nobody(kind: str) -> None:
    """Would break if a fault counted that nobody could have felt."""
    with _seen(None) as victims:
        victims.recorders["fujian"] = Recorder()
        victims.benches["fujian"] = []
        with pytest.raises(NotHit, match="fujian"):
            await HARMS[kind](victims, "fujian").__aenter__()
