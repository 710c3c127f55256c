"""A system that is measured: started for a block, ended, and its journals held against what the clients were told."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from gateway.v1 import monitor_pb2, monitor_pb2_grpc
from loadtests.bench.requests import TIMEOUT_S
from loadtests.chaos.findings import verified
from loadtests.chaos.system import LiveSystem
from loadtests.stolen_time import StolenTime
from loadtests.wire import bearer, open_channel, read_development_tokens


class Journals(msgspec.Struct, kw_only=True):
    """What the journals hold after the run. Filled in when the system has ended."""

    #: Tasks in them, and whether `sharedops verify` found them in order.
    tasks: int = 0
    ok: bool = False
    #: Of the tasks: decided, decided twice, and nowhere any more.
    decided: int = 0
    decided_twice: int = 0
    lost: int = 0
    #: Frames written by the run, each with one fsync.
    flushes: int = 0
    #: Share of all cores' time that the host gave to others meanwhile.
    stolen_ratio: float = 0.0


class Durable(msgspec.Struct, kw_only=True):
    """What every bench that creates tasks tells of them: what was acknowledged, and what the journals hold of it."""

    #: Tasks acknowledged over the whole run, tasks in the journals after it, and frames written for them, each with one fsync.
    acknowledged: int = 0
    in_journals: int = 0
    flushes: int = 0
    #: What came of calls and tasks otherwise, by status or reason; those of which nothing came back.
    otherwise: dict[str, int] = {}
    unanswered: int = 0
    journals_ok: bool = False
    #: Share of all cores' time that the host gave to others meanwhile.
    stolen_ratio: float = 0.0

    def note(self, journals: Journals) -> None:
        """Take in what the journals held after the run."""
        self.in_journals, self.journals_ok = journals.tasks, journals.ok
        self.flushes, self.stolen_ratio = journals.flushes, journals.stolen_ratio

    @property
    def is_answered(self) -> bool:
        """Whether everything was answered, and by a task."""
        return self.acknowledged > 0 and not self.otherwise and not self.unanswered

    @property
    def is_durable(self) -> bool:
        """Whether the journals are valid and hold exactly what was acknowledged."""
        return self.journals_ok and 0 < self.acknowledged == self.in_journals and self.flushes > 0


@contextlib.asynccontextmanager
async def measured_system(
    directory: Path, provinces: Sequence[str], *, arguments: Sequence[str] = ("--no-sample-operators",)
) -> AsyncIterator[tuple[LiveSystem, Journals]]:
    """A running system; when the block ends it is ended, verified, and its journals counted.

    Args:
        directory: ours alone.
        arguments: as of `LiveSystem`.

    Raises:
        SystemDown: the system did not start.
        RowFailed: `sharedops verify` said nothing.
    """
    stolen, journals = StolenTime(), Journals()
    system = LiveSystem(directory, provinces, arguments=arguments)
    await system.start()
    try:
        frames_before = await _frames(system)
        yield system, journals
    finally:
        await system.stop()
    report = await verified(system.data_dir)
    journals.tasks, journals.ok = report["tasks_created"], bool(report["ok"])
    journals.decided, journals.lost = report["tasks_decided"], report["tasks_lost"]
    journals.decided_twice = report["tasks_decided_twice"]
    journals.flushes = report["frames"] - frames_before
    journals.stolen_ratio = stolen.ratio()


async def _frames(system: LiveSystem) -> int:
    """Frames of all provinces' journals so far."""
    token = read_development_tokens(system.data_dir).ops
    async with open_channel(system.grpc) as channel:
        monitor: Any = monitor_pb2_grpc.MonitorServiceStub(channel)
        overview = await monitor.GetOverview(
            monitor_pb2.GetOverviewRequest(), metadata=bearer(token), timeout=TIMEOUT_S
        )
    return sum(province.sequence for province in overview.provinces)
