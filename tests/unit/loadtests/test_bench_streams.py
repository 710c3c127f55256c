"""Streams of the load generator's own HTTP/2 connection, against gRPC's server and against one that misbehaves."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
import pytest

from loadtests.bench.connection import DATA, HEADERS, LOST, RST_STREAM, SETTINGS, STREAM_WINDOW, End, frame
from loadtests.bench.header_block import plain_block
from loadtests.bench.requests import call_headers, stream_headers
from loadtests.bench.streams import Stream, StreamingConnection

PATIENCE_S = 10.0
_TOKEN = "t" * 40
_SETTINGS = b"\0\0\0\x04\0\0\0\0\0"
Context = grpc.aio.ServicerContext[Any, Any]


async def _repeat(messages: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
    """Says everything twice."""
    del context
    async for message in messages:
        yield message
        yield message


async def _echo(message: bytes, context: Context) -> bytes:
    del context
    return message


class _Handlers(grpc.GenericRpcHandler):
    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        if ("authorization", f"Bearer {_TOKEN}") not in handler_call_details.invocation_metadata:
            return None
        return {
            "/bench/Repeat": grpc.stream_stream_rpc_method_handler(_repeat),
            "/bench/Echo": grpc.unary_unary_rpc_method_handler(_echo),
        }.get(handler_call_details.method)


@contextlib.asynccontextmanager
async def _connected() -> AsyncIterator[StreamingConnection]:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((_Handlers(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    connection = await StreamingConnection.open(f"127.0.0.1:{port}", ())
    try:
        yield connection
    finally:
        connection.close()
        await server.stop(None)


class _Talk:
    """A stream, and what came back on it."""

    def __init__(self, connection: StreamingConnection, path: str = "/bench/Repeat", expected: int = 0) -> None:
        self.said: list[bytes] = []
        self.end: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self.heard_all = asyncio.Event()
        self._expected = expected
        headers = stream_headers("127.0.0.1", path, _TOKEN)
        self.stream = connection.stream(headers, self._heard, self.end.set_result)

    def _heard(self, message: bytes) -> None:
        self.said.append(message)
        if len(self.said) == self._expected:
            self.heard_all.set()

    async def ended(self) -> End:
        return await asyncio.wait_for(self.end, PATIENCE_S)


async def test_every_message_arrives_whole_and_in_order_whatever_the_windows_hold() -> None:
    """Messages lie across frames, and both sides give room back: a mistake in either loses messages or stops the stream for good."""
    messages = [bytes([number % 251]) * size for number, size in enumerate([0, 1, 16_384, 16_379, 70_000, 5] * 30)]
    async with _connected() as connection:
        talk = _Talk(connection)
        for message in messages:
            talk.stream.send(message)
        talk.stream.close()
        connection.flush()
        assert await talk.ended() == End(0)
    assert talk.said == [message for message in messages for _ in range(2)]


async def test_streams_and_calls_share_a_connection_and_keep_apart() -> None:
    """A message that came out of another province's stream would be taken for its work."""
    async with _connected() as connection:
        first, second = _Talk(connection, expected=2), _Talk(connection)
        call: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        block = plain_block(call_headers("127.0.0.1", "/bench/Echo", _TOKEN))
        for number, talk in enumerate((first, second)):
            talk.stream.send(b"%d" % number)
        connection.call(b"x", call.set_result, block)
        second.stream.close()
        connection.flush()
        assert await asyncio.wait_for(call, PATIENCE_S) == End(0)
        assert await second.ended() == End(0)
        await asyncio.wait_for(first.heard_all.wait(), PATIENCE_S)
        assert not first.end.done()
    assert (first.said, second.said) == ([b"0"] * 2, [b"1"] * 2)


async def test_a_stream_that_the_server_refuses_is_told_its_status() -> None:
    """A client whose streams were refused would wait for work that never comes."""
    async with _connected() as connection:
        talk = _Talk(connection, path="/bench/Nothing")
        connection.flush()
        assert (await talk.ended()).code == grpc.StatusCode.UNIMPLEMENTED.value[0]


def test_a_stream_sends_no_more_than_there_is_room_for() -> None:
    """A server cuts a client off that sends beyond the window."""
    unsent: dict[int, Stream] = {}
    stream = Stream(1, lambda _: None, lambda _: None, 12, unsent)
    stream.send(b"0123456789")
    assert unsent == {1: stream}
    first = stream.next_frame(100)
    assert (len(first) - 9, stream.next_frame(100), stream.is_sent) == (12, b"", False)
    stream.window_bytes += 100
    stream.close()
    assert stream.next_frame(2) == frame(DATA, 0, 1, b"78")
    assert stream.next_frame(100) == frame(DATA, 1, 1, b"9")
    assert (stream.next_frame(100), stream.is_sent) == (b"", True)


Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def _spoken_to(said: bytes) -> AsyncIterator[StreamingConnection]:
    """A connection to a server that says its settings, and this when it hears of a stream."""
    done = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            writer.write(_SETTINGS)
            await reader.readuntil(_TOKEN.encode())
            writer.write(said)
            await reader.read()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        done.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        connection = await StreamingConnection.open(f"{host}:{port}", ())
        try:
            yield connection
        finally:
            connection.close()
            await asyncio.wait_for(done.wait(), PATIENCE_S)


@pytest.mark.parametrize(
    "said",
    [
        # A compressed message, a padded frame, headers in parts, a reset.
        frame(DATA, 0, 1, b"\1\0\0\0\1x"),
        frame(DATA, 8, 1, b"\0"),
        frame(HEADERS, 0, 1, b"\x88"),
        frame(RST_STREAM, 0, 1, b"\0\0\0\x08"),
    ],
)
async def test_what_is_not_understood_ends_the_stream(said: bytes) -> None:
    """To pass over what is not understood would be to make a measurement up."""
    async with _spoken_to(said) as connection:
        talk = _Talk(connection)
        connection.flush()
        assert (await talk.ended()).code == LOST


async def test_a_window_that_the_server_changes_counts_for_open_streams_too() -> None:
    """A window made smaller under way must bind what is already open."""
    settings = STREAM_WINDOW.to_bytes(2, "big") + (20_000).to_bytes(4, "big")
    said = frame(SETTINGS, 0, 0, settings) + frame(DATA, 0, 1, b"\0\0\0\0\1x")
    async with _spoken_to(said) as connection:
        talk = _Talk(connection, expected=1)
        connection.flush()
        await asyncio.wait_for(talk.heard_all.wait(), PATIENCE_S)
        assert talk.stream.window_bytes == 20_000
