"""What the coordinator decides for the whole country: the table of task kinds, and what it has seen.

The coordinator owns no task. Its journal ("hq") holds the country's settings and a diary of what provinces went through, so that its
death loses nothing that a task depends on.
"""

import msgspec

from actors.core.country import ProvinceStatus, TaskKind
from actors.core.ids import KindId, ProvinceCode
from actors.core.refusal import Reason, Refused


class TaskKindPut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag=True):
    """A kind was added or replaced."""

    at_ms: int
    kind: TaskKind
    revision: int
    who: str = ""
    request_id: str = ""


class ProvinceStatusSeen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag=True):
    """A province's status is another than the one last seen."""

    at_ms: int
    province: ProvinceCode
    status: ProvinceStatus


AnyHqEvent = TaskKindPut | ProvinceStatusSeen

#: Request ids remembered; the oldest are forgotten first.
REQUESTS_MAX = 10_000


class Headquarters:
    """The coordinator's hard state."""

    def __init__(self) -> None:
        self.kinds: dict[KindId, TaskKind] = {}
        self.revision = 0
        self.seen: dict[ProvinceCode, ProvinceStatus] = {}
        self.requests: dict[str, TaskKind] = {}

    def apply(self, event: AnyHqEvent) -> None:
        """Change the state by one event."""
        if isinstance(event, ProvinceStatusSeen):
            self.seen[event.province] = event.status
            return
        self.kinds[event.kind.kind] = event.kind
        self.revision = event.revision
        if event.request_id:
            self.requests[f"{event.who}:{event.request_id}"] = event.kind
            if len(self.requests) > REQUESTS_MAX:
                del self.requests[next(iter(self.requests))]

    def put_kind(
        self, kind: TaskKind, *, revision: int, who: str, request_id: str, at_ms: int
    ) -> list[AnyHqEvent] | Refused:
        """Decide on a new or changed kind; nothing happens when it is there already or the request is a repetition."""
        # A repetition comes first: what it did then has moved the revision on.
        earlier = self.requests.get(f"{who}:{request_id}") if request_id else None
        if earlier is not None and earlier != kind:
            return Refused(
                reason=Reason.REQUEST_ID_REUSED,
                message=f"Request id {request_id} was used for a request with other content.",
            )
        if earlier is not None:
            return []
        if revision and revision != self.revision:
            return Refused(
                reason=Reason.ETAG_MISMATCH,
                message=f"The table of kinds is at revision {self.revision}.",
                metadata={"revision": str(self.revision)},
            )
        if self.kinds.get(kind.kind) == kind:
            return []
        return [TaskKindPut(at_ms=at_ms, kind=kind, revision=self.revision + 1, who=who, request_id=request_id)]

    def see(self, province: ProvinceCode, status: ProvinceStatus, at_ms: int) -> list[AnyHqEvent]:
        """Note a province's status, if it is news."""
        if self.seen.get(province, ProvinceStatus.ACTIVE) is status:
            return []
        return [ProvinceStatusSeen(at_ms=at_ms, province=province, status=status)]
