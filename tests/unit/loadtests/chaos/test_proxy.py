"""The cable between clients and the gateway."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from loadtests.chaos.proxy import Mode, Proxy

#: Everything below answers within milliseconds; this only ends a test that hangs.
WITHIN_S = 10.0


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """A proxy before a server that sends back what it gets."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1024):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    made = Proxy(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
    await made.start()
    yield made
    await made.close()
    server.close()


async def _connect(proxy: Proxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = proxy.address.rpartition(":")
    return await asyncio.open_connection(host, int(port))


async def _said(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, word: bytes) -> bytes:
    writer.write(word)
    return await asyncio.wait_for(reader.readexactly(len(word)), WITHIN_S)


async def test_it_passes_both_ways(proxy: Proxy) -> None:
    """Would break if the cable itself were a fault."""
    reader, writer = await _connect(proxy)
    assert await _said(reader, writer, b"hello") == b"hello"
    writer.close()


async def test_a_cut_ends_what_is_open_and_refuses_what_comes_until_it_is_mended(proxy: Proxy) -> None:
    """Would break if a cut cable carried anything."""
    reader, writer = await _connect(proxy)
    assert await _said(reader, writer, b"hello") == b"hello"
    proxy.set_mode(Mode.CUT)
    assert await _end(reader) == b""
    late_reader, late_writer = await _connect(proxy)
    assert await _end(late_reader) == b""
    proxy.set_mode(Mode.PASS)
    new_reader, new_writer = await _connect(proxy)
    assert await _said(new_reader, new_writer, b"again") == b"again"
    for each in (writer, late_writer, new_writer):
        each.close()


async def _end(reader: asyncio.StreamReader) -> bytes:
    """What still comes until the connection ends."""
    try:
        return await asyncio.wait_for(reader.read(), WITHIN_S)
    except ConnectionResetError:
        return b""


async def test_what_a_black_hole_swallowed_never_comes_and_the_connection_stays_open(proxy: Proxy) -> None:
    """Would break if a half-open connection were told to its ends, or came back with a hole in its bytes."""
    reader, writer = await _connect(proxy)
    assert await _said(reader, writer, b"hello") == b"hello"
    proxy.set_mode(Mode.BLACKHOLE)
    writer.write(b"lost")
    await writer.drain()
    other_reader, other_writer = await _connect(proxy)
    await asyncio.wait_for(proxy.swallowed.wait(), WITHIN_S)
    proxy.set_mode(Mode.PASS)
    assert not reader.at_eof()
    new_reader, new_writer = await _connect(proxy)
    assert await _said(new_reader, new_writer, b"again") == b"again"
    assert not other_reader.at_eof()
    for each in (writer, other_writer, new_writer):
        each.close()


async def test_a_delay_keeps_the_order(proxy: Proxy) -> None:
    """Would break if latency turned into disorder."""
    proxy.set_mode(Mode.DELAY, delay_s=0.001)
    reader, writer = await _connect(proxy)
    for number in range(20):
        writer.write(b"%03d" % number)
        await writer.drain()
    words = await asyncio.wait_for(reader.readexactly(60), WITHIN_S)
    assert words == b"".join(b"%03d" % number for number in range(20))
    writer.close()


async def test_what_was_held_back_arrives_in_order_on_the_same_connection(proxy: Proxy) -> None:
    """Would break if a hiccup of the network lost a byte, or were no hiccup: then nothing would be held back."""
    reader, writer = await _connect(proxy)
    assert await _said(reader, writer, b"hello") == b"hello"
    proxy.set_mode(Mode.HOLD)
    for word in (b"one ", b"two ", b"three"):
        writer.write(word)
        await writer.drain()
    await asyncio.wait_for(proxy.held_back.wait(), WITHIN_S)
    answer = asyncio.create_task(reader.readexactly(13))
    assert not (await asyncio.wait([answer], timeout=0))[0]
    proxy.set_mode(Mode.PASS)
    assert await asyncio.wait_for(answer, WITHIN_S) == b"one two three"
    writer.close()
