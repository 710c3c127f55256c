"""The load generator's own HTTP/2 connection, against gRPC's server and against one that misbehaves."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
import pytest

from loadtests.bench.connection import LOST, STREAMS_MAX, TRIES_MAX, Connection, End
from loadtests.bench.requests import call_headers

PATIENCE_S = 10.0
_TOKEN = "t" * 40
_DETAILS = bytes(range(256))
_SETTINGS = b"\0\0\0\x04\0\0\0\0\0"

Context = grpc.aio.ServicerContext[Any, Any]
Answer = Callable[[bytes, Context], Awaitable[bytes]]


class _Handlers(grpc.GenericRpcHandler):
    def __init__(self, answer: Answer) -> None:
        self._handler = grpc.unary_unary_rpc_method_handler(answer)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        is_ours = handler_call_details.method == "/bench/Call"
        is_known = ("authorization", f"Bearer {_TOKEN}") in handler_call_details.invocation_metadata
        return self._handler if is_ours and is_known else None


@contextlib.asynccontextmanager
async def _connected(answer: Answer, *options: tuple[str, int]) -> AsyncIterator[Connection]:
    server = grpc.aio.server(options=options)
    server.add_generic_rpc_handlers((_Handlers(answer),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    connection = await _open(f"127.0.0.1:{port}")
    try:
        yield connection
    finally:
        connection.close()
        await server.stop(None)


async def _open(address: str) -> Connection:
    return await Connection.open(address, call_headers(address, "/bench/Call", _TOKEN))


async def _ends(connection: Connection, bodies: list[bytes]) -> list[End]:
    """Make a call for each body; how each ended, in the order of the bodies."""
    futures: list[asyncio.Future[End]] = [asyncio.get_running_loop().create_future() for _ in bodies]
    for body, future in zip(bodies, futures, strict=True):
        connection.call(body, future.set_result)
    connection.flush()
    async with asyncio.timeout(PATIENCE_S):
        return list(await asyncio.gather(*futures))


async def test_grpc_hears_each_call_with_its_message_method_and_token() -> None:
    """Headers are sent in full once only: a wrong place in the server's memory would spoil every call but the first."""
    heard: list[bytes] = []

    async def echo(message: bytes, context: Context) -> bytes:
        del context
        heard.append(message)
        return message

    bodies = [b"number %d" % number for number in range(300)]
    async with _connected(echo) as connection:
        assert await _ends(connection, bodies) == [End(0)] * len(bodies)
    assert sorted(heard) == sorted(bodies)


async def test_a_refusal_arrives_with_its_code_message_and_details() -> None:
    """The details are what says when to come back."""

    async def refuse(message: bytes, context: Context) -> bytes:
        context.set_code(grpc.StatusCode.RESOURCE_EXHAUSTED)
        context.set_details("not now")
        context.set_trailing_metadata((("grpc-status-details-bin", _DETAILS),))
        return message

    async with _connected(refuse) as connection:
        assert await _ends(connection, [b"x"] * 3) == [End(8, "not now", _DETAILS)] * 3


@pytest.mark.parametrize("allowed", [3, 1_000])
async def test_calls_beyond_what_the_server_allows_wait_here(allowed: int) -> None:
    """The server refuses the streams of a client that ignores its bound, and those refusals would be ours, not the gateway's."""
    bound = min(allowed, STREAMS_MAX)
    under_way = most = 0
    full, go_on = asyncio.Event(), asyncio.Event()

    async def hold(message: bytes, context: Context) -> bytes:
        nonlocal under_way, most
        del context
        under_way += 1
        most = max(most, under_way)
        if under_way == bound:
            full.set()
        await go_on.wait()
        under_way -= 1
        return message

    async with _connected(hold, ("grpc.max_concurrent_streams", allowed)) as connection:
        calls = asyncio.create_task(_ends(connection, [b"x"] * (bound + 20)))
        await asyncio.wait_for(full.wait(), PATIENCE_S)
        go_on.set()
        assert await calls == [End(0)] * (bound + 20)
    assert most == bound


async def test_more_is_sent_and_read_than_the_windows_hold() -> None:
    """Without window updates either side would fall silent after some hundred kilobytes, which looks like an overload."""

    async def echo(message: bytes, context: Context) -> bytes:
        del context
        return message * 4

    bodies = [bytes(8_000)] * 100
    async with _connected(echo) as connection:
        assert await _ends(connection, bodies) == [End(0)] * len(bodies)


Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def _spoken_to(speak: Speak) -> AsyncIterator[Connection]:
    """A connection to a server that says its settings and then what it likes."""
    done = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            writer.write(_SETTINGS)
            await speak(reader, writer)
            await reader.read()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        done.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        connection = await _open(f"{host}:{port}")
        try:
            yield connection
        finally:
            connection.close()
            await asyncio.wait_for(done.wait(), PATIENCE_S)


async def test_a_call_that_is_turned_away_unseen_is_sent_again_but_not_for_ever() -> None:
    """A server at its bound does that to any client; one that does it always must not be taken for one that is slow."""
    heard = bytearray()

    async def turn_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for stream in range(1, 2 * TRIES_MAX, 2):
            heard.extend(await reader.readuntil(b"body"))
            writer.write(b"\0\0\x04\x03\0" + stream.to_bytes(4, "big") + b"\0\0\0\x07")

    async with _spoken_to(turn_away) as connection:
        assert await _ends(connection, [b"body"]) == [End(LOST, "reset with 7")]
        assert connection.repeated == TRIES_MAX - 1
    assert heard.count(b"body") == TRIES_MAX


@pytest.mark.parametrize(
    "said",
    [
        # Headers that go on in another frame, a place that nobody remembers, an end without a status, an end of the connection.
        b"\0\0\x01\x01\x01\0\0\0\x01\x88",
        b"\0\0\x01\x01\x05\0\0\0\x01\xbe",
        b"\0\0\x01\x01\x05\0\0\0\x01\x88",
        b"\0\0\x08\x07\0\0\0\0\0" + bytes(8),
        # A reset that does not mean that the call was unseen.
        b"\0\0\x04\x03\0\0\0\0\x01\0\0\0\x08",
    ],
)
async def test_a_server_that_is_not_understood_ends_the_calls(said: bytes) -> None:
    """To pass over what is not understood would be to make a measurement up."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The client's preface and its first call.
        await reader.readuntil(b"body")
        writer.write(said)

    async with _spoken_to(speak) as connection:
        assert [end.code for end in await _ends(connection, [b"body"])] == [LOST]


async def test_calls_of_a_server_that_has_gone_are_lost() -> None:
    """A call without an end would keep the books open; one that is begun afterwards must end too."""

    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"body")
        writer.close()

    async with _spoken_to(leave) as connection:
        for _ in range(2):
            assert [end.code for end in await _ends(connection, [b"body"])] == [LOST]
