"""How long a start waits for whom; the processes and the clock are played."""

import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from actors.core.ids import ProvinceCode
from actors.store import HQ, open_store
from gateway.command import system
from gateway.command.system import COORDINATOR_PATIENCE_S, System, SystemSettings

Pause = Callable[[], Awaitable[None]]
IsOver = Callable[[], bool]
#: What a start may take, seconds.
TIMEOUT_S = 180.0


class Start:
    """A start in which provinces and coordinator come up at an instant of the played clock, or never."""

    def __init__(self, system: System) -> None:
        self.now_s = 1_000.0
        self.began_s = self.now_s
        self.provinces_s = self.coordinator_s = float("inf")
        self._system = system

    def monotonic(self) -> float:
        """The clock."""
        return self.now_s

    async def pause(self) -> None:
        """A second passes."""
        self.now_s += 1.0

    async def call(self, gateway: str, pause: Pause, is_over: IsOver) -> dict[str, str]:
        """The provinces, at a gateway."""
        del gateway
        return {"fujian": "hangs"} if await self._missing(self.provinces_s, pause, is_over) else {}

    async def call_headquarters(self, pause: Pause, is_over: IsOver) -> dict[str, str]:
        """The coordinator."""
        return {HQ: "hangs"} if await self._missing(self.coordinator_s, pause, is_over) else {}

    def nobody_serves_because(self) -> str:
        """Somebody does."""
        return ""

    def tell(self) -> None:
        """Nobody listens."""

    async def _missing(self, there_s: float, pause: Pause, is_over: IsOver) -> bool:
        while self.now_s - self.began_s < there_s:
            if is_over():
                return True
            await pause()
        return False

    async def take(self) -> tuple[float, dict[str, str]]:
        """How long it takes, and who is missing."""
        ready = await self._system.wait_ready(TIMEOUT_S)
        return self.now_s - self.began_s, ready.aside


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """A system whose processes were never started."""
    store = open_store(tmp_path / "data", (ProvinceCode("fujian"),))
    made = System(store, SystemSettings(grpc="127.0.0.1:0", console="127.0.0.1:0"), print)
    played = Start(made)
    # The module's own name for it: the loop has a clock, too.
    monkeypatch.setattr(system, "time", played)
    monkeypatch.setattr(made, "_roll", played)
    monkeypatch.setattr(made, "_pause", played.pause)
    for gateway in made._gateways:
        monkeypatch.setattr(gateway, "has_listened", lambda: True)
    yield played
    for port in (made._port, *made._consoles):
        port.release()
    shutil.rmtree(made.run_dir)
    store.release()


async def test_a_coordinator_that_hangs_holds_up_nobody_for_long(start: Start) -> None:
    """Provinces serve without it, and thirty-six of them were not announced for three minutes."""
    start.provinces_s = 20.0
    assert await start.take() == (20.0 + COORDINATOR_PATIENCE_S, {HQ: "hangs"})


async def test_a_coordinator_that_is_there_costs_no_time(start: Start) -> None:
    """It is started first, and is there before the last province."""
    start.provinces_s, start.coordinator_s = 20.0, 5.0
    assert await start.take() == (20.0, {})


async def test_a_province_that_hangs_leaves_the_coordinator_its_time(start: Start) -> None:
    """Asked when all the time is used up, it would be called missing though it only has to say that it is there."""
    start.coordinator_s = TIMEOUT_S + 1.0
    assert await start.take() == (TIMEOUT_S + 1.0, {"fujian": "hangs"})
