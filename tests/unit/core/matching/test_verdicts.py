import numpy as np
import pytest

from actors.core.matching.scoring import Scorer
from gateway.command.bench_match_round import BusyProvince


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_verdicts_are_those_of_a_scored_problem(seed: int) -> None:
    """Hosts would take in tasks that nobody there may do, or refuse work that a round would have given out."""
    province = BusyProvince(12, 9, seed)
    for _ in range(3):
        province.go_on()
        state = province.state
        tasks, people = list(state.tasks.values()), list(state.operators.values())
        asked = Scorer(state, state.model).verdicts(tasks, people, province.now_ms)
        scored = Scorer(state, state.model).problem(tasks, people, province.now_ms)
        assert np.array_equal(asked, scored.codes)
        # A world in which everybody may do everything would prove nothing.
        assert not scored.eligible.all() and scored.eligible.any()
