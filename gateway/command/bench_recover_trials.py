"""The measurements of `sharedops bench recover`, each on a system of its own making."""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from actors.core.ids import ProvinceCode
from actors.country_file import load_country
from actors.province import ProvinceOptions
from actors.testing.zombie import ZombieReport, play
from actors.verification.directory import verify_directory
from gateway.command.bench_recover_outcome import Outcome
from loadtests.bench.recovery import Client, frozen, killed
from loadtests.chaos.system import LiveSystem
from loadtests.wire import open_channel

Tell = Callable[[str], None]


async def measure_start(system: LiveSystem) -> float:
    """SIGKILL for every process of a running system, then start it again; seconds from the command until every province serves.

    Raises:
        SystemDown: it did not come up.
    """
    system.kill_tree()
    await system.wait_gone()
    await system.start()
    return system.startup_s


async def measure_faults(
    client: Client, outcome: Outcome, provinces: Sequence[ProvinceCode], freezes: int, tell: Tell
) -> None:
    """Kill the provinces in turn, then stop them in turn.

    Raises:
        RecoveryFailed: one did not come back.
    """
    for trial in range(outcome.trials):
        province = provinces[trial % len(provinces)]
        seconds = await killed(client, province)
        outcome.kills_seconds.append(seconds)
        tell(f"kill {trial + 1} of {outcome.trials}: {province} writes again after {seconds:.2f} s")
    stops = [await frozen(client, provinces[trial % len(provinces)]) for trial in range(freezes)]
    outcome.freeze_seen_seconds = max(stop.seen_s for stop in stops)
    outcome.freeze_served_seconds = max(stop.served_s for stop in stops)
    tell(f"stopped: seen after {outcome.freeze_seen_seconds:.2f} s, writes after {outcome.freeze_served_seconds:.2f} s")


async def measure_empty(directory: Path, provinces: Sequence[ProvinceCode]) -> float:
    """What a restart takes when there is nothing to replay. Seconds.

    Raises:
        SystemDown: it did not come up.
    """
    system = LiveSystem(directory, provinces)
    await system.start()
    try:
        seconds = await measure_start(system)
        await system.stop()
    finally:
        system.kill_tree()
        await system.wait_gone()
    return seconds


async def measure_full(
    directory: Path, outcome: Outcome, hurt: Sequence[ProvinceCode], freezes: int, tell: Tell
) -> None:
    """Faults on a system with a past, then the restart of all of it; at the end everything acknowledged is looked up.

    Raises:
        RecoveryFailed: a province did not come back.
        SystemDown: the system did not.
    """
    system = LiveSystem(directory)
    await system.start()
    tell(f"{len(system.provinces)} provinces with a past serve after {system.startup_s:.1f} s")
    try:
        async with open_channel(system.grpc) as channel:
            client = Client(system, channel)
            await measure_faults(client, outcome, hurt, freezes, tell)
        outcome.restart_all_seconds = await measure_start(system)
        tell(f"everything killed: all provinces serve again after {outcome.restart_all_seconds:.1f} s")
        async with open_channel(system.grpc) as channel:
            later = Client(system, channel, client.acknowledged)
            outcome.acknowledged = len(later.acknowledged)
            outcome.lost = await later.unreadable()
        await system.stop()
    finally:
        system.kill_tree()
        await system.wait_gone()


async def play_zombie(directory: Path) -> ZombieReport:
    """One zombie that only the store stops.

    Raises:
        ZombieFailed: it could not be played.
    """
    country = load_country(None)
    directory.mkdir()
    with tempfile.TemporaryDirectory(prefix="so-") as run_dir:
        options = ProvinceOptions(
            province=country.provinces[0].province,
            store_id="zombie",
            journal_path=str(directory / "zombie.sqlite"),
            run_dir=run_dir,
            logs_dir=str(directory / "logs"),
            settings=country.provinces[0],
            limits=country.limits,
            kinds=country.kinds,
        )
        return await asyncio.to_thread(play, options, directory)


async def judge_journals(outcome: Outcome, data_dirs: Sequence[Path]) -> None:
    """Add what the journals of stopped systems say to what clients saw."""
    reports = [await asyncio.to_thread(verify_directory, data_dir) for data_dir in data_dirs]
    outcome.lost = (outcome.lost or 0) + sum(report.tasks_lost for report in reports)
    outcome.decided_twice = sum(report.tasks_decided_twice for report in reports)
    outcome.history_tasks = sum(report.tasks_decided for report in reports)
    outcome.problems += [problem for report in reports for problem in report.problems]
