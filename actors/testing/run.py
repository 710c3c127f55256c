"""The simulator as a command: run seeds, say what was reached and what failed.

    python -m actors.testing.run --seeds 400 --start 0 --json
    python -m actors.testing.run --seeds 400 --mutant believes-any-token --json
    python -m actors.testing.run --list-mutants --json

A seed that fails is printed with the one command that replays it. With ``--mutant`` the run stops at the first seed that catches the
planted bug. Exit code 0: no seed failed; with ``--mutant``: one did. Rates are per second and minute of processor time, so that they say
the same on a busy machine; ``--jobs`` spreads the seeds over processes.
"""

import argparse
import gc
import hashlib
import json
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

import msgspec

from actors.testing.country import Outcome, run_seed
from actors.testing.coverage import Coverage
from actors.testing.mutants import MUTANTS, planted
from actors.testing.witness import Violation

#: Failing seeds that are listed; there may be more.
LISTED_MAX = 100
#: Seeds handed to a process at once.
BLOCK = 20
#: Objects made before the collector of cycles looks: a seed leaves little behind, and looking more often costs 5 to 10 %.
COLLECT_EVERY = 100_000


class Tally(msgspec.Struct, kw_only=True):
    """What a number of seeds came to."""

    seeds: int = 0
    steps: int = 0
    steps_least: int = 0
    restarts: int = 0
    decided: int = 0
    refused_to_serve: int = 0
    failing_seeds: list[int] = []
    failures: list[str] = []
    trace_hashes: list[str] = []
    cpu_seconds: float = 0.0
    coverage: Coverage = msgspec.field(default_factory=Coverage)

    def take(self, outcome: Outcome) -> None:
        """One seed that passed."""
        self.seeds += 1
        self.steps += outcome.steps
        self.steps_least = min(self.steps_least or outcome.steps, outcome.steps)
        self.restarts += outcome.restarts
        self.decided += outcome.decided
        self.refused_to_serve += outcome.refused_to_serve
        self.trace_hashes.append(outcome.trace_hash)
        self.coverage.add(outcome.coverage)

    def add(self, other: "Tally") -> None:
        """The seeds that follow."""
        self.seeds += other.seeds
        self.steps += other.steps
        self.steps_least = min(self.steps_least or other.steps_least, other.steps_least or self.steps_least)
        self.restarts += other.restarts
        self.decided += other.decided
        self.refused_to_serve += other.refused_to_serve
        self.failing_seeds += other.failing_seeds
        self.failures += other.failures
        self.trace_hashes += other.trace_hashes
        self.cpu_seconds += other.cpu_seconds
        self.coverage.add(other.coverage)

    def line(self) -> dict[str, object]:
        """The result, as one JSON object."""
        trace = hashlib.sha256("".join(self.trace_hashes).encode()).hexdigest()
        return {
            "seeds": self.seeds,
            "violations": len(self.failing_seeds),
            "failing_seeds": self.failing_seeds[:LISTED_MAX],
            "steps": self.steps,
            "steps_least": self.steps_least,
            "steps_per_second": round(self.steps / self.cpu_seconds) if self.cpu_seconds else 0,
            "seeds_per_cpu_minute": round(60 * self.seeds / self.cpu_seconds) if self.cpu_seconds else 0,
            "cpu_seconds": round(self.cpu_seconds, 1),
            "decided": self.decided,
            "restarts": self.restarts,
            "refused_to_serve": self.refused_to_serve,
            "unreached": self.coverage.unreached(),
            "coverage": msgspec.to_builtins(self.coverage),
            "trace_hash": trace,
        }


def run_block(first: int, count: int, mutant: str = "", *, stops_at_failure: bool = False) -> Tally:
    """Some seeds in a row, in this process."""
    tally = Tally()
    gc.set_threshold(COLLECT_EVERY)
    started_s = time.process_time()
    for seed in range(first, first + count):
        try:
            with planted(mutant) if mutant else nullcontext():
                tally.take(run_seed(seed))
        except Violation as violation:
            tally.seeds += 1
            tally.steps += violation.steps
            tally.trace_hashes.append(violation.trace_hash)
            tally.failing_seeds.append(seed)
            tally.failures.append(f"{violation}{f' --mutant {mutant}' if mutant else ''}")
            if stops_at_failure:
                break
    tally.cpu_seconds = time.process_time() - started_s
    return tally


def _in_process(block: tuple[int, int]) -> Tally:
    return run_block(*block)


def _blocks(first: int, count: int) -> Iterator[tuple[int, int]]:
    for start in range(first, first + count, BLOCK):
        yield start, min(BLOCK, first + count - start)


def run_seeds(first: int, count: int, jobs: int, on_progress: Callable[[Tally], None]) -> Tally:
    """Seeds in order, spread over `jobs` processes."""
    total = Tally()
    if jobs <= 1:
        for block in _blocks(first, count):
            total.add(run_block(*block))
            on_progress(total)
        return total
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for tally in pool.imap(_in_process, _blocks(first, count)):
            total.add(tally)
            on_progress(total)
    return total


def find_seeds(limit: int) -> dict[str, int]:
    """The first seed that catches each mutant; -1: none below `limit`."""
    found: dict[str, int] = {}
    for name in MUTANTS:
        failing = run_block(0, limit, name, stops_at_failure=True).failing_seeds
        found[name] = failing[0] if failing else -1
        _progress(f"{name}: {found[name]}")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point."""
    chosen = _parser().parse_args(arguments)
    if chosen.list_mutants:
        return _list_mutants(as_json=chosen.json)
    if chosen.find_seeds:
        return _note_seeds(find_seeds(chosen.seeds))
    if chosen.mutant and chosen.mutant not in MUTANTS:
        sys.stderr.write(f"There is no mutant {chosen.mutant}; --list-mutants names them.\n")
        return 2
    if chosen.mutant:
        tally = run_block(chosen.start, chosen.seeds, chosen.mutant, stops_at_failure=True)
    else:
        tally = run_seeds(chosen.start, chosen.seeds, chosen.jobs, _report_progress)
    _show(tally, chosen.mutant, as_json=chosen.json)
    return int(bool(tally.failing_seeds) is not bool(chosen.mutant))


def _note_seeds(found: dict[str, int]) -> int:
    """Write down where the mutants are caught, unless one slips through: the old note is better than half a new one."""
    if min(found.values()) < 0:
        return 1
    path = Path(__file__).with_name("mutants") / "known_seeds.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m actors.testing.run",
        description="Run seeds of the country.",
        epilog="Example: python -m actors.testing.run --seeds 400 --start 0 --json. Exit code 0 if no seed failed (with --mutant: if one did), "
        "1 otherwise, 2 for a wrong use.",
    )
    parser.add_argument("--seeds", type=_at_least(1), default=100, help="how many")
    parser.add_argument("--start", type=_at_least(0), default=0, help="the first one")
    parser.add_argument("--jobs", type=_at_least(1), default=1, help="processes; 1, as with --mutant: this one")
    parser.add_argument(
        "--mutant",
        default="",
        help="plant this bug and stop at the first seed that catches it; then exit code 0 means caught, 1 not caught",
    )
    parser.add_argument("--list-mutants", action="store_true", help="name the planted bugs")
    parser.add_argument(
        "--find-seeds",
        action="store_true",
        help="note the first of --seeds seeds that catches each mutant; with exit code 1 and nothing noted if one slips through",
    )
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    return parser


def _at_least(least: int) -> Callable[[str], int]:
    def whole_number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if value < least:
            raise argparse.ArgumentTypeError(f"{value} is less than {least}")
        return value

    return whole_number


def _list_mutants(*, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"mutants": list(MUTANTS), "bugs": {name: mutant.bug for name, mutant in MUTANTS.items()}}))
    else:
        for name, mutant in MUTANTS.items():
            print(f"{name:52} {mutant.bug}")
    return 0


def _show(tally: Tally, mutant: str, *, as_json: bool) -> None:
    for failure in tally.failures[:LISTED_MAX]:
        print(failure)
    line = tally.line()
    if mutant:
        line["mutant"] = mutant
    if mutant and not tally.failing_seeds:
        print(f"{mutant} was not caught by {tally.seeds} seeds")
    if as_json:
        print(json.dumps(line))
        return
    coverage = line.pop("coverage")
    assert isinstance(coverage, dict)
    for group, counted in coverage.items():
        print(f"{group}:")
        for name in sorted(counted):
            print(f"  {counted[name]:9,} {name}")
    for name, value in line.items():
        print(f"{name}: {value}")


def _report_progress(total: Tally) -> None:
    if total.seeds % (50 * BLOCK) == 0:
        _progress(f"{total.seeds} seeds, {len(total.failing_seeds)} failed")


def _progress(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
