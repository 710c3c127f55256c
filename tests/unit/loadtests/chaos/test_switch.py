"""Faults that share a switch."""

import contextlib

from loadtests.chaos.switch import Switch


def test_the_newest_fault_is_in_force_and_whichever_leaves_does_not_heal_the_other() -> None:
    """Would break if the end of one fault healed another that still counts."""
    put: list[str | None] = []
    switch = Switch[str](put.append)
    first, second = contextlib.ExitStack(), contextlib.ExitStack()
    first.enter_context(switch.held("readonly"))
    second.enter_context(switch.held("full"))
    first.close()
    assert put == ["readonly", "full", "full"]
    second.close()
    assert put[-1] is None


def test_the_one_before_comes_back_when_the_newest_leaves() -> None:
    """Would break if an equal fault were taken for the one that leaves, or if the older one were forgotten."""
    put: list[int | None] = []
    switch = Switch[int](put.append)
    with switch.held(1), switch.held(1):
        with switch.held(2):
            assert put[-1] == 2
        assert put[-1] == 1
    assert put[-1] is None
