"""A bound on waits, with one timer for all of them."""

import asyncio
import contextlib

import pytest

from gateway.patience import Patience

#: Long enough for a test to fail by, never waited for.
LONG_S = 60.0


async def test_a_wait_that_ends_in_time_gives_what_it_waited_for() -> None:
    """Would break if messages were lost on the way."""
    message: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(message.set_result, "message")
    assert await Patience(LONG_S).wait(message) == "message"


async def test_a_wait_that_takes_too_long_is_given_up_and_so_is_the_next() -> None:
    """Would break if the timer were not set up again, or the task were left as if somebody had cancelled it."""
    patience = Patience(0.01)
    task = asyncio.current_task()
    assert task is not None
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await patience.wait(asyncio.Event().wait())
        assert not task.cancelling()


async def test_of_many_each_is_given_up() -> None:
    """Would break if the timer that ended the first forgot those that began later."""
    patience = Patience(0.01)
    waits: list[asyncio.Task[bool]] = []
    for _ in range(20):
        waits.append(asyncio.create_task(patience.wait(asyncio.Event().wait())))
        # A turn of the loop: each begins at an instant of its own.
        await asyncio.sleep(0)
    async with asyncio.timeout(LONG_S):
        outcomes = await asyncio.gather(*waits, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [TimeoutError] * 20


async def test_a_client_that_gives_up_is_no_timeout() -> None:
    """Would break if a cancelled call were answered as one that ran out of time."""
    patience = Patience(LONG_S)
    waiting = asyncio.create_task(patience.wait(asyncio.Event().wait()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert waiting.cancelled()


async def test_a_wait_that_is_over_and_cancelled_at_once_stays_cancelled() -> None:
    """Would break if a cancellation by somebody else were taken back with ours."""
    patience = Patience(0.0)
    waiting = asyncio.create_task(patience.wait(asyncio.Event().wait()))
    await asyncio.sleep(0)
    # Both come in the turns before the task runs again.
    asyncio.get_running_loop().call_soon(waiting.cancel)
    waiting.cancel()
    outcomes = await asyncio.gather(waiting, return_exceptions=True)
    assert isinstance(outcomes[0], asyncio.CancelledError)


async def test_patience_may_be_shortened_for_those_who_wait_already() -> None:
    """Would break if one client that never sends its message kept a gateway from stopping."""
    patience = Patience(LONG_S)
    waits = [asyncio.create_task(patience.wait(asyncio.Event().wait())) for _ in range(3)]
    await asyncio.sleep(0)
    patience.shorten(0.01)
    async with asyncio.timeout(LONG_S / 2):
        outcomes = await asyncio.gather(*waits, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [TimeoutError] * 3
    with pytest.raises(TimeoutError):
        await patience.wait(asyncio.Event().wait())


async def test_whoever_was_cancelled_once_and_went_on_is_given_up_as_well() -> None:
    """Would break if a timeout looked like a second cancellation to somebody who had survived the first."""

    async def stubborn() -> str:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        try:
            await Patience(0.01).wait(asyncio.Event().wait())
        except TimeoutError:
            return "given up"
        return "not given up"

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    task.cancel()
    assert await task == "given up"
