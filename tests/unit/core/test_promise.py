"""From when a kind's promise to the customer counts."""

from typing import Any

import pytest

from actors.core import commands as c
from actors.core.clock import MINUTE_MS
from actors.core.matching.views.tasks import COLUMNS, describe
from actors.core.promise import due_ms, latest_start_ms
from actors.core.replies import TaskReply
from actors.core.statistics.learning_links import is_on_time
from tests.unit.core.harness import MEDICAL, START_MS, Branch

HOUR_MS = 60 * MINUTE_MS


@pytest.mark.parametrize(
    ("told", "counts_from"),
    [
        ({}, START_MS),
        ({"accepted_at_branch_ms": START_MS - 3 * HOUR_MS}, START_MS - 3 * HOUR_MS),
        # The branch's clock is ahead of ours.
        ({"accepted_at_branch_ms": START_MS + 30_000}, START_MS),
        ({"accepted_at_branch_ms": START_MS - 3 * HOUR_MS, "not_before_ms": START_MS + HOUR_MS}, START_MS + HOUR_MS),
        ({"accepted_at_branch_ms": START_MS - 3 * HOUR_MS, "not_before_ms": START_MS - HOUR_MS}, START_MS - HOUR_MS),
    ],
    ids=["taken in", "accepted before", "accepted in the future", "booked ahead", "booked until it was taken in"],
)
def test_a_kinds_promise_counts_from_the_acceptance_by_the_branch(told: dict[str, Any], counts_from: int) -> None:
    """A branch that passes work on after hours took those hours off nobody's promise, and the customer's wait was called kept."""
    branch = Branch()
    kind = branch.state.kinds[MEDICAL]
    task = branch.task(branch.create(**told))
    due = counts_from + kind.sla_minutes * MINUTE_MS
    assert due_ms(task, branch.state.kinds) == due
    assert latest_start_ms(task, branch.state.kinds) == due - 12 * MINUTE_MS
    assert (is_on_time(task, kind, due), is_on_time(task, kind, due + 1)) == (True, False)
    assert describe(task, kind)[COLUMNS.index("due_minute")] == due // MINUTE_MS


def test_an_own_due_time_is_the_promise() -> None:
    """What the branch has told its customer counts, whatever the kind says; without it the kind's counts again."""
    branch = Branch()
    task_id = branch.create(accepted_at_branch_ms=START_MS - HOUR_MS, due_ms=START_MS + 7)
    assert due_ms(branch.task(task_id), branch.state.kinds) == START_MS + 7
    branch.did(c.UpdateTask(task_id=task_id, due_ms=0), TaskReply)
    sla_ms = branch.state.kinds[MEDICAL].sla_minutes * MINUTE_MS
    assert due_ms(branch.task(task_id), branch.state.kinds) == START_MS - HOUR_MS + sla_ms
