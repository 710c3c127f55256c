"""The calls that the measuring clients make: equal requests to create a task, each with ids of its own, as bytes ready to be sent.

A request is a template into which its ids are pasted: building and encoding a message for each would cost the client more than sending it.
"""

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


class Requests:
    """Requests of one process.

    Args:
        province: its code.
        kind: of the tasks.
        prefix: tells its ids from all others'; at most six characters.
    """

    def __init__(self, province: str, kind: str, prefix: str) -> None:
        place = _PLACE.decode()
        task = task_pb2.Task(external_id=place, kind=kind, priority=3, amount_fen=AMOUNT_FEN, page_count=4)
        request = task_pb2.CreateTaskRequest(parent=f"provinces/{province}", task=task, request_id=place)
        self._template = request.SerializeToString()
        self._prefix = f"{prefix:->6}"

    def body(self, number: int) -> bytes:
        """The message of one request; the same number gives the same request."""
        return self._template.replace(_PLACE, self.external_id(number).encode())

    def external_id(self, number: int) -> str:
        """Id of the request's task in its branch system, and of the request."""
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
