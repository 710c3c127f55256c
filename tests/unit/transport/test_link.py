import asyncio
import random
from pathlib import Path

import pytest

from actors.transport import (
    AddressInvalid,
    BodyTooLarge,
    Call,
    CallFailed,
    CallTimedOut,
    Endpoint,
    Link,
    LinkBounds,
    LinkDown,
    LinkFull,
    LinkLost,
    Peer,
)
from actors.transport.framing import BODY_BYTES_MAX
from tests.unit.transport.harness import PATIENCE_S, QUICK, Notes, Recorder, address_in, echo


async def test_a_call_comes_back(link: Link, recorder: Recorder, notes: Notes) -> None:
    """The round trip itself."""
    assert await link.call(b"ping", timeout_s=PATIENCE_S) == b"ping"
    assert recorder.peers[0].name == "gateway/1"
    assert notes.states == [True]
    assert link.calls_in_flight == 0


async def test_the_same_code_runs_over_tcp(recorder: Recorder, notes: Notes) -> None:
    """Provinces on other hosts are reached by the same link."""
    endpoint, link = Endpoint(recorder), notes.link()
    await endpoint.listen("tcp:127.0.0.1:0")
    link.connect_to(endpoint.address)
    await link.wait_connected(PATIENCE_S)
    assert await link.call(b"ping", timeout_s=PATIENCE_S) == b"ping"
    await link.close()
    await endpoint.close()


async def test_calls_of_one_turn_arrive_as_one_batch(link: Link, recorder: Recorder) -> None:
    """A gateway's burst must become one frame and one commit, not five hundred."""
    bodies = [b"%d" % n for n in range(500)]
    assert await asyncio.gather(*[link.call_soon(body) for body in bodies]) == bodies
    assert [len(batch) for batch in recorder.batches] == [500]


async def test_answers_in_any_order_reach_their_own_callers(link: Link, recorder: Recorder) -> None:
    """A mix-up would hand one customer's task to another."""
    recorder.answer = None
    bodies = [b"%d" % n for n in range(200)]
    futures = [link.call_soon(body) for body in bodies]
    await recorder.until(lambda: len(recorder.bodies) == 200)
    calls = [call for batch in recorder.batches for call in batch]
    random.Random(1).shuffle(calls)
    for call in calls:
        echo(recorder.peers[0], call)
    async with asyncio.timeout(PATIENCE_S):
        assert await asyncio.gather(*futures) == bodies


async def test_a_refusal_reaches_its_caller(link: Link, recorder: Recorder) -> None:
    """The code is all that the gateway has to choose a status from."""
    recorder.answer = lambda peer, call: peer.fail(call.id, "stale_epoch")
    with pytest.raises(CallFailed) as failure:
        _ = await link.call(b"x", timeout_s=PATIENCE_S)
    assert failure.value.reason == "stale_epoch"


async def test_pushes_of_one_turn_come_together_and_in_order(link: Link, recorder: Recorder, notes: Notes) -> None:
    """Watchers see events in the order in which they were committed."""
    await recorder.until(lambda: len(recorder.peers) == 1)
    for number in range(50):
        recorder.peers[0].push(b"%d" % number)
    await notes.until(lambda: len(notes.pushes) > 0)
    assert notes.pushes == [[b"%d" % number for number in range(50)]]
    assert link.is_connected


async def test_a_call_without_connection_fails_at_once(run_dir: Path, notes: Notes) -> None:
    """The gateway may try elsewhere only if the call was definitely not sent."""
    link = notes.link()
    for address in (None, address_in(run_dir, "nobody")):
        link.connect_to(address)
        with pytest.raises(LinkDown):
            _ = await link.call(b"x", timeout_s=PATIENCE_S)
        with pytest.raises(LinkDown):
            _ = await link.call_soon(b"x")
    with pytest.raises(LinkDown):
        await link.wait_connected(0.0)
    assert notes.states == []
    await link.close()


async def test_a_lost_connection_fails_calls_in_flight_and_comes_back(
    link: Link, recorder: Recorder, notes: Notes
) -> None:
    """A call in flight has an unknown outcome; leaving it hanging would hang its customer."""
    recorder.answer = None
    futures = [link.call_soon(b"x") for _ in range(3)]
    await recorder.until(lambda: len(recorder.bodies) == 3)
    recorder.answer = echo
    recorder.peers[0].drop("test")
    async with asyncio.timeout(PATIENCE_S):
        outcomes = await asyncio.gather(*futures, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [LinkLost] * 3
    assert link.calls_in_flight == 0
    await notes.until(lambda: notes.states == [True, False, True])
    assert await link.call(b"again", timeout_s=PATIENCE_S) == b"again"


async def test_a_link_waits_for_an_endpoint_that_starts_later(run_dir: Path, notes: Notes) -> None:
    """A gateway may be up long before a province."""
    link, endpoint = notes.link(), Endpoint(Recorder(echo))
    link.connect_to(address_in(run_dir))
    await endpoint.listen(address_in(run_dir))
    await link.wait_connected(PATIENCE_S)
    await link.close()
    await endpoint.close()


async def test_a_new_address_tears_down_the_old_connection_at_once(
    run_dir: Path, link: Link, recorder: Recorder, notes: Notes
) -> None:
    """Whoever answers at the old address is a predecessor, perhaps a zombie."""
    recorder.answer = None
    hanging = link.call_soon(b"to the old one")
    await recorder.until(lambda: len(recorder.bodies) == 1)
    successor = Recorder(echo)
    endpoint = Endpoint(successor)
    await endpoint.listen(address_in(run_dir, "new"))

    link.connect_to(endpoint.address)
    assert hanging.done()
    assert isinstance(hanging.exception(), LinkLost)
    assert notes.states == [True, False]
    await link.wait_connected(PATIENCE_S)
    assert await link.call(b"to the new one", timeout_s=PATIENCE_S) == b"to the new one"
    await recorder.until(lambda: len(recorder.gone) == 1)
    assert (recorder.bodies, successor.bodies) == ([b"to the old one"], [b"to the new one"])

    link.connect_to(None)
    assert not link.is_connected
    await endpoint.close()


async def test_targets_changed_while_connecting_leave_one_connection(
    run_dir: Path, link: Link, endpoint: Endpoint, recorder: Recorder
) -> None:
    """An attempt that was overtaken must not come up beside its successor."""
    for _ in range(20):
        link.connect_to(address_in(run_dir, "nobody"))
        link.connect_to(endpoint.address)
        await asyncio.sleep(0)
    await link.wait_connected(PATIENCE_S)
    assert await link.call(b"x", timeout_s=PATIENCE_S) == b"x"
    await recorder.until(lambda: len(recorder.peers) == len(recorder.gone) + 1)


async def test_a_bad_address_changes_nothing(link: Link, endpoint: Endpoint) -> None:
    """A typo in the directory must not cut a working link."""
    with pytest.raises(AddressInvalid):
        link.connect_to("carrier-pigeon:7")
    assert link.address == endpoint.address
    assert await link.call(b"x", timeout_s=PATIENCE_S) == b"x"


async def test_cancelling_or_timing_out_disturbs_nobody_else(link: Link, recorder: Recorder) -> None:
    """A customer who hangs up must not take others along, and a late reply must not hit a wrong call."""
    recorder.answer = None
    kept, cancelled = link.call_soon(b"kept"), link.call_soon(b"cancelled")
    task = asyncio.create_task(link.call(b"task", timeout_s=PATIENCE_S))
    await recorder.until(lambda: len(recorder.bodies) == 3)
    with pytest.raises(CallTimedOut):
        _ = await link.call(b"timed out", timeout_s=0.0)
    _ = cancelled.cancel()
    _ = task.cancel()
    _ = await asyncio.wait([task, cancelled])
    await recorder.until(lambda: len(recorder.bodies) == 4)
    assert link.calls_in_flight == 1
    for call in [call for batch in recorder.batches for call in batch][::-1]:
        echo(recorder.peers[0], call)
    async with asyncio.timeout(PATIENCE_S):
        assert await kept == b"kept"
    recorder.answer = echo
    assert await link.call(b"next", timeout_s=PATIENCE_S) == b"next"
    assert link.calls_in_flight == 0


async def test_calls_in_flight_are_bounded(endpoint: Endpoint, recorder: Recorder, notes: Notes) -> None:
    """Without the bound a stopped province would collect the country's calls in the gateway."""
    recorder.answer = None
    link = notes.link(bounds=LinkBounds(calls_in_flight_max=2))
    link.connect_to(endpoint.address)
    await link.wait_connected(PATIENCE_S)
    first, second = link.call_soon(b"1"), link.call_soon(b"2")
    with pytest.raises(LinkFull) as refusal:
        _ = await link.call(b"3", timeout_s=PATIENCE_S)
    assert refusal.value.bound == "calls_in_flight_max"
    _ = first.cancel()
    _ = await asyncio.wait([first])
    third = link.call_soon(b"3")
    await recorder.until(lambda: recorder.bodies == [b"1", b"2", b"3"])
    for call in [call for batch in recorder.batches for call in batch]:
        echo(recorder.peers[0], call)
    assert await asyncio.gather(second, third) == [b"2", b"3"]
    await link.close()


async def test_unsent_bytes_and_bodies_are_bounded(endpoint: Endpoint, notes: Notes) -> None:
    """A call that cannot leave is refused while that is still a definite answer."""
    link = notes.link(bounds=LinkBounds(unsent_bytes_max=1_000))
    link.connect_to(endpoint.address)
    await link.wait_connected(PATIENCE_S)
    first = link.call_soon(b"x" * 800)
    with pytest.raises(LinkFull) as refusal:
        _ = await link.call(b"x" * 800, timeout_s=PATIENCE_S)
    assert refusal.value.bound == "unsent_bytes_max"
    with pytest.raises(BodyTooLarge):
        _ = await link.call(bytes(BODY_BYTES_MAX + 1), timeout_s=PATIENCE_S)
    assert await first == b"x" * 800
    await link.close()


async def test_a_body_at_the_bound_comes_back(link: Link) -> None:
    """The bound must be one that a frame really holds."""
    body = bytes(BODY_BYTES_MAX)
    assert await link.call(body, timeout_s=PATIENCE_S) == body


async def test_an_endpoint_that_speaks_rubbish_is_left(run_dir: Path, notes: Notes) -> None:
    """A link must survive whatever listens at a stale address."""

    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _ = await reader.read(100)
        writer.write(b"\x00\x00\x00\x03abc")
        await writer.drain()
        _ = await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(babble, run_dir / "s")
    link = notes.link()
    link.connect_to(address_in(run_dir))
    await notes.until(lambda: notes.states[:3] == [True, False, True])
    await link.close()
    server.close()
    await server.wait_closed()


async def test_close_ends_everything(endpoint: Endpoint, recorder: Recorder, notes: Notes) -> None:
    """A link that reconnects after its close would keep a zombie gateway in the table."""
    recorder.answer = None
    link = notes.link(bounds=QUICK)
    link.connect_to(endpoint.address)
    await link.wait_connected(PATIENCE_S)
    hanging = link.call_soon(b"x")
    await link.close()
    assert isinstance(hanging.exception(), LinkLost)
    assert notes.states == [True, False]
    await recorder.until(lambda: len(recorder.gone) == len(recorder.peers))


async def test_a_handlers_bug_costs_one_connection(endpoint: Endpoint, link: Link, recorder: Recorder) -> None:
    """A bug of ours must surface in the loop's handler, fail the call, and leave the endpoint alive."""
    reports: list[BaseException] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reports.append(context["exception"]))

    def stumble(peer: Peer, call: Call) -> None:
        raise ZeroDivisionError(peer.name, call.id)

    recorder.answer = stumble
    with pytest.raises(LinkLost):
        _ = await link.call(b"x", timeout_s=PATIENCE_S)
    assert [type(report) for report in reports] == [ZeroDivisionError]
    recorder.answer = echo
    await link.wait_connected(PATIENCE_S)
    assert await link.call(b"y", timeout_s=PATIENCE_S) == b"y"
    assert endpoint.address == link.address
