"""A small history that is all right, for tests that plant one wrong thing in it."""

from gateway.v1 import task_pb2
from loadtests.chaos.history import OK, Operation
from loadtests.chaos.journals import Happened, Journals, Listed

TASK = "provinces/fujian/tasks/fujian-1"
ANNE = "provinces/fujian/operators/anne"
BO = "provinces/jiangxi/operators/bo"
APPROVED = task_pb2.VERDICT_APPROVED


def operation(kind: str, at_s: float, **fields: object) -> Operation:
    """An acknowledged operation of a tenth of a second."""
    values: dict[str, object] = {
        "kind": kind,
        "identity": "branch:fujian",
        "province": "fujian",
        "request_id": f"{kind}-{at_s}",
        "invoked_s": at_s,
        "ended_s": at_s + 0.1,
        "outcome": OK,
        "task": TASK,
        "answer": "a1",
    }
    return Operation(**(values | fields))  # pyright: ignore[reportArgumentType]


def history() -> list[Operation]:
    """Created, held by Anne, moved, decided by Bo."""
    desk = {"identity": "desk:fujian", "operator": ANNE}
    other = {"identity": "desk:jiangxi", "operator": BO, "province": "jiangxi"}
    return [
        operation("create", 1.0, external_id="x-1", content="c1"),
        operation("accept", 2.0, token=1, **desk),
        operation("start", 3.0, token=1, **desk),
        operation("accept", 5.0, token=3, **other),
        operation("complete", 6.0, token=3, verdict=APPROVED, amount_fen=7, **other),
    ]


def happened(type_: str, province: str, position: int, **fields: object) -> Happened:
    """One event."""
    return Happened(type=type_, province=province, position=position, task=TASK, **fields)  # pyright: ignore[reportArgumentType]


def journals() -> Journals:
    """What the journals say of it."""
    decided = {"operator": BO, "verdict": APPROVED, "amount_fen": 7}
    return Journals(
        events={
            "fujian": [
                happened("TaskCreated", "fujian", 1, external_id="x-1", generation=1),
                happened("OfferMade", "fujian", 2, operator=ANNE, token=1),
                happened("OfferAccepted", "fujian", 3, operator=ANNE),
                happened("AssignmentReleased", "fujian", 4, operator=ANNE),
                happened("MoveStarted", "fujian", 5),
            ],
            "jiangxi": [
                happened("MoveAccepted", "jiangxi", 1, generation=2, token=2),
                happened("OfferMade", "jiangxi", 2, operator=BO, token=3),
                happened("TaskCompleted", "jiangxi", 3, **decided),
            ],
        },
        tasks={TASK: Listed(name=TASK, external_id="x-1", content="c1", state=task_pb2.TASK_STATE_COMPLETED)},
    )
