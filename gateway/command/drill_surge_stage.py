"""A system of the command's own for `sharedops drill run surge --self-contained`: everybody busy as told, and work shared by waits.

Other drills want work that waits in one province and people elsewhere who have time (`drill_stage`); a surge wants a country at work, whose
waits say something: each line of each branch has as much to do as its people can take at the told load, arrivals come at random, the
system has seen enough of it to know how long it takes, and the struck province's people work like all others.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from gateway.command.drill_load import Arrivals, Load, load_of, pauses_s
from gateway.command.drill_stage import SEED, usual_kinds
from loadtests.catalogue import Kind
from loadtests.chaos.stage import Stage, meanwhile, staged
from loadtests.preparation import share_by_wait

#: The usual roster has two to nine people a line and branch. A lender keeps the root of what its people have in hand free: of six at three quarters
#: of full load that is all that are free. Three times a branch's work is one and a half times its people, so the others together must have as many to
#: lend, beyond what they keep: with lines of twenty to ninety people they have.
ROSTER_TIMES = 10
#: Tasks that arise in all provinces together, per second, and for how long before the drill: what it is compared with, and learned from.
WORK_PER_S = 128.0
BEFORE_S = 150.0


@contextlib.asynccontextmanager
async def surge_system(
    directory: Path, provinces: Sequence[str], load: float, quota: int, tell: Callable[[str], None]
) -> AsyncIterator[Stage]:
    """A running system with everybody at work; it ends with the block.

    Args:
        load: part of their time for which people are busy with their own provinces' work, above 0.
        quota: tasks of others that a province lets be open at once; 0: as many as its policy does.

    Raises:
        SystemDown: it did not start.
        RowFailed: it could not be prepared, or did not end when asked to.
    """
    async with staged(directory, provinces, tell) as stage:
        await stage.enrol(SEED, ROSTER_TIMES)
        kinds = usual_kinds(stage)
        work = load_of(stage.people, kinds, load, WORK_PER_S)
        await _share_by_wait(stage, kinds, work)
        for province in stage.system.provinces:
            if quota:
                await stage.set_policy(province, share_in_quota=quota)
            stage.open_desks(province, work.behaviour)
        await stage.all_signed_in()
        tell(
            f"{len(stage.people)} people are at work, {work.handle_s:.0f} s a task; {BEFORE_S:.0f} s of ordinary work begin"
        )
        async with _ordinary_work(stage, work.arrivals):
            await asyncio.sleep(BEFORE_S)
            yield stage


async def _share_by_wait(stage: Stage, kinds: Sequence[Kind], work: Load) -> None:
    """Let everybody share by waits, and tell the system of times as short as they are here."""
    for one in kinds:
        await stage.set_standard_minutes(one.kind, work.standard_minutes(one.line))
    await share_by_wait(stage.control, stage.tokens.ops, stage.system.provinces, work.activation_ms, work.release_ms)


@contextlib.asynccontextmanager
async def _ordinary_work(stage: Stage, arrivals: Sequence[Arrivals]) -> AsyncIterator[None]:
    """Everybody has something to do at once, and work goes on arising for the length of the block.

    Raises:
        RowFailed: a task was refused.
    """
    for one in arrivals:
        await stage.create(one.province, stage.tasks(one.at_once, one.kinds))
    async with meanwhile(*(_keep_working(stage, one) for one in arrivals)):
        yield


async def _keep_working(stage: Stage, arrivals: Arrivals) -> None:
    """Let work arise, a task at a time; while the province or the gateway is away, it waits to be taken in."""
    for number, pause_s in enumerate(pauses_s(arrivals, SEED)):
        await asyncio.sleep(pause_s)
        await stage.create(arrivals.province, stage.tasks(1, [arrivals.kinds[number % len(arrivals.kinds)]]))
