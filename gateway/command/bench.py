"""`sharedops bench …`: the performance figures, each measured in the run that prints it."""

import typer

from gateway.command.bench_create import create
from gateway.command.bench_fairness import fairness
from gateway.command.bench_ingest import ingest
from gateway.command.bench_lifecycle import lifecycle
from gateway.command.bench_match import match
from gateway.command.bench_overload import overload
from gateway.command.bench_plan import plan
from gateway.command.bench_recover import recover
from gateway.command.bench_scale import scale

bench = typer.Typer(name="bench", no_args_is_help=True)
bench.command()(recover)
bench.command()(overload)
bench.command()(match)
bench.command()(create)
bench.command()(ingest)
bench.command()(lifecycle)
bench.command()(scale)
bench.command()(plan)
bench.command()(fairness)


@bench.callback()
def _bench() -> None:
    """Measure the system on this machine.

    Example: sharedops bench recover --provinces 4 --trials 5 --history 20000 --json
    """
