"""A check of a live journal by its own actor: its chain from the first frame, and that every payload can be read.

The actor has one loop, and a journal of a year takes minutes to read. So it is read in slices of some milliseconds between commits, with
pauses as long, and a check takes at most half of the actor's time. Only one runs at a time; whoever asks meanwhile gets its answer. Frames
that are committed while it runs are read, too.

Refused: a thread beside the loop. Decoding holds the interpreter lock, and every commit would wait for it several times (5 ms each).
"""

import asyncio
from collections.abc import Callable, Sized

import msgspec

from actors.journal import Corrupt, JournalError, JournalView
from actors.protocol import ChainReport

#: A slice ends with the first frame after this time, or this many frames.
SLICE_S = 0.002
SLICE_FRAMES_MAX = 16


class ChainCheck:
    """The check of one journal.

    Args:
        decode: gives the events of a payload.
    """

    def __init__(self, journal: JournalView, decode: Callable[[bytes], Sized]) -> None:
        self._journal = journal
        self._decode = decode
        self._running: asyncio.Task[None] | None = None
        self._waiting: list[Callable[[ChainReport], None]] = []

    def report_to(self, answer: Callable[[ChainReport], None]) -> None:
        """Tell what a check finds that is under way, or begins now."""
        self._waiting.append(answer)
        if self._running is None or self._running.done():
            self._running = asyncio.get_running_loop().create_task(self._run())

    def close(self) -> None:
        """End a check under way; whoever waits for it is told nothing."""
        if self._running is not None:
            self._running.cancel()

    async def _run(self) -> None:
        report = await self._read()
        waiting, self._waiting = self._waiting, []
        for answer in waiting:
            answer(report)

    async def _read(self) -> ChainReport:
        frames, events, problem = 0, 0, ""
        last = self._journal.hash_of(0)
        try:
            while frames < self._journal.head.sequence:
                if self._journal.hash_of(frames) != last:
                    raise Corrupt(self._journal.province, frames, "has changed since it was read")
                until_s = asyncio.get_running_loop().time() + SLICE_S
                for frame in self._journal.frames(after=frames, limit=SLICE_FRAMES_MAX):
                    frames, last = frame.sequence, frame.hash
                    events += len(self._decode(frame.payload))
                    if asyncio.get_running_loop().time() >= until_s:
                        break
                await asyncio.sleep(SLICE_S)
        except (JournalError, msgspec.DecodeError) as error:
            problem = str(error)
        return ChainReport(frames=frames, events=events, head_hash=self._journal.head.hash, problem=problem)
