"""Writes the script of the demonstration: the day, the people, and how fast a minute of work passes.

The pace follows from the number of tasks and people, so that people are busy for about three quarters of their service hours before the
outage, whatever day is played.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import grpc

from actors.country_file import Country
from loadtests.catalogue import Branch, Kind, Line, read_branches, read_kinds
from loadtests.day import (
    DAY_MINUTES,
    SERVICE_MINUTES,
    DayTask,
    first_green,
    green_case,
    make_day,
)
from loadtests.handling import Behaviour, seconds_per_minute
from loadtests.roster import make_roster
from loadtests.story import Script
from loadtests.tasks_file import read_tasks_file
from loadtests.wire import DevelopmentTokens, open_channel

#: Real seconds that the day of eleven hours takes.
DAY_S = 46.0
#: Share of the day after which the green-channel claim comes in, and the power goes.
OUTAGE_AT = 0.30
#: Share of the service hours in which the people work on tasks; switching from one to the next comes on top.
UTILISATION = 0.78
#: Slowest pace: a small file's tasks need not fill the day. Real seconds for a minute of work.
PACE_MAX = 0.3
#: Sharing begins and ends at these expected waits. Provinces reckon with standard minutes until they have measured enough, so these are
#: minutes of the day that is played, not of the play.
ACTIVATION_WAIT_MS = 6 * 60_000
RELEASE_WAIT_MS = 2 * 60_000


class ScriptFailed(Exception):
    """The running system did not say what the script needs; `str` says why."""


def check_tasks_file(path: Path, country: Country, provinces: Sequence[str]) -> None:
    """Read the file against the country file, before half a minute has gone into starting.

    Raises:
        TasksFileError: it cannot be used.
    """
    kinds = [Kind(kind=kind.kind, line=Line(kind.line.value)) for kind in country.kinds]
    read_tasks_file(path, [Branch(province=code) for code in provinces], kinds, DAY_S)


async def write_script(
    address: str,
    tokens: DevelopmentTokens,
    country: Country,
    seed: int,
    tasks: int,
    outage: str,
    tasks_file: Path | None,
) -> Script:
    """Everything that is decided before the play, from what the running system says of itself.

    Raises:
        ScriptFailed: it does not say, or it knows no green channel.
        TasksFileError: the file cannot be used.
    """
    channel = open_channel(address)
    try:
        kinds = await read_kinds(channel, tokens.ops)
        branches = _with_sites(await read_branches(channel, tokens.ops), country)
        day, green = _day(seed, branches, kinds, tasks, outage, tasks_file)
    except grpc.aio.AioRpcError as error:
        raise ScriptFailed(f"the system did not say what it is: {error.code().name}: {error.details()}") from None
    except LookupError as error:
        raise ScriptFailed(str(error)) from None
    finally:
        await channel.close()
    people = make_roster(seed, branches, kinds)
    service_s = DAY_S * SERVICE_MINUTES / DAY_MINUTES
    pace = seconds_per_minute(((task.line, task.complexity) for task in day), len(people), service_s, UTILISATION)
    return Script(
        seed=seed,
        branches=branches,
        kinds=kinds,
        people=people,
        tasks=day,
        green=green,
        outage=outage,
        behaviour=Behaviour(seconds_per_minute=min(pace, PACE_MAX), decline=0.01, suspend=0.02, refer=0.005),
        activation_wait_ms=ACTIVATION_WAIT_MS,
        release_wait_ms=RELEASE_WAIT_MS,
    )


def _day(
    seed: int, branches: Sequence[Branch], kinds: Sequence[Kind], tasks: int, outage: str, tasks_file: Path | None
) -> tuple[list[DayTask], str]:
    """The day's tasks, and which of them is the green-channel claim of the branch that loses power."""
    if tasks_file is None:
        day = make_day(seed, branches, kinds, tasks - 1, DAY_S)
        green = None
    else:
        day = read_tasks_file(tasks_file, branches, kinds, DAY_S)
        green = first_green(day, outage)
    if green is None:
        case = green_case(outage, kinds, OUTAGE_AT * DAY_S)
        day, green = sorted([*day, case], key=lambda task: task.at_s), case.external_id
    return day, green


def _with_sites(branches: Sequence[Branch], country: Country) -> list[Branch]:
    """The wire does not list sites; the country file does."""
    sites = {str(entry.province): tuple(str(site) for site in entry.sites) for entry in country.provinces}
    return [replace(branch, sites=sites.get(branch.province, branch.sites)) for branch in branches]
