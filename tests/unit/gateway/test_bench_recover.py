"""What counts as a held run of `sharedops bench recover`: nothing unmeasured, nothing lost, nothing twice, no zombie's frame."""

import msgspec
import pytest

from gateway.command.bench_recover_outcome import REPLAY_MAX_S, Outcome

GOOD = Outcome(
    provinces=2,
    trials=3,
    queued=10,
    history_tasks=100,
    kills_seconds=[0.9, 1.0, 3.0],
    freeze_seen_seconds=2.0,
    freeze_served_seconds=3.0,
    zombie_frames=0,
    zombie_gone_seconds=0.1,
    restart_all_seconds=12.0,
    restart_empty_seconds=10.0,
    lost=0,
    decided_twice=0,
    acknowledged=20,
)
replace = msgspec.structs.replace


def test_a_good_run_holds_and_says_so() -> None:
    """A command that never succeeds is ignored like one that never fails."""
    assert GOOD.held
    found = GOOD.as_json()
    assert (found["kill_p50_seconds"], found["kill_max_seconds"]) == (1.0, 3.0)
    assert found["missed_targets"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"lost": 1},
        {"decided_twice": 1},
        {"zombie_frames": 1},
        {"lost": None},
        {"restart_all_seconds": None},
        {"freeze_seen_seconds": None},
        {"zombie_frames": None},
        {"kills_seconds": []},
        {"kills_seconds": [1.0, 1.0]},
        {"problems": ["beijing: frame 7 does not match its hash"]},
    ],
)
def test_what_is_unsafe_or_unmeasured_fails_the_run(change: dict[str, object]) -> None:
    """An exit code 0 over a gap in the measurement would pass for a proof."""
    assert not replace(GOOD, **change).held


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ({"kills_seconds": [2.1, 2.1, 2.1]}, ["kill_p50_seconds"]),
        ({"kills_seconds": [1.0, 1.0, 4.1]}, ["kill_max_seconds"]),
        ({"freeze_served_seconds": 7.1}, ["freeze_served_seconds"]),
        ({"restart_all_seconds": 10.1 + REPLAY_MAX_S}, ["restart_all_seconds"]),
    ],
)
def test_a_slow_machine_misses_targets_and_loses_nothing(change: dict[str, object], missed: list[str]) -> None:
    """Time is the machine's, loss is ours: the two must not be mixed up."""
    slow = replace(GOOD, **change)
    assert slow.held
    assert slow.as_json()["missed_targets"] == missed
