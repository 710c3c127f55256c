"""`sharedops backup DATA_DIR FOLDER`: all journals of one instant, of a running or a stopped system."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from actors.backup import BackupFailed, BackupOutcome, make_backup
from actors.store import StoreError
from gateway.command.failing import fail
from gateway.command.figure_notes import FIGURE_NOTES


def backup(
    data_dir: Annotated[Path, typer.Argument(help="Data directory of `sharedops serve`, running or not.")],
    folder: Annotated[Path, typer.Argument(help="Where the backup goes; absent or empty.")],
    verify: Annotated[bool, typer.Option(help="Replay and check the copy before it is called a backup.")] = True,
    wait_seconds: Annotated[
        float, typer.Option(min=0, help="How long to wait for provinces that are being restarted.")
    ] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Back up a system while it runs: one instant of all journals, no task on its way lost or doubled.

    Example: sharedops backup ./data /backup/2026-01-05 --json

    Every province holds its commits for at most half a second. Tasks are counted as decided, ended (undecided: returned to the branch, or
    cancelled) or open. Exit code 0 if there is a verified backup, 1 if there is none (nothing is
    left under the name), 2 if there is no store, or it is a backup itself.
    """
    try:
        outcome = make_backup(data_dir, folder, verify=verify, wait_s=wait_seconds)
    except (BackupFailed, OSError) as error:
        fail("backup", str(error), 1, as_json=as_json)
    except StoreError as error:
        fail("backup", str(error), 2, as_json=as_json)
    else:
        figures = _figures(outcome)
        if as_json:
            print(json.dumps({"ok": True} | figures, ensure_ascii=False))
        else:
            _show(figures)


def _figures(outcome: BackupOutcome) -> dict[str, Any]:
    """What was made; counts are null when it was not verified."""
    manifest, counts = outcome.manifest, outcome.manifest.counts
    return {
        "folder": outcome.folder,
        "store_id": manifest.store_id,
        "was_running": manifest.was_running,
        "verified": counts is not None,
        "journals": len(manifest.journals),
        "frames": sum(entry.sequence for entry in manifest.journals.values()),
        "tasks_created": counts and counts.tasks_created,
        "tasks_decided": counts and counts.tasks_decided,
        "tasks_ended": counts and counts.tasks_ended,
        "tasks_open": counts and counts.tasks_open,
        "tasks_in_transit": counts and counts.tasks_in_transit,
        "tries": len(outcome.cut.broken_tries) + 1,
        "broken_tries": list(outcome.cut.broken_tries),
        "held_seconds": round(outcome.cut.held_seconds, 4),
        "held_longest_ms": outcome.cut.held_longest_ms,
        "bytes": outcome.bytes,
        "copy_seconds": round(outcome.copy_seconds, 3),
        "copy_mb_per_second": round(outcome.bytes / 1e6 / outcome.copy_seconds, 1),
        "seconds": round(outcome.seconds, 3),
    }


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(value) or "none"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _show(figures: dict[str, Any]) -> None:
    table = Table(title="backup 备份", show_header=False)
    table.add_column(no_wrap=True)
    # The folder is needed to restore it.
    table.add_column(overflow="fold")
    table.add_column()
    for name, value in figures.items():
        table.add_row(name, _shown(value), FIGURE_NOTES.get(name, ""))
    console = Console()
    console.print(table)
    console.print("[green]✓ ok[/green]")
