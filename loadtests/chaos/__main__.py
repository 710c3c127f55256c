"""The command: ``python -m loadtests.chaos --seconds 600``."""

import asyncio
import secrets
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from loadtests.chaos.provinces import read_provinces_option
from loadtests.chaos.report import Report, make_report, to_markdown
from loadtests.chaos.run import CALLS_PER_S, CREATES_PER_S, ChaosRun, Settings


def chaos(
    seconds: Annotated[float, typer.Option(help="How long the load and the faults last.", min=20, max=7_200)] = 600.0,
    provinces: Annotated[str, typer.Option(help="A number or codes, comma-separated; default: all 36.")] = "",
    seed: Annotated[int | None, typer.Option(help="Of the schedule and the load; default: a new one.", min=0)] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            help="New directory for data and history, kept; default: a temporary one, removed if everything held."
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Where report.md and report.json go; default: the directory, if it is kept.")
    ] = None,
    creates_per_s: Annotated[
        float, typer.Option(help="Tasks created a second in the whole country.", min=1)
    ] = CREATES_PER_S,
    calls_per_s: Annotated[float, typer.Option(help="Reads and amendments a second.", min=1)] = CALLS_PER_S,
    ray_loss: Annotated[bool, typer.Option(help="Let Ray lose some of its own messages for the whole run.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON line at the end.")] = False,
) -> None:
    """Run the real system under load, break it again and again, and check that nothing acknowledged was lost or decided twice.

    Example: python -m loadtests.chaos --seconds 600 --json

    Exit code 0 only if everything held.
    """
    chosen_seed = secrets.randbelow(1_000_000) if seed is None else seed
    chosen_provinces = read_provinces_option(provinces)
    if data_dir is not None and data_dir.exists() and (not data_dir.is_dir() or any(data_dir.iterdir())):
        raise typer.BadParameter(f"{data_dir} is there already and not an empty directory", param_hint="--data-dir")
    settings = Settings(
        seconds=seconds,
        seed=chosen_seed,
        provinces=chosen_provinces,
        directory=data_dir or Path(tempfile.mkdtemp(prefix="chaos-")),
        creates_per_s=creates_per_s,
        calls_per_s=calls_per_s,
        loses_ray_messages=ray_loss,
    )
    command = f"python -m loadtests.chaos --seconds {seconds:g} --seed {chosen_seed}"
    command += f" --provinces {','.join(settings.provinces)}" if settings.provinces else ""
    typer.echo(f"{command}\ndirectory {settings.directory}", err=True)
    held = False
    try:
        result = asyncio.run(ChaosRun(settings, lambda line: typer.echo(line, err=True)).run())
        made = make_report(result, settings, command)
        _write(made, report or settings.directory)
        typer.echo(to_markdown(made), err=as_json)
        if as_json:
            print(msgspec.json.encode(made).decode())
        held = made.ok
    finally:
        if held and data_dir is None:
            shutil.rmtree(settings.directory, ignore_errors=True)
        else:
            typer.echo(f"what it wrote is kept in {settings.directory}", err=True)
    sys.exit(0 if held else 1)


def _write(made: Report, target: Path) -> None:
    """Leave the report where it was asked for."""
    target.mkdir(parents=True, exist_ok=True)
    (target / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(made)))
    (target / "report.md").write_text(to_markdown(made), encoding="utf-8")


if __name__ == "__main__":
    typer.run(chaos)
