"""The row "a site's desks fall silent": one branch loses power with thousands of tasks waiting; the country takes them over.

The streams of its desks stay open but nothing more is sent or read, as when a site's network dies behind a live proxy. Nothing is
announced to the system. What is measured is what an observer outside sees by the event stream and the national picture: when the outage
is known, when the first task lies on another province's desk, when the last of those that were waiting is owned by another province,
and whether someone on duty there may do it. At the end the journals are asked.

Example: python -m loadtests.chaos.site_outage --json
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from loadtests.catalogue import POPULATION_MILLIONS, Kind
from loadtests.chaos.findings import Findings, RowFailed, check_journals, run_row, verified
from loadtests.chaos.provinces import read_provinces_option
from loadtests.chaos.stage import Stage, staged, until
from loadtests.chaos.takeover import Takeover
from loadtests.handling import Behaviour
from loadtests.roster import Person

SEEN_MAX_S = 4.0
FIRST_MAX_S = 5.0
MOVED_MAX_S = 30.0
#: Longer than the row allows, so that a miss is measured, not cut off.
WATCH_S = 120.0
#: People of the dark branch hold what they have; the others work at this pace.
SLOW = Behaviour(seconds_per_minute=60.0)
STEADY = Behaviour(seconds_per_minute=1.0)
SEED = 20260911
#: Kinds that need this authority at most: work that people of any branch may do.
AUTHORITY_MAX = 2


def may_do(person: Person, kind: Kind) -> bool:
    """Whether somebody may do a kind of work for another province, by what the roster says."""
    return (
        kind.kind in person.experience
        and person.authority.get(kind.line, 0) >= kind.authority
        and all(person.skills.get(skill, 0) >= level for skill, level in kind.skills)
    )


def ineligible_moves(
    hosts: Mapping[str, str], kind_of: Mapping[str, str], on_duty: Iterable[Person], kinds: Sequence[Kind]
) -> list[str]:
    """Tasks that went to a province where nobody on duty may do them.

    Args:
        hosts: task -> province that took it over.
        kind_of: task -> kind.
        on_duty: people whose sign-in was confirmed and who were not silent.
    """
    by_id = {kind.kind: kind for kind in kinds}
    able = {(person.province, kind) for person in on_duty for kind in person.experience if may_do(person, by_id[kind])}
    return [task for task, host in hosts.items() if (host, kind_of[task]) not in able]


async def play(
    directory: Path, tell: Callable[[str], None], provinces: Sequence[str], dark: str, tasks: int
) -> Findings:
    """Prepare, cut the power, watch, verify."""
    findings = Findings("site_outage")
    async with staged(directory, provinces, tell) as stage:
        takeover = Takeover(dark, time.monotonic)
        kind_of = await _prepare(stage, takeover, tasks)
        waiting = list(kind_of)
        tell(f"{len(waiting)} tasks wait in {dark}; its {len(stage.benches[dark].signed_in)} desks fall silent")
        stage.benches[dark].freeze()
        takeover.begin()
        await until(lambda: takeover.moved(waiting) == tasks, WATCH_S)
        tell(f"{takeover.moved(waiting)} of them are with other provinces")
        report(findings, takeover, waiting)
        on_duty = [person for person in stage.people if person.province != dark and _is_signed_in(stage, person)]
        wrong = ineligible_moves(takeover.hosts, kind_of, on_duty, stage.kinds)
        findings.exactly("moved_to_nobody_eligible", len(wrong), 0)
        findings.figures |= {"provinces": len(stage.system.provinces), "operators_on_duty": len(on_duty)}
        findings.figures["hosts"] = len(set(takeover.hosts.values()))
    check_journals(findings, await verified(stage.system.data_dir), len(stage.created))
    return findings


def report(findings: Findings, takeover: Takeover, waiting: list[str]) -> None:
    """The count of what left and the three times."""
    moved = takeover.moved(waiting)
    findings.exactly("tasks_moved", moved, len(waiting))
    findings.at_most("seen_seconds", takeover.seen_s, SEEN_MAX_S)
    findings.at_most("first_reassigned_seconds", takeover.first_reassigned_s, FIRST_MAX_S)
    is_whole = moved == len(waiting)
    findings.at_most("all_moved_seconds", takeover.last_moved_s if is_whole else None, MOVED_MAX_S)


async def _prepare(stage: Stage, takeover: Takeover, tasks: int) -> dict[str, str]:
    """Staff the country and fill the queue of the branch that will be dark; task -> kind."""
    await stage.enrol(SEED)
    await stage.keep_work_home(stage.system.provinces)
    for province in stage.system.provinces:
        stage.open_desks(province, SLOW if province == takeover.dark else STEADY)
    await stage.all_signed_in()
    stage.watch(takeover.take)
    stage.follow_pictures(takeover.take_picture)
    kinds = [kind.kind for kind in stage.kinds if kind.authority <= AUTHORITY_MAX]
    wanted = stage.tasks(tasks, kinds)
    names = await stage.create(takeover.dark, wanted)
    if await until(lambda: len(takeover.created) >= tasks, WATCH_S) is None:
        raise RowFailed(f"the event stream showed {len(takeover.created)} of {tasks} tasks")
    return {name: task.kind for name, task in zip(names, wanted, strict=True)}


def _is_signed_in(stage: Stage, person: Person) -> bool:
    return person.operator in stage.benches[person.province].signed_in


def main(
    tasks: Annotated[int, typer.Option(min=1, max=50_000, help="Tasks waiting when the power goes.")] = 5_000,
    provinces: Annotated[str, typer.Option(help="A number or codes, comma-separated; default: all 36.")] = "",
    dark: Annotated[str, typer.Option(help="The branch that loses power.")] = "fujian",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")] = False,
) -> None:
    """A branch loses power with thousands of tasks waiting; the country takes them over.

    Example: python -m loadtests.chaos.site_outage --provinces fujian,jiangxi,zhejiang --tasks 500 --json

    Exit code 0 only if everything held.
    """
    codes = read_provinces_option(provinces)
    if dark not in (codes or POPULATION_MILLIONS):
        raise typer.BadParameter(f"{dark} is not among the provinces", param_hint="--dark")
    run_row(lambda directory, tell: play(directory, tell, codes, dark, tasks), as_json=as_json)


if __name__ == "__main__":
    typer.run(main)
