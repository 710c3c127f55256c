"""Threads that do not interrupt whoever runs."""

import errno
import os
import threading

import pytest

from gateway.thread_scheduling import threads_that_do_not_interrupt


def _policies_of_thread_and_child() -> list[int]:
    found: list[int] = []

    def note() -> None:
        found.append(os.sched_getscheduler(0))

    def parent() -> None:
        note()
        child = threading.Thread(target=note)
        child.start()
        child.join()

    thread = threading.Thread(target=parent)
    thread.start()
    thread.join()
    return found


def test_threads_of_the_block_and_theirs_do_not_interrupt_and_nobody_else_is_changed() -> None:
    """Would break if gRPC's threads went on interrupting the loop, or if the loop itself lost its place."""
    before = os.sched_getscheduler(0)
    with threads_that_do_not_interrupt():
        assert _policies_of_thread_and_child() == [os.SCHED_BATCH, os.SCHED_BATCH]
    assert os.sched_getscheduler(0) == before
    assert _policies_of_thread_and_child() == [before, before]


@pytest.mark.parametrize("name", ["sched_getscheduler", "sched_setscheduler"])
@pytest.mark.parametrize("number", [errno.EPERM, errno.EINVAL, errno.ENOSYS])
def test_who_may_not_choose_goes_on_as_before(monkeypatch: pytest.MonkeyPatch, name: str, number: int) -> None:
    """Would break if a sandbox that forbids it, by whatever error, kept the gateway from starting."""

    def forbidden(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, name, forbidden)
        with threads_that_do_not_interrupt():
            pass
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def test_who_was_given_a_place_of_its_own_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would break if a gateway that operations staff made urgent, or idle, were put back among everybody."""
    changed: list[int] = []
    monkeypatch.setattr(os, "sched_getscheduler", lambda _pid: os.SCHED_FIFO)
    monkeypatch.setattr(os, "sched_setscheduler", lambda _pid, policy, _parameters: changed.append(policy))
    with threads_that_do_not_interrupt():
        pass
    assert not changed
