"""``python -m actors.testing.damage --flips 40 --truncations 40 --json``: damage a small country and count what becomes of it."""

import argparse
import sys
import time
from collections.abc import Sequence

import msgspec

from actors.testing.damage.kinds import KINDS
from actors.testing.damage.trials import Outcome, run_trials


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trials; 1 if anything was missed or served wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.chaos.damage",
        description="Damage journals, and see that it is found and never served.",
        epilog="Example: python -m loadtests.chaos.damage --flips 40 --truncations 40 --json. Exit code 0 only if all of it was found and none served.",
    )
    parser.add_argument("--flips", type=int, default=40, help="single bits flipped in databases, and as many in WALs")
    parser.add_argument("--truncations", type=int, default=40, help="databases cut off, and as many WALs")
    parser.add_argument("--others", type=int, default=10, help="trials of each other kind")
    parser.add_argument("--seed", type=int, default=1, help="chooses the places")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args(arguments)
    if (
        min(chosen.flips, chosen.truncations, chosen.others) < 0
        or not chosen.flips + chosen.truncations + chosen.others
    ):
        parser.error("at least one trial, and no number below 0")
    trials = {"flip": chosen.flips, "truncate": chosen.truncations}
    wanted = {kind: trials.get(kind.partition("_")[0], chosen.others) for kind in KINDS}
    started_s = time.perf_counter()
    outcome = run_trials(wanted, chosen.seed)
    seconds = round(time.perf_counter() - started_s, 1)
    if chosen.json:
        answer = {"ok": outcome.ok, **msgspec.to_builtins(outcome.total), "seed": outcome.seed, "seconds": seconds}
        answer |= {"kinds": msgspec.to_builtins(outcome.kinds), "failures": outcome.failures}
        sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    else:
        sys.stdout.write(_table(outcome) + f"{seconds} s, seed {outcome.seed}\n")
    return 0 if outcome.ok else 1


def _table(outcome: Outcome) -> str:
    lines = ["kind                trials  found (when served)  harmless  missed  served wrong"]
    for kind, count in (*outcome.kinds.items(), ("all", outcome.total)):
        lines.append(
            f"{kind:18} {count.trials:7} {count.found:6} {count.found_when_served:13} {count.harmless:9} "
            f"{count.missed:7} {count.served_wrong:13}"
        )
    return "\n".join([*lines, *outcome.failures, ""])


if __name__ == "__main__":
    sys.exit(main())
