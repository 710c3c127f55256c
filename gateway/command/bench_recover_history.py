"""A long past for `sharedops bench recover`: finished tasks on disk in every province, and a queue in those that will be hurt."""

import asyncio
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import msgspec

from actors.core.ids import ProvinceCode
from actors.country_file import load_country
from actors.store import open_store
from actors.testing.history import HistoryPlan, write_history

#: Processes that write, each a share of the provinces.
WRITERS = 2
#: The past begins so long ago.
AGE_MS = 90 * 24 * 3_600_000
#: A line of progress for so many tasks.
TELL_EVERY_TASKS = 50_000


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What was written."""

    provinces: tuple[ProvinceCode, ...]
    decided: int


async def make_past(
    data_dir: Path, provinces: Sequence[ProvinceCode], tasks: int, queued: dict[ProvinceCode, int]
) -> Past:
    """Write a store with a past; the first provinces of the list have one task more when they do not divide evenly."""
    country = load_country(None)
    store = open_store(data_dir, tuple(provinces))
    store.release()
    counts = {code: tasks // len(provinces) + (place < tasks % len(provinces)) for place, code in enumerate(provinces)}
    plans = [
        HistoryPlan(
            store_id=store.store_id,
            journals=str(data_dir / "journals"),
            provinces=tuple(entry for entry in country.provinces if entry.province in share),
            kinds=country.kinds,
            limits=country.limits,
            tasks={code: counts[code] for code in share},
            queued={code: queued[code] for code in share if code in queued},
            start_ms=time.time_ns() // 1_000_000 - AGE_MS,
        )
        for share in (tuple(provinces[first::WRITERS]) for first in range(WRITERS))
        if share
    ]
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(len(plans), mp_context=get_context("spawn")) as pool:
        decided = await asyncio.gather(*(loop.run_in_executor(pool, _write, plan) for plan in plans))
    return Past(provinces=tuple(provinces), decided=sum(decided))


def _write(plan: HistoryPlan) -> int:
    """In a process of its own: write, and say on standard error how far it is."""
    wanted = sum(plan.tasks.values())
    said = 0

    def progress(created: int) -> None:
        nonlocal said
        if created - said >= TELL_EVERY_TASKS:
            said = created
            print(f"          history from {plan.provinces[0].province}: {created:,} of {wanted:,}", file=sys.stderr)

    return write_history(plan, progress)
