"""The calls that the measuring clients make: equal requests to create a task, each with ids of its own, as bytes ready to be sent.

A request is a template into which its ids are pasted: building and encoding a message for each would cost the client more than sending it.
"""

import enum

import grpc

from gateway.v1 import task_pb2
from loadtests.bench.connection import LOST
from loadtests.bench.header_block import Fields
from loadtests.wire import bearer

CREATE = "/sharedops.v1.TaskService/CreateTask"
INGEST = "/sharedops.v1.TaskService/IngestTasks"
WORK = "/sharedops.v1.WorkService/Work"
START = "/sharedops.v1.WorkService/StartAssignment"
COMPLETE = "/sharedops.v1.WorkService/CompleteAssignment"
#: What a task is about, fen.
AMOUNT_FEN = 120_000
#: No call waits longer at the server, seconds.
TIMEOUT_S = 5
#: Status code -> its name.
NAMES = {LOST: "LOST"} | {code.value[0]: code.name for code in grpc.StatusCode}
#: Pasted over by an id of the same length.
_PLACE = b"ID-00000000000000"
_PLACE_OF_REQUEST = b"RQ-00000000000000"
#: Odd and no multiple of five, and near the golden section of 10**10: times 0, 1, 2, ... it gives all numbers of ten digits, each far from the one before.
_STRIDE = 6_180_339_887


class RequestIds(enum.StrEnum):
    """In which order the request ids of a process come; ids of tasks in their branch system always rise."""

    #: As time-ordered ids do, or a counter. The task's own id serves.
    RISING = "rising"
    #: As random ids do.
    SCATTERED = "scattered"


class Requests:
    """Requests of one process.

    Args:
        province: its code.
        kind: of the tasks.
        prefix: tells its ids from all others'; at most six characters.
        request_ids: their order.
    """

    def __init__(self, province: str, kind: str, prefix: str, request_ids: RequestIds = RequestIds.RISING) -> None:
        place = _PLACE.decode()
        self._are_scattered = request_ids is RequestIds.SCATTERED
        task = task_pb2.Task(external_id=place, kind=kind, priority=3, amount_fen=AMOUNT_FEN, page_count=4)
        request = task_pb2.CreateTaskRequest(parent=f"provinces/{province}", task=task, request_id=place)
        if self._are_scattered:
            request.request_id = _PLACE_OF_REQUEST.decode()
        self._template = request.SerializeToString()
        self._prefix = f"{prefix:->6}"

    def body(self, number: int) -> bytes:
        """The message of one request; the same number gives the same request."""
        body = self._template.replace(_PLACE, self.external_id(number).encode())
        if self._are_scattered:
            return body.replace(_PLACE_OF_REQUEST, self.external_id(number * _STRIDE % 10**10).encode())
        return body

    def external_id(self, number: int) -> str:
        """Id of the request's task in its branch system; also of the request where these rise."""
        return f"{self._prefix}-{number:010d}"


def call_headers(address: str, path: str, token: str) -> Fields:
    """What every call says before its message, as a gRPC client says it."""
    return (*stream_headers(address, path, token), ("grpc-timeout", f"{TIMEOUT_S}S"))


def stream_headers(address: str, path: str, token: str) -> Fields:
    """What a stream says before its messages: the same, but it may last."""
    return (
        (":path", path),
        (":authority", address),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
        ("user-agent", "sharedops-bench"),
        *bearer(token),
    )
