"""`sharedops verify DIR`: are all journals whole, and do they agree?"""

import json
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from actors.backup import MANIFEST_FILE, problems_of
from actors.store import DAMAGED_RUNBOOK, StoreError
from actors.verification.directory import verify_directory
from actors.verification.report import PROBLEMS_MAX, Report
from actors.verification.workers import ReadingFailed
from gateway.command.figure_notes import FIGURE_NOTES

#: Keys of the JSON answer besides `ok`, in the order of the table.
KEYS = tuple(Report.__struct_fields__)


def verify(
    directory: Annotated[Path, typer.Argument(help="Data directory of `sharedops serve`.")],
    is_thorough: Annotated[
        bool, typer.Option("--thorough", help="Learn the statistics again, too, and compare those of the snapshots.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check every journal: file, hash chain, anchors, records, snapshots, invariants, one owner and one decision a task, ledger.

    Example: sharedops verify ./data --json

    Without --thorough what the journals have taught about people and kinds is not learned again: a snapshot's statistics are checked by their
    hashes alone. That halves the time, and nothing in them can lose a task or decide it twice.

    Of a backup the manifest and every file that it names are checked, too, as a restore would.

    Every task that was created is counted once more: decided, ended (undecided: returned to the branch, or cancelled) or open. Exit code 0
    if nothing was found, 1 if there are problems, 2 if there is no store, or it could not be read to the end.
    """
    try:
        report = verify_directory(directory, is_thorough=is_thorough)
        if (directory / MANIFEST_FILE).exists():
            report.problems = [*problems_of(directory), *report.problems][:PROBLEMS_MAX]
    except (StoreError, ReadingFailed) as error:
        _refuse(str(error), as_json=as_json)
    except OSError as error:
        _refuse(f"{error.filename or directory} cannot be read: {error.strerror}", as_json=as_json)
    if as_json:
        print(json.dumps({"ok": report.ok} | {key: getattr(report, key) for key in KEYS}, ensure_ascii=False))
    else:
        _show(report)
    if not report.ok:
        raise typer.Exit(1)


def _refuse(problem: str, *, as_json: bool) -> NoReturn:
    """Nothing could be verified."""
    if as_json:
        print(json.dumps({"ok": False, "problems": [problem]}, ensure_ascii=False))
    else:
        typer.echo(f"sharedops verify: {problem}", err=True)
    raise typer.Exit(2)


def _show(report: Report) -> None:
    console = Console()
    table = Table(title="verify 核验", show_header=False)
    for key in KEYS:
        if key != "problems":
            table.add_row(key, _readable(getattr(report, key)), FIGURE_NOTES.get(key, ""))
    console.print(table)
    for problem in report.problems:
        console.print(f"[red]✗[/red] {escape(problem)}")
    if report.ok:
        console.print("[green]✓ ok[/green]")
    else:
        console.print(f"[red]{len(report.problems)} problems[/red]; what to do: {DAMAGED_RUNBOOK}")


def _readable(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:,}"
