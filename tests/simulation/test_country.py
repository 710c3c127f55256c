import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from actors.testing.country import run_seed
from actors.testing.fate import storm_of

ROOT = Path(__file__).parents[2]
#: Seeds per test, so that several workers can share them.
BLOCK = 15
BLOCKS = 10


@pytest.mark.parametrize("block", range(BLOCKS))
def test_the_country_survives_every_storm(block: int) -> None:
    """A task lost, decided twice or left in transit by some interleaving nobody thought of; the seed replays it."""
    outcomes = [run_seed(seed) for seed in range(block * BLOCK, (block + 1) * BLOCK)]
    # A storm in which nothing happens proves nothing.
    assert all(outcome.created >= 40 for outcome in outcomes)
    assert sum(outcome.decided_shared for outcome in outcomes) > 20
    assert sum(outcome.restarts for outcome in outcomes) > 10
    assert sum(outcome.stale_refused for outcome in outcomes) > 10


def test_the_seeds_meet_every_kind_of_event() -> None:
    """A path that no seed takes is a path that nobody has tried."""
    seen: dict[str, int] = {}
    for seed in range(1_000, 1_025):
        for name, count in run_seed(seed).events.items():
            seen[name] = seen.get(name, 0) + count
    for name in (
        "MoveRefused",
        "MoveTakenBack",
        "HostNoted",
        "OutcomeNoted",
        "SiteLost",
        "SiteReturned",
        "AssignmentReferred",
        "TaskScheduleReached",
        "OfferDeclined",
    ):
        assert seen.get(name), f"{name} never happened"


def test_a_seed_gives_the_same_trace_in_every_process() -> None:
    """Otherwise the printed seed would not replay the failure."""
    assert storm_of(3) == storm_of(3)
    traces = {
        json.loads(
            subprocess.run(
                [sys.executable, "-m", "actors.testing.country", "--seed", "3"],
                cwd=ROOT,
                env=os.environ | {"PYTHONHASHSEED": hash_seed},
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            ).stdout
        )["trace_hash"]
        for hash_seed in ("0", "7")
    }
    assert traces == {run_seed(3).trace_hash}
