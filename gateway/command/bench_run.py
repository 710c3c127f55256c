"""What the benches that start a system of their own have in common: a directory that goes with them, errors in one line, a verdict with reasons."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import NoReturn, TypeVar

import grpc.aio
import msgspec
import typer
from rich.console import Console
from rich.table import Table

from loadtests.bench.client_process import ClientFailed
from loadtests.chaos.findings import RowFailed
from loadtests.chaos.system import SystemDown
from loadtests.preparation import SetupRefused

_Result = TypeVar("_Result", bound=msgspec.Struct)
#: `OSError`: a process that is measured has gone; a timeout is one, too.
_FAILURES = (SystemDown, RowFailed, SetupRefused, ClientFailed, grpc.aio.AioRpcError, OSError)


def measured(bench: str, measure: Callable[[Path], Awaitable[_Result]]) -> _Result:
    """Measure in a directory that is taken away afterwards. A system that cannot be measured ends the command with code 1 and says why.

    Args:
        bench: the command's last word.
        measure: gets the directory.
    """

    async def run(directory: Path) -> _Result:
        return await measure(directory)

    directory = Path(tempfile.mkdtemp(prefix="sharedops-bench-"))
    try:
        return asyncio.run(run(directory))
    except _FAILURES as error:
        typer.echo(f"sharedops bench {bench}: {str(error) or type(error).__name__}", err=True)
        raise typer.Exit(1) from None
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def tell(
    title: str,
    result: msgspec.Struct,
    checks: Mapping[str, bool],
    asked: Mapping[str, str],
    *,
    as_json: bool,
    show: Callable[[Console], None] | None = None,
) -> NoReturn:
    """Print what was measured and what had to hold, and end with code 0 if all of it did, else 1.

    Args:
        asked: check -> what it asks for.
        show: prints the figures; None: a table of all of them.
    """
    if as_json:
        print(json.dumps(msgspec.to_builtins(result) | {"checks": dict(checks)}, ensure_ascii=False))
    else:
        console = Console()
        if show is not None:
            show(console)
        else:
            console.print(figures_table(title, result))
        for name, held in checks.items():
            text = f"{name}: {asked[name]}"
            console.print(f"[green]✓[/green] {text}" if held else f"[red]✗ {text}[/red]")
    raise typer.Exit(0 if all(checks.values()) else 1)


def figures_table(title: str, result: msgspec.Struct, leave_out: str = "") -> Table:
    """All figures but one, a line each."""
    table = Table(title=title, show_header=False)
    for name, value in msgspec.to_builtins(result).items():
        if name != leave_out:
            table.add_row(name, str(value))
    return table
