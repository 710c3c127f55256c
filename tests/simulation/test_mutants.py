import pytest

from actors.testing.country import run_seed
from actors.testing.mutants import MUTANTS, known_seeds
from actors.testing.run import main, run_block

#: Where each was caught when that was last noted; a change of the rules may move it, then `--find-seeds` notes it anew.
SEEDS = known_seeds()
#: Seeds within which every planted bug must be caught.
SEEDS_MAX = 400


def test_every_mutant_has_a_seed_that_catches_it() -> None:
    """A planted bug that nothing catches means that a promise is not tested."""
    assert SEEDS.keys() == MUTANTS.keys()
    assert len(MUTANTS) >= 20
    assert all(0 <= seed < SEEDS_MAX for seed in SEEDS.values())


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_caught(name: str) -> None:
    """The simulator would let this bug into production; without it the same seed must pass."""
    caught = run_block(SEEDS[name], 1, name, stops_at_failure=True).failing_seeds
    caught = caught or run_block(0, SEEDS_MAX, name, stops_at_failure=True).failing_seeds
    assert caught, f"{name} slips through {SEEDS_MAX} seeds"
    run_seed(caught[0])


def test_a_mutant_run_stops_at_its_first_failure_and_says_how_to_replay_it() -> None:
    """Without the command nobody could look into a failure."""
    name = "acknowledges-before-the-sync"
    tally = run_block(0, 50, name, stops_at_failure=True)
    (seed,) = tally.failing_seeds
    assert tally.seeds == seed + 1
    # A replay is the same failure if its trace is the same.
    assert run_block(seed, 1, name).trace_hashes[-1] == tally.trace_hashes[-1] != ""
    assert f"python -m actors.testing.run --seeds 1 --start {seed} --mutant {name}" in tally.failures[0]


def test_the_command_says_by_its_exit_code_whether_a_mutant_was_caught() -> None:
    """Scripts go by the exit code: a mutant that slips through must not look like success."""
    name = "acknowledges-before-the-sync"
    assert main(["--seeds", "50", "--mutant", name, "--json"]) == 0
    assert main(["--mutant", "no-such-bug"]) == 2
    assert main(["--list-mutants", "--json"]) == 0
    with pytest.raises(SystemExit):
        main(["--seeds", "0"])  # nothing looked at is nothing proven
