"""A system of the command's own for `sharedops drill run --self-contained`: started, staffed, given work, drilled, ended, verified.

The command is a client of the wire here, as the demonstration is, and uses what the load tests have for that: a system as a child process,
desks for everybody on a drawn roster, branch systems that send tasks. Refused: making load inside the system that is drilled; it would
measure itself.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from loadtests.chaos.findings import RowFailed, verified
from loadtests.chaos.stage import Stage, staged
from loadtests.handling import Behaviour

#: The roster is drawn from this.
SEED = 20260911
#: People of the struck province hold what they have; the others work at this pace.
SLOW = Behaviour(seconds_per_minute=60.0)
STEADY = Behaviour(seconds_per_minute=0.5)
#: Tasks of their own that arise in all provinces together, per second, and for how long before the drill: what it is compared with.
OWN_PER_S = 4.0
BEFORE_S = 15.0
#: Kinds that need this authority at most: work that people of any branch may do.
AUTHORITY_MAX = 2


@contextlib.asynccontextmanager
async def own_system(
    directory: Path, provinces: Sequence[str], struck: Sequence[str], tasks: int, tell: Callable[[str], None]
) -> AsyncIterator[Stage]:
    """A running system with everybody at work and so many tasks waiting in each struck province; it ends with the block.

    Raises:
        SystemDown: it did not start.
        RowFailed: it could not be prepared, or did not end when asked to.
    """
    async with staged(directory, provinces, tell) as stage:
        await stage.enrol(SEED)
        await stage.keep_work_home(stage.system.provinces)
        for province in stage.system.provinces:
            stage.open_desks(province, SLOW if province in struck else STEADY)
        await stage.all_signed_in()
        kinds = [one.kind for one in stage.kinds if one.authority <= AUTHORITY_MAX]
        if not kinds:
            raise RowFailed("the system knows no kind of work that people of any branch may do")
        tell(f"{len(stage.people)} people are at work; {BEFORE_S:.0f} s of ordinary work begin")
        jobs = [asyncio.create_task(_keep_working(stage, code, kinds)) for code in stage.system.provinces]
        try:
            await asyncio.sleep(BEFORE_S)
            for province in struck:
                await stage.create(province, stage.tasks(tasks, kinds))
                tell(f"{tasks} tasks wait in {province}")
            yield stage
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)


async def _keep_working(stage: Stage, province: str, kinds: Sequence[str]) -> None:
    """Let work arise in a province, a task at a time; while the province or the gateway is away, it waits to be taken in."""
    pause_s = len(stage.system.provinces) / OWN_PER_S
    while True:
        await stage.create(province, stage.tasks(1, kinds))
        await asyncio.sleep(pause_s)


async def problems_of(directory: Path) -> list[str]:
    """What `sharedops verify` finds in the journals of the system that has ended; nothing: they are in order."""
    report = await verified(directory / "data")
    return [] if report["ok"] else [str(problem) for problem in report["problems"]] or ["verify is not content"]
