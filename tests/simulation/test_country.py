import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from actors.testing.country import STEPS_LEAST, run_seed
from actors.testing.coverage import Coverage
from actors.testing.fate import STROKES
from actors.testing.storm import storm_of

ROOT = Path(__file__).parents[2]
#: Seeds per test, so that several workers can share them.
BLOCK = 20
BLOCKS = 5


@pytest.mark.parametrize("block", range(BLOCKS))
def test_the_country_survives_every_storm(block: int) -> None:
    """A task lost, decided twice or left in transit by some interleaving nobody thought of; the seed replays it."""
    outcomes = [run_seed(seed) for seed in range(block * BLOCK, (block + 1) * BLOCK)]
    # A storm in which nothing happens proves nothing.
    assert all(outcome.created >= 40 and outcome.steps >= STEPS_LEAST for outcome in outcomes)
    assert sum(outcome.decided_shared for outcome in outcomes) > 20
    assert sum(outcome.restarts for outcome in outcomes) > 10
    assert sum(outcome.stale_refused for outcome in outcomes) > 10


@pytest.mark.timeout(420)  # Half a minute of computing; beside ten times as much other work it takes what it takes.
def test_the_seeds_reach_every_event_state_and_crash() -> None:
    """A path that no seed takes is a path that nobody has tried."""
    reached, refused_to_serve = Coverage(), 0
    for seed in range(1_000, 1_400):
        outcome = run_seed(seed)
        reached.add(outcome.coverage)
        refused_to_serve += outcome.refused_to_serve
        if refused_to_serve and not reached.unreached() and not set(STROKES) - set(reached.faults):
            return
    assert reached.unreached() == []
    assert set(STROKES) - set(reached.faults) == set()
    assert refused_to_serve > 0


def test_a_seed_gives_the_same_trace_in_every_process() -> None:
    """Otherwise the printed seed would not replay the failure."""
    assert storm_of(3, tuple(STROKES)) == storm_of(3, tuple(STROKES))
    traces = {
        json.loads(
            subprocess.run(
                [sys.executable, "-m", "actors.testing.run", "--seeds", "4", "--start", "3", "--json"],
                cwd=ROOT,
                env=os.environ | {"PYTHONHASHSEED": hash_seed},
                capture_output=True,
                text=True,
                check=True,
                timeout=100,
            ).stdout.splitlines()[-1]
        )["trace_hash"]
        for hash_seed in ("0", "7")
    }
    assert len(traces) == 1
