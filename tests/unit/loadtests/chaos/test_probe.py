import grpc
import pytest
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from loadtests.chaos.probe import Outcome, refusal, tally

FULL = grpc.StatusCode.RESOURCE_EXHAUSTED
INFO = error_details_pb2.ErrorInfo(reason="STORE_FULL")
RETRY = error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=5))


def failed(code: grpc.StatusCode, *details: Message) -> grpc.aio.AioRpcError:
    """A call that ended with a status and these details."""
    packed: list[any_pb2.Any] = []
    for detail in details:
        packed.append(any_pb2.Any())
        packed[-1].Pack(detail)
    status = status_pb2.Status(code=code.value[0], message="no", details=packed)
    trailing = grpc.aio.Metadata(("grpc-status-details-bin", status.SerializeToString()))
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailing, "no")


@pytest.mark.parametrize(
    ("code", "details", "definite"),
    [
        (FULL, (INFO, RETRY), True),
        (grpc.StatusCode.UNAVAILABLE, (INFO, RETRY), True),
        (FULL, (INFO,), False),
        (FULL, (RETRY,), False),
        (FULL, (), False),
        (grpc.StatusCode.DEADLINE_EXCEEDED, (INFO, RETRY), False),
        (grpc.StatusCode.INTERNAL, (INFO, RETRY), False),
    ],
)
def test_a_refusal_is_definite_only_with_status_reason_and_pause(
    code: grpc.StatusCode, details: tuple[Message, ...], definite: bool
) -> None:
    """A write that may or may not have happened is what the row is there to find."""
    outcome = refusal(failed(code, *details), 0.1, "r1")
    assert outcome.is_definite is definite
    assert (outcome.code, outcome.request_id) == (code, "r1")


def test_the_tally_names_what_had_no_reason_by_its_text() -> None:
    """A failure from below us would otherwise hide among nameless ones."""
    outcomes = [Outcome(0.1), Outcome(0.1, FULL, "STORE_FULL"), Outcome(0.1, FULL, text="Stream removed")]
    assert tally(outcomes) == {
        "OK": 1,
        "RESOURCE_EXHAUSTED STORE_FULL": 1,
        "RESOURCE_EXHAUSTED Stream removed": 1,
    }
