"""What a check of a live journal finds: its chain from the first frame, and that every payload can be read."""

from collections.abc import Callable, Sized

import msgspec

from actors.journal import JournalError, JournalView
from actors.protocol import ChainReport


def chain_report(journal: JournalView, decode: Callable[[bytes], Sized]) -> ChainReport:
    """Read a journal from its first frame.

    Args:
        decode: gives the events of a payload.
    """
    frames = events = 0
    problem = ""
    try:
        for frame in journal.frames():
            frames += 1
            events += len(decode(frame.payload))
    except (JournalError, msgspec.DecodeError) as error:
        problem = str(error)
    return ChainReport(frames=frames, events=events, head_hash=journal.head.hash, problem=problem)
