"""`sharedops restore FOLDER DATA_DIR`: a data directory of a backup."""

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from actors.backup import BackupFailed, NoBackup, restore_backup


def restore(
    folder: Annotated[Path, typer.Argument(help="A folder that `sharedops backup` made.")],
    data_dir: Annotated[Path, typer.Argument(help="The data directory to make; absent or empty.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make a data directory of a backup; every file is checked against the manifest while it is copied.

    Example: sharedops restore /backup/2026-01-05 ./data

    End the old system for good before you serve the restored one: both hold the same tasks. Exit code 0 if everything was restored, 1 if
    nothing was (damaged or incomplete backup, target not empty or in use), 2 if the folder is missing or holds no backup.
    """
    try:
        outcome = restore_backup(folder, data_dir)
    except (BackupFailed, OSError) as error:
        if as_json:
            print(json.dumps({"ok": False, "problem": str(error)}, ensure_ascii=False))
        else:
            typer.echo(f"sharedops restore: {error}", err=True)
        raise typer.Exit(2 if isinstance(error, NoBackup) else 1) from None
    manifest = outcome.manifest
    if as_json:
        line = {
            "ok": True,
            "data_dir": outcome.directory,
            "store_id": manifest.store_id,
            "taken_ms": manifest.taken_ms,
            "journals": len(manifest.journals),
            "bytes": outcome.bytes,
            "seconds": round(outcome.seconds, 3),
        }
        print(json.dumps(line, ensure_ascii=False))
        return
    taken = time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(manifest.taken_ms / 1000))
    typer.echo(
        f"{outcome.directory}: {len(manifest.journals)} journals as of {taken} "
        f"({outcome.bytes:,} bytes in {outcome.seconds:.1f} s). Next: sharedops serve --data-dir {outcome.directory}"
    )
