"""The `sharedops` command: one file a subcommand."""

import json
import os
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

# Before gRPC is imported. Children are started by fork and exec, and of each of them gRPC would say that it skips its handlers of forks.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

from gateway.command.backup import backup
from gateway.command.bench import bench
from gateway.command.calendar import calendar
from gateway.command.capacity import capacity
from gateway.command.demo import demo
from gateway.command.drill import drill
from gateway.command.explain import explain
from gateway.command.failing import CUT_SHORT
from gateway.command.policy import policy
from gateway.command.replay import replay
from gateway.command.restore import restore
from gateway.command.serve import serve
from gateway.command.verify import verify

#: The JSON field that is false when a command was cut short; of all others it is "ok".
_VERDICTS = {"serve": "ready", "drill": "passed"}
#: Whether JSON was asked for.
_JSON = "sharedops.json"


class _Sharedops(TyperGroup):
    """All commands. What is typed must be text: nothing else can be asked for over the wire, nor told in JSON."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        for argument in args:
            try:
                argument.encode()
            except UnicodeEncodeError:
                shown = os.fsencode(argument).decode(errors="replace")
                raise typer.BadParameter(f"{shown!r} is not text in UTF-8", ctx) from None
        ctx.meta[_JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command. One that is cut short says so in JSON, too, whichever it is; the exit code stays typer's."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, EOFError, typer.Abort) as error:
            if ctx.meta[_JSON]:
                problem = CUT_SHORT if isinstance(error, KeyboardInterrupt) else "there was no answer 未作答"
                print(
                    json.dumps(
                        {_VERDICTS.get(ctx.invoked_subcommand, "ok"): False, "problem": problem}, ensure_ascii=False
                    )
                )
            raise


app = typer.Typer(
    name="sharedops",
    cls=_Sharedops,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _say_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"sharedops {version('sharedops')}")
        raise typer.Exit


@app.callback()
def _sharedops(
    is_version_asked: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and end.")
    ] = False,
) -> None:
    """The dispatcher that lets 36 insurance branches work as one. 三十六家分公司, 一个作业中心.

    Example: sharedops demo --provinces 6

    `sharedops COMMAND --help` shows the options of a command and an example. Exit code 0 if what was asked for held, 1 if it did not, 2 if
    the command could not be carried out as it was written.
    """


app.command()(serve)
app.command()(demo)
app.command()(verify)
app.command()(backup)
app.command()(restore)
app.command()(explain)
app.command()(calendar)
app.command()(replay)
app.command()(capacity)
app.add_typer(bench)
app.add_typer(drill, name="drill")
app.add_typer(policy, name="policy")


def main() -> None:
    """Entry point of the console script."""
    app()
