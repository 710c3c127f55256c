"""What a row of the fault table must hold, what was measured, and how a row's command ends.

Every command of this kind prints its checks for people and, with ``--json``, one JSON object as its last line; it exits 0 only if every
check held. A figure that was not seen at all is a missed check, never a passed one.
"""

import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import typer
from rich.console import Console
from rich.table import Table

from loadtests.chaos.system import SystemDown
from loadtests.preparation import SetupRefused

Figure = float | int | str | bool | None


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold."""

    name: str
    measured: Figure
    #: In words, for people: "<= 4 s".
    target: str
    held: bool


@dataclass(slots=True)
class Findings:
    """All checks and figures of one run."""

    row: str
    checks: list[Check] = field(default_factory=list)
    #: Further figures, none of them a check.
    figures: dict[str, Any] = field(default_factory=dict)

    def at_most(self, name: str, measured: float | None, limit: float) -> None:
        """A duration or a count that must not be above `limit`; None: never seen."""
        rounded = None if measured is None else round(measured, 3)
        self.checks.append(Check(name, rounded, f"<= {limit:g}", measured is not None and measured <= limit))

    def at_least(self, name: str, measured: float, limit: float) -> None:
        """A count that must not be below `limit`."""
        self.checks.append(Check(name, round(measured, 3), f">= {limit:g}", measured >= limit))

    def exactly(self, name: str, measured: Figure, expected: Figure) -> None:
        """A figure that must be `expected`."""
        self.checks.append(Check(name, measured, f"= {expected}", measured == expected))

    @property
    def held(self) -> bool:
        """Whether there were checks and all held."""
        return bool(self.checks) and all(check.held for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """One flat object: the row, whether it held, every checked and every other figure, and the names of what was missed."""
        return {
            "row": self.row,
            "held": self.held,
            **{check.name: check.measured for check in self.checks},
            **self.figures,
            "missed": [check.name for check in self.checks if not check.held],
        }

    def show(self, console: Console) -> None:
        """A table for people."""
        table = Table(title=self.row, title_justify="left")
        for column in ("what must hold", "target", "measured", ""):
            table.add_column(column)
        for check in self.checks:
            table.add_row(check.name, check.target, str(check.measured), "ok" if check.held else "MISSED")
        for name, figure in self.figures.items():
            table.add_row(name, "", str(figure), "")
        console.print(table)


class RowFailed(Exception):
    """The scenario could not be played as written; `str` says why."""


Scenario = Callable[[Path, Callable[[str], None]], Awaitable[Findings]]


def run_row(scenario: Scenario, *, as_json: bool) -> None:
    """Play a scenario in a directory of its own, show what was found and end the command.

    The directory is removed when everything held and kept, and named, when not.

    Args:
        scenario: called with the directory and with where to tell people how far it is.
    """
    console = Console(stderr=as_json)
    directory = Path(tempfile.mkdtemp(prefix="sharedops-row-"))
    began_s = time.monotonic()

    def tell(line: str) -> None:
        console.print(f"[dim]{time.monotonic() - began_s:6.1f} s[/dim]  {line}")

    code = 1
    try:
        findings = asyncio.run(_play(scenario, directory, tell))
        findings.figures["elapsed_seconds"] = round(time.monotonic() - began_s, 1)
        findings.show(console)
        if as_json:
            print(json.dumps(findings.as_json(), ensure_ascii=False))
        code = 0 if findings.held else 1
    except (RowFailed, SystemDown, SetupRefused, grpc.aio.AioRpcError) as error:
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        if as_json:
            print(json.dumps({"held": False, "error": f"{type(error).__name__}: {error}"[:500]}, ensure_ascii=False))
    finally:
        if code:
            console.print(f"what it wrote is kept in {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)
    raise typer.Exit(code)


async def _play(scenario: Scenario, directory: Path, tell: Callable[[str], None]) -> Findings:
    return await scenario(directory, tell)


async def asked(*arguments: str) -> dict[str, Any]:
    """What a `sharedops` command says in JSON.

    Raises:
        RowFailed: it said nothing that can be read.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.command", *arguments, "--json"), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    try:
        return json.loads(said.splitlines()[-1])
    except (IndexError, ValueError):
        raise RowFailed(f"sharedops {arguments[0]} ended with {process.returncode} and said nothing") from None


async def verified(data_dir: Path) -> dict[str, Any]:
    """What `sharedops verify` says of a directory whose system has ended.

    Raises:
        RowFailed: it said nothing that can be read.
    """
    return await asked("verify", str(data_dir), "--thorough")


def check_journals(findings: Findings, report: dict[str, Any], created: int) -> None:
    """Nothing lost, nothing decided twice, no leg without its counterpart, every acknowledged task on disk.

    Args:
        report: from `verified`.
        created: tasks that were acknowledged.
    """
    findings.exactly("journals_valid", bool(report["ok"]), True)
    # What could not be read has no figures, and nothing of it holds.
    findings.exactly("lost", report.get("tasks_lost"), 0)
    findings.exactly("decided_twice", report.get("tasks_decided_twice"), 0)
    findings.exactly("ledger_sum_fen", report.get("ledger_sum_fen"), 0)
    findings.at_least("tasks_in_journals", report.get("tasks_created", -1), created)
    findings.figures["tasks_decided"] = report.get("tasks_decided")
    if report["problems"]:
        findings.figures["problems"] = report["problems"][:10]
