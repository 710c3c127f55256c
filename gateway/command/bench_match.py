"""`sharedops bench match`: how long it takes to score and to pair tasks with people, and whether the pairs are proven the best.

The measuring runs in a child (`bench_match_run`) that has one BLAS thread, as a province's process has: the number of threads must be set
before numpy is loaded. A contended run on two threads was five times slower than on one.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

RUN_MAX_S = 900
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def match(
    tasks: Annotated[int, typer.Option(help="Tasks that wait.", min=1, max=5_000)] = 1_000,
    operators: Annotated[int, typer.Option(help="People who are free.", min=1, max=20_000)] = 5_000,
    repetitions: Annotated[int, typer.Option(help="Measured runs on each instance.", min=1, max=1_000)] = 9,
    seeds: Annotated[int, typer.Option(help="Instances, of seeds 1, 2, ...", min=1, max=100)] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score and solve contended rounds on one thread, beside scipy and greedy.

    Example: sharedops bench match --tasks 50 --operators 200 --json

    Exit code 0 only if every assignment was certified optimal and worth as much as scipy's. Times are medians over all repetitions on all
    instances (scipy's and greedy's: once an instance); they are shown and do not decide. `round_50x200_ms` and its like are whole rounds of a
    province by the shipped model: least and median processor time, and the least of the scorer's part.
    """
    arguments = [str(number) for number in (tasks, operators, repetitions, seeds)]
    run = subprocess.run(
        [sys.executable, "-m", "gateway.command.bench_match_run", *arguments],
        env=os.environ | ONE_THREAD,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=RUN_MAX_S,
    )
    if run.returncode:
        typer.echo(f"sharedops bench match: the measuring process ended with {run.returncode}", err=True)
        raise typer.Exit(1)
    result = json.loads(run.stdout)
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        _show(result)
    raise typer.Exit(0 if result["certified"] and result["equals_scipy"] else 1)


def _show(result: dict[str, Any]) -> None:
    table = Table(title="match 匹配", show_header=False)
    for name, value in _rows("", result):
        table.add_row(name, value)
    Console().print(table)


def _rows(prefix: str, value: object) -> Iterator[tuple[str, str]]:
    """One line for each figure, however deep it stands."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _rows(f"{prefix} {name}".lstrip(), inner)
    elif isinstance(value, list):
        yield prefix, ", ".join(map(str, value))
    else:
        yield prefix, str(value)
