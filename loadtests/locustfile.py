"""Load tests with Locust: branch systems, desks and operations staff against a running system, by the wire contract.

Example: sharedops serve --data-dir ./data-load --provinces fujian,jiangxi
         locust -f loadtests/locustfile.py --headless --shape new-year --time-factor 10 --data-dir ./data-load --html report.html

Exit code 0: everything acknowledged is there, decided once, as fast as wanted; 1: something failed; 3: an objective was missed.
How to use it: docs/load-testing.md. Who runs where, and why gRPC has a process of its own: `loadtests.locusts`.
"""

import argparse
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import locust.runners
from locust import LoadTestShape, User, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from loadtests.locusts.front import Front
from loadtests.locusts.objectives import SHIPPED, ObjectivesUnusable, read_objectives
from loadtests.locusts.orders import Connection
from loadtests.locusts.play import Play, Settings
from loadtests.locusts.shapes import SHAPES

#: Users who come in a second, at most. Locust warns above a hundred.
SPAWN_RATE = 100.0

#: Below this are tasks a second, played minutes in a real one, and seconds.
VALUE_BOUND = 1_000_000

#: Seconds without a sign of life after which a master gives a worker up. After Locust's three, a machine that is as busy as a peak makes it lost
#: both workers and ended the run.
WORKER_SILENCE_MAX_S = 30
locust.runners.HEARTBEAT_LIVENESS = WORKER_SILENCE_MAX_S  # Locust has no option for it

_log = logging.getLogger("loadtests")
#: This process's sides of the run, from `init` on.
_front: Front | None = None
_play: Play | None = None


@events.init_command_line_parser.add_listener
def add_options(parser: LocustArgumentParser) -> None:
    """Our options; `locust --help` shows them."""
    group = parser.add_argument_group("sharedops")
    group.add_argument("--shape", choices=list(SHAPES), default="new-year", help="What is played. Default: new-year.")
    group.add_argument(
        "--peak-per-second",
        type=_positive,
        default=50.0,
        help="Tasks a second at the top of a new-year peak; an ordinary average is a tenth. Default: 50.",
    )
    group.add_argument(
        "--time-factor",
        type=_positive,
        default=0.0,
        help="Played minutes in a real minute. 0, the default: the shape's own.",
    )
    group.add_argument("--address", default="127.0.0.1:50051", help="Where gRPC listens. Default: 127.0.0.1:50051.")
    group.add_argument(
        "--data-dir", default="data", help="Data directory of the system, for its tokens. Default: data."
    )
    group.add_argument("--tokens", default="", help="File with the tokens, if not dev-tokens.json of --data-dir.")
    group.add_argument("--objectives", default=str(SHIPPED), help="TOML file with the objectives.")
    group.add_argument("--silent-province", default="", help="Whose desks fall silent in the shape outage.")
    group.add_argument(
        "--drain-seconds", type=_positive, default=120.0, help="Time for the last tasks to be decided. Default: 120."
    )
    group.add_argument("--roster-seed", type=int, default=1, help="Of the people who are enrolled where too few are.")


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < VALUE_BOUND:
        raise argparse.ArgumentTypeError(f"must be more than 0 and less than {VALUE_BOUND:,}")
    return value


@events.init.add_listener
def on_init(environment: Environment, **_more: Any) -> None:
    """Put this process's sides in place: the users' side, the master's, or both."""
    global _front, _play
    options, runner = environment.parsed_options, environment.runner
    assert options is not None and runner is not None
    # A worker's own, before the master's options replace them: it may stand elsewhere.
    tokens = Path(options.tokens or Path(options.data_dir, "dev-tokens.json")).absolute()
    connection = Connection(address=options.address, tokens=str(tokens))
    if not isinstance(runner, WorkerRunner):
        try:
            _play = _new_play(environment, connection)
        except ObjectivesUnusable as unusable:
            raise SystemExit(f"locust: {unusable}") from None
        for name in ("place_wanted", "place_left", "drained", "accounted"):
            # The run of the moment: in the web UI there may be several, one after the other.
            runner.register_message(name, lambda _name=name, **message: getattr(_play, _name)(**message))
    if not isinstance(runner, MasterRunner):
        _front = Front(environment, connection)


def _new_play(environment: Environment, connection: Connection) -> Play:
    options: Any = environment.parsed_options
    objectives = read_objectives(Path(options.objectives))
    shape = SHAPES[options.shape]
    return Play(
        environment,
        Settings(
            connection=connection,
            shape=shape,
            peak_per_second=options.peak_per_second,
            time_factor=options.time_factor or shape.time_factor,
            objectives=objectives,
            silent_province=options.silent_province,
            drain_s=options.drain_seconds,
            seed=options.roster_seed,
        ),
        _set_seats,
    )


def _set_seats(seats: dict[str, int]) -> None:
    for user_class in (BranchWatch, ProvincialWorkbench, OperatorDesk, Operations):
        user_class.fixed_count = seats[user_class.seat]


@events.quitting.add_listener
def on_quitting(environment: Environment, **_more: Any) -> None:
    """End the clients, and let the verdict be the exit code."""
    if _front is not None:
        _front.close()
    if _play is None:
        # The master judges.
        environment.process_exit_code = 0
        return
    if _play.has_begun:
        if _play.verdict is None:
            tell(_play.judge_early().lines)
        assert _play.verdict is not None
        environment.process_exit_code = _play.verdict.exit_code


@events.test_stop.add_listener
def on_test_stop(environment: Environment, **_more: Any) -> None:
    """A run is over, or was stopped by hand: the next one begins at the beginning, with clients of its own."""
    if _front is not None:
        _front.close()
    if isinstance(environment.shape_class, Course):
        environment.shape_class.forget()


def tell(lines: list[str]) -> None:
    """Print the verdict."""
    print("", *lines, "", sep="\n", flush=True)


class Course(LoadTestShape):
    """The shape that was chosen, from the preparation to the verdict."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: Iterator[int] | None = None

    def tick(self) -> tuple[int, float] | None:
        """How many users there are to be; None: it is over."""
        global _play
        assert _play is not None and self.runner is not None
        if self._counts is None:
            # In the browser the options may have been changed since the last time.
            try:
                _play = _new_play(self.runner.environment, _play.connection)
            except ObjectivesUnusable as unusable:
                _log.error("%s", unusable)
                return None
            self._counts = _play.course()
        users = next(self._counts, None)
        if users is not None:
            return users, SPAWN_RATE
        tell((_play.verdict or _play.judge_early()).lines)
        return None

    def forget(self) -> None:
        """The next tick begins a new run."""
        self._counts = None


class Seated(User):
    """A user whose client runs beside Locust; the greenlet only takes a place and gives it back."""

    abstract = True
    #: Kind of the place, as `places` has it.
    seat = ""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._number = 0

    def on_start(self) -> None:
        """Take a place."""
        assert _front is not None
        self._number = _front.sit_down(self.seat)

    def on_stop(self) -> None:
        """Give it back."""
        if _front is not None and self._number:
            _front.leave(self._number)

    @task
    def be_there(self) -> None:
        """The client does the work."""
        gevent.sleep(3600)


class UnaryBranch(Seated):
    """A branch system that sends each task by a call of its own."""

    seat = "unary"
    weight = 2


class BatchBranch(Seated):
    """A branch system that collects tasks and sends them together."""

    seat = "batch"
    weight = 1


class StreamBranch(Seated):
    """A branch system that sends its tasks on a stream."""

    seat = "stream"
    weight = 3


class BranchWatch(Seated):
    """A branch's system that follows the events of its province."""

    seat = "watch"
    fixed_count = 1


class ProvincialWorkbench(Seated):
    """The desks of a province on one work stream."""

    seat = "bench"
    fixed_count = 1


class OperatorDesk(Seated):
    """One operator on a work stream of their own."""

    seat = "desk"
    fixed_count = 1


class Operations(Seated):
    """Somebody of operations."""

    seat = "ops"
    fixed_count = 1
