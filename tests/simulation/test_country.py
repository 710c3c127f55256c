import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from actors.core import codec
from actors.core import events as e
from actors.core.country import ProvinceStatus
from actors.testing.country import STEPS_LEAST, Country, run_seed
from actors.testing.coverage import Coverage
from actors.testing.fate import STROKES
from actors.testing.network import NetworkFaults
from actors.testing.storm import Storm, storm_of

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


def test_whoever_suspends_a_dark_province_keeps_nothing_there() -> None:
    """The storms hardly ever do it: power fails, and the duty officer holds the province back before they see that it is dark."""
    weights = dict.fromkeys(STROKES, 0) | {"cut_power": 2, "hold_back": 5}
    storm = Storm(network=NetworkFaults(), length_ms=8_000, stroke_every_ms=150, weights=weights, scores_for_real=False)
    suspended_in_the_dark = 0
    for country in [Country(seed, storm) for seed in range(1, 7)]:
        country.run()
        for site in country.sites.values():
            status = before = ProvinceStatus.ACTIVE
            for event in [event for frame in site.disk.view().frames() for event in codec.decode_events(frame.payload)]:
                if isinstance(event, e.ProvinceStatusChanged):
                    status, before = event.status, status
                    suspended_in_the_dark += event.who == "ops:duty" and (status, before) == _DARK
                elif isinstance(event, (e.OfferMade, e.TaskAssigned)):
                    assert (status, before) != _DARK, f"{site.code} handed out work at {event.at_ms}"
    assert suspended_in_the_dark > 0


_DARK = (ProvinceStatus.UNREACHABLE, ProvinceStatus.SUSPENDED)


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
