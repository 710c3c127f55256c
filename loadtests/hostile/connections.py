"""Connections misused below the level of messages: silent, slow and nonsensical ones, and one that resets its calls as fast as it can.

A few of each, held open while the campaign runs. The rapid reset is bounded in number: what it may cost others is measured by the honest
client's waits, which are printed.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import grpc.aio

from loadtests.hostile.callers import Metadata
from loadtests.hostile.methods import Method
from loadtests.hostile.tally import Tally
from loadtests.wire import open_channel

SILENT_MAX = 20
SLOW_MAX = 5
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_EMPTY_SETTINGS = b"\0\0\0\x04\0\0\0\0\0"
#: What is said instead of HTTP/2.
_NONSENSE = (
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
    b"\0" * 100,
    _PREFACE + b"\xff" * 64,
    # A frame that announces 16 MiB.
    _PREFACE + b"\xff\xff\xff\0\0\0\0\0\x01",
    # Headers on stream 0, data on a stream that is not open, a window of 2^31-1 twice.
    _PREFACE + _EMPTY_SETTINGS + b"\0\0\x01\x01\x04\0\0\0\0\x82",
    _PREFACE + _EMPTY_SETTINGS + b"\0\0\x01\0\0\0\0\0\x07x",
    _PREFACE + _EMPTY_SETTINGS + b"\0\0\x04\x08\0\0\0\0\0\x7f\xff\xff\xff" * 2,
)
#: Between two bytes of a slow connection, seconds.
_SLOWLY_S = 0.5
#: Calls in flight of the connection that resets.
_RESETS_AT_ONCE = 50


class Connections:
    """Sockets that are held open. Use: `hold`, then the campaign, then `close`."""

    def __init__(self, address: str, tally: Tally) -> None:
        host, _, port = address.rpartition(":")
        self._host, self._port = host, int(port)
        self._tally = tally
        self._held: list[asyncio.Task[None]] = []
        #: Silent connections that the server has closed by itself.
        self.silent_closed = 0

    def hold(self) -> None:
        """Open them all."""
        talks = [self._silent() for _ in range(SILENT_MAX)]
        talks += [self._slow() for _ in range(SLOW_MAX)]
        talks += [self._nonsense(said) for said in _NONSENSE]
        self._held = [asyncio.create_task(talk) for talk in talks]

    async def close(self) -> None:
        """Leave those that are still open."""
        for task in self._held:
            task.cancel()
        await asyncio.gather(*self._held, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def _opened(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            yield reader, writer
        finally:
            writer.close()

    async def _silent(self) -> None:
        self._tally.sent("silent connection")
        async with self._opened() as (reader, _):
            # What the server says first is its own preface; it says nothing more to somebody who says nothing.
            with contextlib.suppress(ConnectionError):
                while await reader.read(4_096):
                    pass
            self.silent_closed += 1

    async def _slow(self) -> None:
        self._tally.sent("slow connection")
        async with self._opened() as (_, writer):
            with contextlib.suppress(ConnectionError):
                for number in _PREFACE * 100:
                    writer.write(bytes((number,)))
                    await writer.drain()
                    await asyncio.sleep(_SLOWLY_S)

    async def _nonsense(self, said: bytes) -> None:
        self._tally.sent("nonsense connection")
        async with self._opened() as (reader, writer):
            with contextlib.suppress(ConnectionError):
                writer.write(said)
                await writer.drain()
                heard = await reader.read(65_536)
                self._tally.checked(heard, "the answer to nonsense")


async def rapid_reset(address: str, tally: Tally, method: Method, body: bytes, metadata: Metadata, count: int) -> None:
    """One connection that makes `count` calls and resets each as soon as it is on its way."""
    async with open_channel(address) as channel:
        call = channel.unary_unary(method.path)
        for begin in range(0, count, _RESETS_AT_ONCE):
            batch = [call(body, metadata=metadata, timeout=5.0) for _ in range(min(_RESETS_AT_ONCE, count - begin))]
            tally.sent("rapid reset", len(batch))
            await asyncio.sleep(0)
            await _reset(batch, tally)


async def _reset(calls: Sequence[grpc.aio.UnaryUnaryCall], tally: Tally) -> None:
    for call in calls:
        call.cancel()
    for call in calls:
        tally.answered(await call.code(), (), "a rapid reset")
