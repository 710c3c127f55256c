"""Writes that merge what a client sent with what is there: read, merge, write if nothing has changed since, else again.

The province decides whether anything has changed (etag, revision). The digest of the client's own request goes along, so that an exact
repetition gets the recorded answer, whatever the state has become meanwhile.
"""

import hashlib
from collections.abc import Awaitable, Callable

from google.protobuf.message import Message

from actors import protocol
from actors.core.refusal import Reason, Refused

#: Times that a write is merged anew; more than a few mean that somebody else writes without pause.
TRIES_MAX = 8


def fingerprint_of(request: Message, what: str = "") -> bytes:
    """Digest of what a client asked; 16 bytes.

    Args:
        what: tells requests of different types apart whose bytes could be the same.
    """
    return hashlib.blake2b(what.encode() + request.SerializeToString(deterministic=True), digest_size=16).digest()


def is_outdated(reply: protocol.Response) -> bool:
    """Whether somebody else wrote between reading and writing."""
    return isinstance(reply, Refused) and reply.reason is Reason.ETAG_MISMATCH


async def merge_until_current(
    attempt: Callable[[], Awaitable[protocol.Response]], *, is_pinned: bool
) -> protocol.Response:
    """Read, merge and write until nobody wrote in between.

    Args:
        attempt: one reading, merging and writing.
        is_pinned: the client named the version that it had seen: then a change since is for the client to know.
    """
    reply = await attempt()
    for _ in range(TRIES_MAX):
        if is_pinned or not is_outdated(reply):
            break
        reply = await attempt()
    return reply
