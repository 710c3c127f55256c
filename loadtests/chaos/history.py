"""The history: what the clients asked, what they were told, and when. One line of JSON an operation, appended when it ends.

An operation is one intention of one client under one request id; however often it had to be sent, it is one operation. It ends

* ``ok``: acknowledged. From then on the promise holds: it may never be lost, nor contradicted;
* ``refused``: a definite answer that it had no effect and that repeating it will not help (an old token, a task decided already);
* ``failed``: a definite answer that it had no effect for now (a full disk, an overload), and the client gave up;
* ``unknown``: no answer until the client gave up. It may have happened or not, and both must be right.

Nothing is kept in memory but what is under way, so that a run of any length can be recorded. An operation that never ended is written as
``unknown`` when the history is closed.
"""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from google.protobuf.message import Message

OK, REFUSED, FAILED, UNKNOWN = "ok", "refused", "failed", "unknown"
#: Lines kept before they are written.
BUFFER_LINES = 500
#: Bytes of the digests of answers and contents.
DIGEST_BYTES = 8


class Operation(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One operation. Times are seconds since the run began, on the clients' own monotonic clock."""

    #: What was asked: create, get, update, cancel, resume, accept, start, complete, decline, release, ...
    kind: str
    #: Who asked: the subject of its token.
    identity: str
    #: Province that it concerns alone; "*": one that the client does not know beforehand.
    province: str
    request_id: str = ""
    invoked_s: float
    ended_s: float = -1.0
    outcome: str = UNKNOWN
    #: Reason of the last refusal, as the contract names it.
    reason: str = ""
    task: str = ""
    external_id: str = ""
    #: Operator who acts.
    operator: str = ""
    #: Lease token shown, or (accept) given.
    token: int = 0
    #: Of a creation: digest of what was sent. Of an answer: digest of its bytes.
    content: str = ""
    answer: str = ""
    #: Of a completion: what was decided.
    verdict: int = 0
    amount_fen: int = 0
    #: Sent again on purpose, long after it was answered.
    is_repetition: bool = False


_encode = msgspec.json.Encoder().encode


class History:
    """Writes operations to a file as they end.

    Args:
        path: appended to.
        clock: seconds since the run began.
    """

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self.path = path
        self.counts: dict[str, int] = {}
        self._clock = clock
        self._file = path.open("ab")
        self._lines: list[bytes] = []
        self._under_way: dict[int, Operation] = {}
        #: Told of every operation that ended.
        self.on_end: Callable[[Operation], None] = lambda operation: None

    @property
    def under_way(self) -> int:
        """Operations that have not ended."""
        return len(self._under_way)

    def begin(self, operation: Operation) -> Operation:
        """An operation is invoked; its `invoked_s` is set here."""
        operation.invoked_s = self._clock()
        self._under_way[id(operation)] = operation
        return operation

    def end(self, operation: Operation, outcome: str, *, reason: str = "", answer: Message | None = None) -> None:
        """It ended; once for each operation begun."""
        del self._under_way[id(operation)]
        operation.ended_s = self._clock()
        operation.outcome = outcome
        operation.reason = reason
        if answer is not None:
            operation.answer = digest(answer)
        self._write(operation)
        self.on_end(operation)

    def close(self) -> None:
        """Write what is under way as unknown, and close the file. Once is enough; twice does no harm."""
        if self._file.closed:
            return
        for operation in self._under_way.values():
            self._write(operation)
        self._under_way.clear()
        self._flush()
        self._file.close()

    def _write(self, operation: Operation) -> None:
        self.counts[operation.outcome] = self.counts.get(operation.outcome, 0) + 1
        self._lines.append(_encode(operation))
        if len(self._lines) >= BUFFER_LINES:
            self._flush()

    def _flush(self) -> None:
        if self._lines:
            self._file.write(b"\n".join(self._lines) + b"\n")
            self._file.flush()
            self._lines.clear()


def read_history(path: Path) -> Iterator[Operation]:
    """The operations of a history, in the order in which they ended.

    Raises:
        msgspec.DecodeError: the file is damaged.
    """
    decode = msgspec.json.Decoder(Operation).decode
    with path.open("rb") as file:
        for line in file:
            yield decode(line)


def digest(message: Message) -> str:
    """Digest of a message's bytes; two messages with the same fields have the same."""
    data = message.SerializeToString(deterministic=True)
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).hexdigest()
