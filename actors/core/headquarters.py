"""What the coordinator decides for the whole country: the table of task kinds and the matching model, and what it has seen.

The coordinator owns no task. Its journal ("hq") holds the country's settings, a diary of what provinces went through and the heads of
their journals, so that its death loses nothing that a task depends on.

Heads are anchored so that a journal whose end was lost, or an old copy put back, cannot pass for the truth: in itself it is sound. Only
heads that have moved are noted, and at most one event a second: 56 bytes a head, so 36 busy provinces cost some 2 KB a second.
"""

from collections.abc import Iterable

import msgspec

from actors.core.country import ProvinceStatus, TaskKind
from actors.core.drills.record import AnyDrillEvent, Drill, DrillEvent
from actors.core.drills.register import Drills
from actors.core.ids import KindId, ProvinceCode
from actors.core.model_revisions import MatchingModelPut, ModelRevisions
from actors.core.refusal import Reason, Refused


class TaskKindPut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag=True):
    """A kind was added or replaced; or is as a request wants it already, which is noted at the same revision."""

    at_ms: int
    kind: TaskKind
    revision: int
    who: str = ""
    request_id: str = ""
    #: Digest of what the caller asked: the kind itself is that merged with what was there.
    fingerprint: bytes = b""


class ProvinceStatusSeen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag=True):
    """A province's status is another than the one last seen."""

    at_ms: int
    province: ProvinceCode
    status: ProvinceStatus


class AnchoredHead(msgspec.Struct, frozen=True, array_like=True):
    """The end of a province's journal as the province itself gave it, after its fsync."""

    province: ProvinceCode
    sequence: int
    #: Epoch of that frame.
    epoch: int
    #: SHA-256 of that frame; it covers all frames before.
    hash: bytes


class HeadsAnchored(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """These journals had come this far: none of them may ever be shorter, or have another frame there."""

    at_ms: int
    heads: tuple[AnchoredHead, ...]


AnyHqEvent = TaskKindPut | ProvinceStatusSeen | HeadsAnchored | MatchingModelPut | AnyDrillEvent

#: Request ids remembered; the oldest are forgotten first.
REQUESTS_MAX = 10_000
#: Kinds in the table, and bytes of all of them: it travels whole to every province whenever a kind changes.
KINDS_MAX = 1_000
KINDS_BYTES_MAX = 4 * 1024 * 1024


class Headquarters:
    """The coordinator's hard state."""

    def __init__(self) -> None:
        self.kinds: dict[KindId, TaskKind] = {}
        self.revision = 0
        self.seen: dict[ProvinceCode, ProvinceStatus] = {}
        self.requests: dict[str, TaskKind] = {}
        #: Of the same requests, the digests of those that had one.
        self.fingerprints: dict[str, bytes] = {}
        #: Of all kinds, encoded.
        self.kinds_bytes = 0
        #: The furthest head of each journal.
        self.anchors: dict[ProvinceCode, AnchoredHead] = {}
        self.models = ModelRevisions()
        self.drills = Drills()

    def apply(self, event: AnyHqEvent) -> None:
        """Change the state by one event."""
        if isinstance(event, HeadsAnchored):
            self.anchors.update({head.province: head for head in event.heads})
            return
        if isinstance(event, ProvinceStatusSeen):
            self.seen[event.province] = event.status
            return
        if isinstance(event, MatchingModelPut):
            self.models.apply(event)
            return
        if isinstance(event, DrillEvent):
            self.drills.apply(event)
            return
        self.kinds_bytes += self._growth(event.kind)
        self.kinds[event.kind.kind] = event.kind
        self.revision = event.revision
        if event.request_id:
            key = f"{event.who}:{event.request_id}"
            self.requests[key] = event.kind
            if event.fingerprint:
                self.fingerprints[key] = event.fingerprint
            if len(self.requests) > REQUESTS_MAX:
                oldest = next(iter(self.requests))
                del self.requests[oldest]
                self.fingerprints.pop(oldest, None)

    def put_kind(
        self, kind: TaskKind, *, revision: int, who: str, request_id: str, at_ms: int, fingerprint: bytes = b""
    ) -> list[AnyHqEvent] | Refused:
        """Decide on a new or changed kind; nothing happens when the request is a repetition, and only it is noted when the kind is there already."""
        # A repetition comes first: what it did then has moved the revision on. Others may have changed the kind since, and with it what the
        # same request comes to.
        key = f"{who}:{request_id}"
        earlier = self.requests.get(key) if request_id else None
        is_same = earlier == kind or (fingerprint != b"" and self.fingerprints.get(key) == fingerprint)
        if earlier is not None and not is_same:
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
        put = TaskKindPut(
            at_ms=at_ms, kind=kind, revision=self.revision, who=who, request_id=request_id, fingerprint=fingerprint
        )
        if self.kinds.get(kind.kind) == kind:
            # Repeated after somebody else has changed the kind, it must not change it back.
            return [put] if request_id else []
        growth = self._growth(kind)
        is_one_too_many = kind.kind not in self.kinds and len(self.kinds) >= KINDS_MAX
        if is_one_too_many or (growth > 0 and self.kinds_bytes + growth > KINDS_BYTES_MAX):
            return Refused(reason=Reason.KINDS_FULL, message="The table of task kinds is full.")
        return [msgspec.structs.replace(put, revision=self.revision + 1)]

    def answer_to(self, who: str, request_id: str) -> TaskKind | None:
        """The kind as a request made it, be it long ago; None: it is not remembered."""
        return self.requests.get(f"{who}:{request_id}") if request_id else None

    def _growth(self, kind: TaskKind) -> int:
        """By how many bytes the table grows when `kind` is put into it; negative: it shrinks."""
        known = self.kinds.get(kind.kind)
        return _bytes_of(kind) - (_bytes_of(known) if known is not None else 0)

    def see(self, province: ProvinceCode, status: ProvinceStatus, at_ms: int) -> list[AnyHqEvent]:
        """Note a province's status, if it is news."""
        if self.seen.get(province, ProvinceStatus.ACTIVE) is status:
            return []
        return [ProvinceStatusSeen(at_ms=at_ms, province=province, status=status)]

    def anchor(self, heads: Iterable[AnchoredHead], at_ms: int) -> list[AnyHqEvent]:
        """Note the heads that have moved on. One that went back is not noted: it is the anchor's business to contradict it."""
        moved = tuple(head for head in heads if head.sequence > self._anchored_sequence(head.province))
        return [HeadsAnchored(at_ms=at_ms, heads=moved)] if moved else []

    def _anchored_sequence(self, province: ProvinceCode) -> int:
        anchor = self.anchors.get(province)
        return anchor.sequence if anchor is not None else 0


class HqSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The whole state of a headquarters; small, so one slice holds it."""

    kinds: tuple[TaskKind, ...]
    revision: int
    seen: dict[ProvinceCode, ProvinceStatus]
    #: In the order remembered.
    requests: tuple[tuple[str, TaskKind], ...]
    anchors: tuple[AnchoredHead, ...]
    #: The kept revisions of the matching model, oldest first; then what was noted of requests that made none.
    models: tuple[MatchingModelPut, ...] = ()
    #: The kept drills, oldest first, and how many there ever were.
    drills: tuple[Drill, ...] = ()
    drill_count: int = 0
    fingerprints: dict[str, bytes] = {}


def capture(hq: Headquarters) -> HqSnapshot:
    """The state as of now."""
    return HqSnapshot(
        kinds=tuple(hq.kinds.values()),
        revision=hq.revision,
        seen=dict(hq.seen),
        requests=tuple(hq.requests.items()),
        anchors=tuple(hq.anchors.values()),
        models=(*hq.models.kept.values(), *hq.models.noted.values()),
        drills=tuple(hq.drills.kept.values()),
        drill_count=hq.drills.count,
        fingerprints=dict(hq.fingerprints),
    )


def restore(stored: HqSnapshot) -> Headquarters:
    """The state that `capture` saw."""
    hq = Headquarters()
    hq.kinds = {kind.kind: kind for kind in stored.kinds}
    hq.kinds_bytes = sum(_bytes_of(kind) for kind in stored.kinds)
    hq.revision = stored.revision
    hq.seen = dict(stored.seen)
    hq.requests = dict(stored.requests)
    hq.fingerprints = dict(stored.fingerprints)
    hq.anchors = {head.province: head for head in stored.anchors}
    for put in stored.models:
        hq.models.apply(put)
    hq.drills = Drills(stored.drills, stored.drill_count)
    return hq


def anchor_key(province: str) -> str:
    """Key of the record that holds a province's anchor in the hq journal."""
    return f"anchor:{province}"


def anchor_records(events: Iterable[AnyHqEvent]) -> dict[str, bytes]:
    """The records that go beside these events: `anchor_key` -> encoded `AnchoredHead`."""
    return {
        anchor_key(head.province): encode(head)
        for event in events
        if isinstance(event, HeadsAnchored)
        for head in event.heads
    }


def _bytes_of(kind: TaskKind) -> int:
    return len(encode(kind))


_encoder = msgspec.msgpack.Encoder()
_events = msgspec.msgpack.Decoder(list[AnyHqEvent])
_snapshot = msgspec.msgpack.Decoder(HqSnapshot)
_anchored = msgspec.msgpack.Decoder(AnchoredHead)

encode = _encoder.encode
decode_events = _events.decode
decode_snapshot = _snapshot.decode
decode_anchor = _anchored.decode
