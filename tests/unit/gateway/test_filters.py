"""The filter language of lists."""

import pytest

from gateway import filters
from gateway.errors import GatewayError
from gateway.v1 import task_pb2

FIELDS = ("state", "kind", "priority", "green_channel", "create_time_ms")
#: Told apart by their priority.
TASKS = (
    task_pb2.Task(priority=3, kind="a", state=task_pb2.TASK_STATE_QUEUED),
    task_pb2.Task(priority=5, kind="b", state=task_pb2.TASK_STATE_COMPLETED, green_channel=True),
    task_pb2.Task(priority=7, kind="a b", state=task_pb2.TASK_STATE_QUEUED, create_time_ms=10**17),
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [3, 5, 7]),
        ("   ", [3, 5, 7]),
        ("priority = 5", [5]),
        (" priority=5 ", [5]),
        ('priority = "5"', [5]),
        ("priority != 5", [3, 7]),
        ("priority < 5", [3]),
        ("priority <= 5", [3, 5]),
        ("priority > 5", [7]),
        ("priority >= 5", [5, 7]),
        ("priority >= -1", [3, 5, 7]),
        ("create_time_ms = 100000000000000000", [7]),
        ("kind = a", [3]),
        ('kind = "a b"', [7]),
        ('kind = ""', []),
        ("kind != b", [3, 7]),
        ("green_channel = true", [5]),
        ("green_channel != true", [3, 7]),
        ("green_channel = false", [3, 7]),
        ("state = QUEUED", [3, 7]),
        ("state = TASK_STATE_QUEUED", [3, 7]),
        ("state != TASK_STATE_QUEUED", [5]),
        ("state = QUEUED AND priority > 3", [7]),
        ("priority > 3 AND priority < 7 AND kind = b", [5]),
        (" AND ".join(["priority = 5"] * filters.COMPARISONS_MAX), [5]),
    ],
)
def test_a_filter_lets_through_what_it_says(text: str, found: list[int]) -> None:
    """Operations staff would act upon a list that has too much, or wait for what it leaves out."""
    wanted = filters.parse(text, task_pb2.Task, FIELDS)
    assert [task.priority for task in TASKS if wanted.fits(task)] == found


@pytest.mark.parametrize(
    "text",
    [
        "priority",
        "priority =",
        "priority 5",
        "= 5",
        "5 = priority",
        "priority = =",
        "kind = =",
        "kind a b",
        "priority = 5 AND",
        "AND priority = 5",
        "priority = 5 OR priority = 7",
        "priority = 5 priority = 7",
        "priority = 5 and priority = 7",
        '"priority" = 5',
        "note = a",
        "priority = high",
        "priority = 1.5",
        f"priority = {10**18}",
        "kind > a",
        "green_channel = yes",
        "green_channel > false",
        "state > QUEUED",
        "state = RED",
        "state = UNSPECIFIED",
        "state = TASK_STATE_UNSPECIFIED",
        "state = 2",
        'kind = "a',
        "kind = (a)",
        " AND ".join(["priority = 5"] * (filters.COMPARISONS_MAX + 1)),
    ],
)
def test_a_filter_that_is_not_understood_is_refused(text: str) -> None:
    """What is silently left out shows everything."""
    with pytest.raises(GatewayError, match="INVALID_ARGUMENT") as caught:
        filters.parse(text, task_pb2.Task, FIELDS)
    assert [violation.field for violation in caught.value.violations] == ["filter"]


def test_a_filter_tells_the_one_value_that_a_field_must_have() -> None:
    """Provinces are asked for no more than that; for less, and the list would be wrong."""
    wanted = filters.parse("priority > 5 AND kind != b AND state = QUEUED", task_pb2.Task, FIELDS)
    assert wanted.wanted("state") == task_pb2.TASK_STATE_QUEUED
    assert [wanted.wanted(field) for field in ("priority", "kind", "green_channel")] == [None] * 3


@pytest.mark.parametrize(("text", "order"), [("", "name"), ("name", "name"), ("  state ", "state")])
def test_the_order_is_the_first_unless_another_is_asked_for(text: str, order: str) -> None:
    """Page tokens belong to it, however it was written."""
    assert filters.check_order(text, ("name", "state")) == order


@pytest.mark.parametrize("text", ["colour", "name desc", "name state", "name, state"])
def test_an_order_that_is_not_served_is_refused(text: str) -> None:
    """A list in another order than the one asked for is read wrongly."""
    with pytest.raises(GatewayError, match="INVALID_ARGUMENT") as caught:
        filters.check_order(text, ("name", "state"))
    assert [violation.field for violation in caught.value.violations] == ["order_by"]
