import pytest

from actors.testing.country import run_seed
from actors.testing.mutants import MUTANTS, known_seeds, planted
from actors.testing.run import main, run_block
from actors.testing.witness import Violation

#: Found once, run for ever: a rarely caught bug is worth its seed.
SEEDS = known_seeds()


def test_every_mutant_has_a_seed_that_catches_it() -> None:
    """A planted bug that nothing catches means that a promise is not tested."""
    assert SEEDS.keys() == MUTANTS.keys()
    assert len(MUTANTS) >= 20


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_caught(name: str) -> None:
    """The simulator would let this bug into production; without it the same seed must pass."""
    with pytest.raises(Violation), planted(name):
        run_seed(SEEDS[name])
    run_seed(SEEDS[name])


def test_a_mutant_run_stops_at_its_first_failure_and_says_how_to_replay_it() -> None:
    """Without the command nobody could look into a failure."""
    name = "acknowledges-before-the-sync"
    tally = run_block(SEEDS[name], 50, name, stops_at_failure=True)
    assert tally.failing_seeds == [SEEDS[name]]
    assert f"python -m actors.testing.run --seeds 1 --start {SEEDS[name]} --mutant {name}" in tally.failures[0]


def test_the_command_says_by_its_exit_code_whether_a_mutant_was_caught() -> None:
    """Scripts go by the exit code: a mutant that slips through must not look like success."""
    name = "acknowledges-before-the-sync"
    assert main(["--seeds", "1", "--start", str(SEEDS[name]), "--mutant", name, "--json"]) == 0
    assert main(["--mutant", "no-such-bug"]) == 2
    assert main(["--list-mutants", "--json"]) == 0
