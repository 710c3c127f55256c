"""Deadlines of calls."""

import asyncio
from typing import Any

import pytest

from gateway.calls import DEADLINE_MAX_S, deadline_of
from gateway.errors import GatewayError


class Context:
    """A call with this much time left."""

    def __init__(self, remaining_s: float | None) -> None:
        self._remaining_s = remaining_s

    def time_remaining(self) -> float | None:
        return self._remaining_s


@pytest.mark.parametrize(
    ("remaining_s", "left_s"), [(5.0, 5.0), (None, DEADLINE_MAX_S), (1e9, DEADLINE_MAX_S), (DEADLINE_MAX_S, 30.0)]
)
async def test_no_call_outlives_its_deadline_or_ours(remaining_s: float | None, left_s: float) -> None:
    """A call without a deadline would wait for a dead province for ever."""
    context: Any = Context(remaining_s)
    before = asyncio.get_running_loop().time()
    deadline = deadline_of(context)
    assert before + left_s <= deadline <= asyncio.get_running_loop().time() + left_s


@pytest.mark.parametrize("remaining_s", [0.0, -3.0])
async def test_a_call_whose_deadline_has_passed_does_nothing(remaining_s: float) -> None:
    """Its caller has gone already; work for it is taken from those who still wait."""
    context: Any = Context(remaining_s)
    with pytest.raises(GatewayError, match="DEADLINE_EXCEEDED"):
        deadline_of(context)
