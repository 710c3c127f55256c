"""A system of the command's own for `sharedops drill run --self-contained`: started, staffed, given work, drilled, ended, verified.

The command is a client of the wire here, as the demonstration is, and uses what the load tests have for that: a system as a child process,
desks for everybody on a drawn roster, branch systems that send tasks. Refused: making load inside the system that is drilled; it would
measure itself.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from loadtests.catalogue import Kind
from loadtests.chaos.findings import RowFailed, verified
from loadtests.chaos.stage import Stage, meanwhile, staged
from loadtests.handling import Behaviour, seconds_per_minute

#: The roster is drawn from this.
SEED = 20260911
#: People of the struck province hold what they have; the others work at this pace.
SLOW = Behaviour(seconds_per_minute=60.0)
STEADY = Behaviour(seconds_per_minute=0.5)
#: Tasks of their own that arise in all provinces together, per second, and for how long before the drill: what it is compared with.
OWN_PER_S = 4.0
BEFORE_S = 15.0
#: The same where the people's load is told: everybody is given work at once, and some of it is done before the drill.
LOADED_PER_S = 8.0
LOADED_BEFORE_S = 45.0
#: Kinds that need this authority at most: work that people of any branch may do.
AUTHORITY_MAX = 2


@contextlib.asynccontextmanager
async def own_system(
    directory: Path,
    provinces: Sequence[str],
    struck: Sequence[str],
    tasks: int,
    tell: Callable[[str], None],
    *,
    load: float = 0.0,
    quota: int = 0,
) -> AsyncIterator[Stage]:
    """A running system with everybody at work and so many tasks waiting in each struck province; it ends with the block.

    Args:
        load: part of their time for which the people are busy with their own provinces' work; 0: little, and they are quick.
        quota: tasks of others that a province lets be open at once; 0: as many as its policy does.

    Raises:
        SystemDown: it did not start.
        RowFailed: it could not be prepared, some of its ordinary work was refused, or it did not end when asked to.
    """
    async with staged(directory, provinces, tell) as stage:
        await stage.enrol(SEED)
        await stage.keep_work_home(stage.system.provinces)
        for province in stage.system.provinces if quota else ():
            await stage.set_policy(province, share_in_quota=quota)
        usual = usual_kinds(stage)
        kinds = [one.kind for one in usual]
        steady = pace(usual, len(stage.people), load) if load else STEADY
        for province in stage.system.provinces:
            stage.open_desks(province, SLOW if province in struck else steady)
        await stage.all_signed_in()
        own_per_s, before_s = (LOADED_PER_S, LOADED_BEFORE_S) if load else (OWN_PER_S, BEFORE_S)
        tell(f"{len(stage.people)} people are at work; {before_s:.0f} s of ordinary work begin")
        for province in stage.system.provinces if load else ():
            people = sum(person.province == province for person in stage.people)
            await stage.create(province, stage.tasks(round(load * people), kinds))
        async with meanwhile(*(_keep_working(stage, code, kinds, own_per_s) for code in stage.system.provinces)):
            await asyncio.sleep(before_s)
            for province in struck:
                await stage.create(province, stage.tasks(tasks, kinds))
                # What a drill would strike is read from the picture; one from amid the creations counts a part of them.
                await stage.pictured(province)
                tell(f"{tasks} tasks wait in {province}")
            yield stage


def usual_kinds(stage: Stage) -> list[Kind]:
    """Kinds of work that people of any branch may do.

    Raises:
        RowFailed: there are none.
    """
    usual = [one for one in stage.kinds if one.authority <= AUTHORITY_MAX]
    if not usual:
        raise RowFailed("the system knows no kind of work that people of any branch may do")
    return usual


def pace(kinds: Sequence[Kind], people: int, load: float) -> Behaviour:
    """How fast so many people must be to be busy for this part of their time with `LOADED_PER_S` tasks a second, the kinds in turn."""
    work = [(one.line, 0) for one in kinds]
    return Behaviour(seconds_per_minute=seconds_per_minute(work, people, len(work) / LOADED_PER_S, load))


async def _keep_working(stage: Stage, province: str, kinds: Sequence[str], per_s: float) -> None:
    """Let work arise in a province, a task at a time; while the province or the gateway is away, it waits to be taken in.

    Args:
        per_s: tasks of all provinces together.
    """
    pause_s = len(stage.system.provinces) / per_s
    while True:
        await stage.create(province, stage.tasks(1, kinds))
        await asyncio.sleep(pause_s)


async def problems_of(directory: Path) -> list[str]:
    """What `sharedops verify` finds in the journals of the system that has ended; nothing: they are in order."""
    report = await verified(directory / "data")
    return [] if report["ok"] else [str(problem) for problem in report["problems"]] or ["verify is not content"]
