"""`sharedops bench match`: what it offers the matcher, and what it says of it."""

import json

import numpy as np
from typer.testing import CliRunner

from gateway.command import app
from gateway.command.bench_match_run import PARAMETERS, make_instance, measure, summary


def test_the_instance_is_contended_whole_and_the_same_for_the_same_seed() -> None:
    """A bench on an easy or a changing instance measures nothing that one could compare."""
    first, again = make_instance(30, 200, seed=4), make_instance(30, 200, seed=4)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert first.weights.shape == (30, PARAMETERS)
    assert first.points.shape == (PARAMETERS, 200)
    assert first.weights.min() >= 0 and first.weights.max() <= 100
    assert first.points.min() >= 0 and first.points.max() <= 1000
    best = (first.weights @ first.points).argmax(axis=1)
    wanted = np.sort(np.bincount(best))
    assert wanted[-2:].sum() > 15, "two people must be the first choice of more than half of the tasks"


def test_the_summary_tells_what_was_measured() -> None:
    """Greedy must lose points here, and its proven gap must reach as far as the real one."""
    figures = [measure(make_instance(40, 60, seed), 2) for seed in (1, 2)]
    shown = summary(40, 60, 2, figures)
    assert shown["certified"]
    assert shown["equals_scipy"]
    assert (shown["gap"], shown["seeds"]) == (0, [1, 2])
    assert 0 < shown["total_ms"] <= shown["total_max_ms"]
    for one in figures:
        missed = one.found.total - one.greedy.total
        assert 0 < missed <= one.greedy.gap


def test_an_instance_in_which_nobody_may_do_anything_is_summed_up() -> None:
    """One task and one person who may not do it: there is nothing to lose, and a division by nothing to avoid."""
    figures = [measure(make_instance(1, 1, seed=1), 1)]
    assert figures[0].found.total == 0
    shown = summary(1, 1, 1, figures)
    assert (shown["certified"], shown["equals_scipy"], shown["greedy_gap"], shown["greedy_gap_proven"]) == (
        True,
        True,
        0,
        0,
    )


def test_the_command_prints_one_json_line_from_a_process_with_one_blas_thread() -> None:
    """What CI and a reader's script take in."""
    run = CliRunner().invoke(
        app, ["bench", "match", "--tasks", "12", "--operators", "20", "--repetitions", "1", "--seeds", "1", "--json"]
    )
    assert run.exit_code == 0
    shown = json.loads(run.output.splitlines()[-1])
    assert (shown["tasks"], shown["operators"], shown["certified"], shown["gap"]) == (12, 20, True, 0)
    assert {"score_ms", "solve_ms", "total_ms", "greedy_gap", "scipy_total_ms", "round_50x200_ms"} <= shown.keys()
