import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from actors.transport import AddressInvalid, Call, Endpoint, EndpointBounds
from actors.transport.framing import BODY_BYTES_MAX, Error, Hello, Item, Push, Reply
from tests.unit.transport.harness import PATIENCE_S, RawClient, Recorder, address_in


async def test_calls_of_one_read_arrive_as_one_batch_and_answers_as_one_frame(
    endpoint: Endpoint, recorder: Recorder
) -> None:
    """Group commit lives on batches; a frame per answer would cost a system call each."""
    client = await RawClient.connect(endpoint.address)
    client.send(Hello(1, "gateway/7"), *[Call(n, b"%d" % n) for n in range(100)])
    assert await client.items(100) == [Reply(n, b"%d" % n) for n in range(100)]
    assert [len(batch) for batch in recorder.batches] == [100]
    assert recorder.peers[0].name == "gateway/7"
    await client.close()


async def test_everything_queued_in_one_turn_leaves_in_one_frame(endpoint: Endpoint, recorder: Recorder) -> None:
    """Replies, failures and pushes of a commit keep their order and share one write."""
    client = await RawClient.connect(endpoint.address)
    client.greet()
    await recorder.until(lambda: len(recorder.peers) == 1)
    peer = recorder.peers[0]
    peer.reply(1, b"a")
    peer.push(b"b")
    peer.fail(2, "no")
    assert peer.backlog_bytes > 0
    header = await client.reader.readexactly(4)
    payload = await client.reader.readexactly(int.from_bytes(header))
    client.reader.feed_data(header + payload)
    assert await client.items(3) == [Reply(1, b"a"), Push(0, b"b"), Error(2, "no")]
    assert peer.backlog_bytes == 0
    await client.close()


async def test_what_gathered_work_said_leaves_when_it_ends(endpoint: Endpoint, recorder: Recorder) -> None:
    """A commit's answers leave as one frame, and need no further turn of the loop."""
    client = await RawClient.connect(endpoint.address)
    client.greet()
    await recorder.until(lambda: len(recorder.peers) == 1)
    peer = recorder.peers[0]
    queued: list[int] = []

    def work() -> None:
        peer.reply(1, b"a")
        peer.push(b"b")
        queued.append(peer.backlog_bytes)

    endpoint.gather(work)
    assert queued[0] > 0
    assert peer.backlog_bytes == 0
    assert await client.items(2) == [Reply(1, b"a"), Push(0, b"b")]
    peer.reply(2, b"c")
    assert await client.items(1) == [Reply(2, b"c")]
    await client.close()


async def test_gathered_work_that_raises_sends_nothing_before_the_next_turn(
    endpoint: Endpoint, recorder: Recorder
) -> None:
    """Whoever has found a bug of its own ends the process at once, and it must not have said another word."""
    client = await RawClient.connect(endpoint.address)
    client.greet()
    await recorder.until(lambda: len(recorder.peers) == 1)
    peer = recorder.peers[0]

    def work() -> None:
        peer.reply(1, b"a")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        endpoint.gather(work)
    assert peer.backlog_bytes > 0
    assert await client.items(1) == [Reply(1, b"a")]
    await client.close()


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (Call(1, b""), "hello_expected"),
        (Hello(2, "gateway/1"), "hello_refused"),
        (Hello(1, ""), "hello_refused"),
        (Hello(1, "a b"), "hello_refused"),
        (Hello(1, "x" * 65), "hello_refused"),
    ],
)
async def test_a_peer_must_introduce_itself(endpoint: Endpoint, recorder: Recorder, first: Item, reason: str) -> None:
    """An unnamed peer could not be traced; another version would be misread."""
    client = await RawClient.connect(endpoint.address)
    with capture_logs() as logs:
        client.send(first)
        assert await client.closed_by_far_side() == b""
    assert [log["reason"] for log in logs] == [reason]
    assert recorder.peers == []
    await client.close()


async def test_a_silent_connection_is_closed(run_dir: Path, recorder: Recorder) -> None:
    """Hundreds of silent connections would hold descriptors for ever."""
    endpoint = Endpoint(recorder, bounds=EndpointBounds(hello_timeout_s=0.0))
    await endpoint.listen(address_in(run_dir))
    client = await RawClient.connect(endpoint.address)
    assert await client.closed_by_far_side() == b""
    await client.close()
    await endpoint.close()


@pytest.mark.parametrize(
    ("rubbish", "reason"),
    [
        (b"\xff\xff\xff\xff", "frame_too_large"),
        (b"\x00\x00\x00\x00", "frame_malformed"),
        (b"\x00\x00\x00\x03abc", "frame_malformed"),
        (b"GET / HTTP/1.1\r\n\r\n", "frame_too_large"),
        (b"\x00\x00\x00\x05\x91\x93\x02\x01\xc4\x00", "frame_malformed"),
    ],
)
async def test_rubbish_closes_its_own_connection_only(
    endpoint: Endpoint, recorder: Recorder, rubbish: bytes, reason: str
) -> None:
    """One broken client must not disturb the others, and the log must say why it was cut off."""
    victim, bystander = await RawClient.connect(endpoint.address), await RawClient.connect(endpoint.address)
    victim.greet("victim")
    bystander.greet("bystander")
    victim.send(Call(1, b"good"))
    await recorder.until(lambda: recorder.bodies == [b"good"])
    with capture_logs() as logs:
        victim.writer.write(rubbish)
        _ = await victim.closed_by_far_side()
        await recorder.until(lambda: len(recorder.gone) == 1)
    assert [(log["peer"], log["reason"]) for log in logs] == [("victim", reason)]
    assert recorder.gone[0].closed_reason == reason
    bystander.send(Call(1, b"still here"))
    assert await bystander.items(1) == [Reply(1, b"still here")]
    await victim.close()
    await bystander.close()


@pytest.mark.parametrize("item", [Hello(1, "again"), Reply(1, b""), Push(0, b"")])
async def test_a_peer_may_only_call(endpoint: Endpoint, recorder: Recorder, item: Item) -> None:
    """Ignoring items that make no sense would hide a broken client."""
    client = await RawClient.connect(endpoint.address)
    client.greet()
    client.send(item)
    await recorder.until(lambda: len(recorder.gone) == 1)
    assert recorder.gone[0].closed_reason == "call_expected"
    await client.close()


async def test_a_slow_reader_is_cut_off(run_dir: Path) -> None:
    """Without the bound one stuck gateway would grow the province's memory until it dies."""
    recorder = Recorder()
    endpoint = Endpoint(recorder, bounds=EndpointBounds(unsent_bytes_max=1_000_000))
    await endpoint.listen(address_in(run_dir))
    client = await RawClient.connect(endpoint.address)
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    client.greet()
    await recorder.until(lambda: len(recorder.peers) == 1)
    peer = recorder.peers[0]
    with capture_logs() as logs:
        async with asyncio.timeout(PATIENCE_S):
            while peer.closed_reason is None:
                peer.push(b"x" * 100_000)
                assert peer.backlog_bytes < 1_200_000
                await asyncio.sleep(0)
    await recorder.until(lambda: recorder.gone == [peer])
    assert [log["reason"] for log in logs] == ["slow_reader"]
    assert peer.backlog_bytes == 0
    await client.close()
    await endpoint.close()


async def test_a_peer_that_is_gone_can_be_answered(endpoint: Endpoint, recorder: Recorder) -> None:
    """Answers come after the fsync, when the caller may long be gone; the commit loop must not care."""
    client = await RawClient.connect(endpoint.address)
    client.greet()
    await recorder.until(lambda: len(recorder.peers) == 1)
    await client.close()
    await recorder.until(lambda: len(recorder.gone) == 1)
    peer = recorder.gone[0]
    peer.reply(1, b"late")
    peer.fail(1, "late")
    peer.push(b"late")
    peer.drop("late")
    assert peer.backlog_bytes == 0
    assert peer.closed_reason == "peer_closed"


async def test_more_bytes_than_a_frame_holds_leave_in_several(endpoint: Endpoint, recorder: Recorder) -> None:
    """A turn that produces 20 MiB must not produce a frame that the far side refuses."""
    client = await RawClient.connect(endpoint.address)
    client.greet()
    await recorder.until(lambda: len(recorder.peers) == 1)
    for call_id in range(5):
        recorder.peers[0].reply(call_id, b"x" * 4_000_000)
    assert [item.id for item in await client.items(5) if isinstance(item, Reply)] == [0, 1, 2, 3, 4]
    await client.close()


async def test_bodies_too_large_are_handled(endpoint: Endpoint, recorder: Recorder) -> None:
    """An oversized answer is a definite failure; an oversized push must not leave a silent gap."""
    client = await RawClient.connect(endpoint.address)
    client.greet()
    await recorder.until(lambda: len(recorder.peers) == 1)
    huge = bytes(BODY_BYTES_MAX + 1)
    recorder.peers[0].reply(1, huge)
    assert await client.items(1) == [Error(1, "reply_too_large")]
    recorder.peers[0].push(huge)
    await recorder.until(lambda: len(recorder.gone) == 1)
    assert recorder.gone[0].closed_reason == "push_too_large"
    await client.close()


async def test_the_bound_on_peers_holds(run_dir: Path, recorder: Recorder) -> None:
    """A client that leaks connections must not exhaust the actor's descriptors."""
    endpoint = Endpoint(recorder, bounds=EndpointBounds(peers_max=1))
    await endpoint.listen(address_in(run_dir))
    first = await RawClient.connect(endpoint.address)
    first.greet()
    await recorder.until(lambda: len(recorder.peers) == 1)
    second = await RawClient.connect(endpoint.address)
    assert await second.closed_by_far_side() == b""
    first.send(Call(1, b"a"))
    assert await first.items(1) == [Reply(1, b"a")]
    await first.close()
    await second.close()
    await endpoint.close()


async def test_close_delivers_what_was_answered_and_removes_the_socket(run_dir: Path) -> None:
    """An orderly stop must not turn committed work into unknown outcomes."""
    recorder = Recorder()
    endpoint = Endpoint(recorder)
    await endpoint.listen(address_in(run_dir))
    client = await RawClient.connect(endpoint.address)
    client.greet()
    await recorder.until(lambda: len(recorder.peers) == 1)
    recorder.peers[0].reply(1, b"last words")
    closing = asyncio.create_task(endpoint.close())
    assert await client.items(1) == [Reply(1, b"last words")]
    await client.close()
    await closing
    assert recorder.gone == recorder.peers
    assert not (run_dir / "s").exists()


async def test_a_reader_that_hangs_does_not_hold_up_close(run_dir: Path) -> None:
    """The supervisor restarts the actor; one stuck gateway must not prevent it."""
    recorder = Recorder()
    endpoint = Endpoint(recorder, bounds=EndpointBounds(close_grace_s=0.01))
    await endpoint.listen(address_in(run_dir))
    client = await RawClient.connect(endpoint.address)
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    client.greet()
    await recorder.until(lambda: len(recorder.peers) == 1)
    recorder.peers[0].push(b"x" * 4_000_000)
    async with asyncio.timeout(PATIENCE_S):
        await endpoint.close()
    assert recorder.gone == recorder.peers
    await client.close()


async def test_close_leaves_a_successors_socket_alone(run_dir: Path, recorder: Recorder) -> None:
    """A predecessor that stops late must not cut its successor off from the world."""
    old, new = Endpoint(recorder), Endpoint(recorder)
    await old.listen(address_in(run_dir))
    await new.listen(address_in(run_dir))
    await old.close()
    client = await RawClient.connect(new.address)
    await client.close()
    await new.close()


async def test_a_socket_is_private_and_listening_twice_is_refused(run_dir: Path, endpoint: Endpoint) -> None:
    """The file mode is all the authentication there is on a Unix socket."""
    assert (run_dir / "s").stat().st_mode & 0o777 == 0o600
    with pytest.raises(AddressInvalid):
        await endpoint.listen(address_in(run_dir, "other"))
