"""What a workbench counts, and what it was told of decisions that came too late."""

from dataclasses import dataclass, field

from gateway.v1 import error_pb2, work_pb2


@dataclass(slots=True)
class DeskCounts:
    """What a workbench has seen and done."""

    offers: int = 0
    declined: int = 0
    started: int = 0
    completed: int = 0
    suspended: int = 0
    referred: int = 0
    returned: int = 0
    revoked: int = 0
    reconnects: int = 0
    #: Refusals by reason.
    refused: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LateDecision:
    """A decision that was made during a freeze, sent after it, and refused."""

    task: str
    operator: str
    reason: str
    #: Operator name of the one whose assignment won; empty while nobody holds the task.
    winner: str
    host_province: str

    @classmethod
    def of(cls, action: work_pb2.WorkAction, error: error_pb2.Error) -> "LateDecision":
        """The refusal of a CompleteAction."""
        return cls(
            task=action.complete.task,
            operator=action.operator,
            reason=error.reason,
            winner=error.metadata.get("winning_operator", ""),
            host_province=error.metadata.get("host_province", ""),
        )
