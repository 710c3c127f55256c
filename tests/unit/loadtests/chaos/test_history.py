"""The file of operations."""

from pathlib import Path

from gateway.v1 import task_pb2
from loadtests.chaos.history import OK, UNKNOWN, History, Operation, digest, read_history


def _operation(request_id: str) -> Operation:
    return Operation(kind="create", identity="branch:fujian", province="fujian", request_id=request_id, invoked_s=0.0)


def test_what_ended_is_read_back_and_what_did_not_is_unknown(tmp_path: Path) -> None:
    """Would break if an operation under way at the end were forgotten, or taken for acknowledged."""
    times = iter((1.0, 2.0, 3.0))
    history = History(tmp_path / "history.jsonl", lambda: next(times))
    ended: list[str] = []
    history.on_end = lambda operation: ended.append(operation.request_id)
    first, _ = history.begin(_operation("one")), history.begin(_operation("two"))
    history.end(first, OK, answer=task_pb2.Task(name="provinces/fujian/tasks/fujian-1"))
    assert (history.under_way, ended) == (1, ["one"])
    history.close()
    history.close()
    one, two = read_history(history.path)
    assert (one.request_id, one.outcome, one.invoked_s, one.ended_s) == ("one", OK, 1.0, 3.0)
    assert one.answer == digest(task_pb2.Task(name="provinces/fujian/tasks/fujian-1"))
    assert (two.request_id, two.outcome, two.ended_s) == ("two", UNKNOWN, -1.0)


def test_a_digest_tells_answers_apart() -> None:
    """Would break if two different answers could pass for one."""
    assert digest(task_pb2.Task(token=1)) == digest(task_pb2.Task(token=1))
    assert digest(task_pb2.Task(token=1)) != digest(task_pb2.Task(token=2))
