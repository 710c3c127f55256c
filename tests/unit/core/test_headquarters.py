from typing import Any

import msgspec

from actors.core.country import Line, ProvinceStatus, TaskKind
from actors.core.headquarters import (
    KINDS_BYTES_MAX,
    KINDS_MAX,
    REQUESTS_MAX,
    AnchoredHead,
    Headquarters,
    HeadsAnchored,
    ProvinceStatusSeen,
    TaskKindPut,
    capture,
    decode_snapshot,
    encode,
    restore,
)
from actors.core.ids import KindId
from actors.core.refusal import Reason, Refused
from tests.unit.core.harness import FUJIAN, JIANGXI, KINDS


def put(
    hq: Headquarters,
    kind: TaskKind,
    *,
    revision: int = 0,
    request_id: str = "",
    who: str = "ops:a",
    fingerprint: bytes = b"",
) -> list[TaskKindPut] | Reason:
    """Ask and let it happen."""
    decided = hq.put_kind(kind, revision=revision, who=who, request_id=request_id, at_ms=1, fingerprint=fingerprint)
    if isinstance(decided, Refused):
        return decided.reason
    for event in decided:
        hq.apply(event)
    return [event for event in decided if isinstance(event, TaskKindPut)]


def has_put(hq: Headquarters, kind: TaskKind, **asked: Any) -> bool:
    """Ask and let it happen: whether anything did, which must not be refused."""
    events = put(hq, kind, **asked)
    assert isinstance(events, list), events
    return bool(events)


def changed(number: int) -> TaskKind:
    """A kind with another standard time."""
    return msgspec.structs.replace(KINDS[0], standard_minutes=number)


def test_a_kind_raises_the_revision_by_one() -> None:
    """Provinces take over what has a higher revision than theirs."""
    hq = Headquarters()
    for number, kind in enumerate(KINDS, start=1):
        events = put(hq, kind)
        assert isinstance(events, list)
        assert [event.revision for event in events] == [hq.revision] == [number]
    assert list(hq.kinds.values()) == list(KINDS)
    assert put(hq, KINDS[0]) == []


def test_a_revision_read_earlier_is_refused() -> None:
    """Two officers at once: the second must see the first one's change."""
    hq = Headquarters()
    put(hq, KINDS[0])
    put(hq, KINDS[1])
    assert put(hq, changed(7), revision=1) is Reason.ETAG_MISMATCH


def test_a_repeated_request_is_done_once_although_the_revision_moved_on() -> None:
    """The retry of a change that succeeded was refused: its own success had moved the revision on."""
    hq = Headquarters()
    put(hq, KINDS[0])
    assert has_put(hq, changed(7), revision=1, request_id="r")
    assert put(hq, changed(7), revision=1, request_id="r") == []
    assert put(hq, changed(8), revision=1, request_id="r") is Reason.REQUEST_ID_REUSED
    assert has_put(hq, changed(8), request_id="r", who="ops:b")


def test_a_repeated_request_is_the_same_although_others_have_changed_the_kind() -> None:
    """Merged with what somebody else has written since, the retry came to another kind and was refused for good."""
    hq = Headquarters()
    put(hq, KINDS[0])
    assert has_put(hq, changed(7), request_id="r", fingerprint=b"asked")
    others = msgspec.structs.replace(changed(7), sla_minutes=9)
    assert has_put(hq, others)
    merged_again = msgspec.structs.replace(others, standard_minutes=7, display_name="late")
    for remembering in (hq, restore(decode_snapshot(encode(capture(hq))))):
        assert put(remembering, merged_again, request_id="r", fingerprint=b"asked") == []
        assert put(remembering, changed(8), request_id="r", fingerprint=b"other") is Reason.REQUEST_ID_REUSED


def test_a_request_that_found_the_kind_as_it_wants_it_is_remembered() -> None:
    """Repeated after somebody else has changed the kind, it would change it back."""
    hq = Headquarters()
    put(hq, KINDS[0])
    assert put(hq, KINDS[0]) == []
    [note] = put(hq, KINDS[0], request_id="r", fingerprint=b"asked")
    assert isinstance(note, TaskKindPut) and (note.revision, hq.revision) == (1, 1)
    put(hq, changed(7), request_id="s")
    for remembering in (hq, restore(decode_snapshot(encode(capture(hq))))):
        assert put(remembering, KINDS[0], request_id="r", fingerprint=b"asked") == []
        assert remembering.kinds[KINDS[0].kind] == remembering.answer_to("ops:a", "s") == changed(7)
        assert remembering.answer_to("ops:a", "r") == KINDS[0]
        assert put(remembering, changed(8), request_id="r", fingerprint=b"other") is Reason.REQUEST_ID_REUSED


def test_requests_are_forgotten_only_beyond_the_bound() -> None:
    """Everything has a named bound."""
    hq = Headquarters()
    for number in range(REQUESTS_MAX + 1):
        put(hq, changed(number), request_id=str(number), fingerprint=b"asked")
    assert len(hq.requests) == len(hq.fingerprints) == REQUESTS_MAX
    assert put(hq, changed(1), request_id="1") == []


def test_a_status_is_noted_when_it_is_news() -> None:
    """The diary would otherwise grow by 72 entries a second."""
    hq = Headquarters()
    assert hq.see(FUJIAN, ProvinceStatus.ACTIVE, 1) == []
    [seen] = hq.see(FUJIAN, ProvinceStatus.UNREACHABLE, 2)
    assert isinstance(seen, ProvinceStatusSeen)
    hq.apply(seen)
    assert hq.see(FUJIAN, ProvinceStatus.UNREACHABLE, 3) == []
    assert hq.see(FUJIAN, ProvinceStatus.ACTIVE, 4) != []


def test_replaying_the_diary_gives_the_same_headquarters() -> None:
    """The next coordinator must remember requests, too."""
    hq, again = Headquarters(), Headquarters()
    other = TaskKind(kind=KindId("claims-car"), line=Line.CLAIMS)
    for kind, request in ((KINDS[0], "1"), (other, "2"), (changed(9), "3")):
        events = put(hq, kind, request_id=request)
        assert isinstance(events, list)
        for event in events:
            again.apply(event)
    assert (again.kinds, again.revision, again.requests) == (hq.kinds, hq.revision, hq.requests)


def test_a_snapshot_holds_everything() -> None:
    """A coordinator that starts from it would begin its revisions anew, or take a journal that lost its end for whole."""
    hq = Headquarters()
    for kind in KINDS:
        put(hq, kind)
    head = AnchoredHead(FUJIAN, 7, 2, b"hash")
    for event in (*hq.see(FUJIAN, ProvinceStatus.UNREACHABLE, 1), *hq.anchor([head], 2)):
        hq.apply(event)
    again = restore(decode_snapshot(encode(capture(hq))))
    assert (again.kinds, again.revision, again.kinds_bytes) == (hq.kinds, len(KINDS), hq.kinds_bytes)
    assert (again.seen, again.anchors) == ({FUJIAN: ProvinceStatus.UNREACHABLE}, {FUJIAN: head})


def test_only_heads_that_have_moved_on_are_anchored() -> None:
    """Idle provinces would fill the journal, and an old copy of one would be taken for the truth."""
    hq = Headquarters()
    [anchored] = hq.anchor([AnchoredHead(FUJIAN, 7, 2, b"a"), AnchoredHead(JIANGXI, 1, 1, b"b")], 1)
    hq.apply(anchored)
    heads = [AnchoredHead(FUJIAN, 6, 3, b"c"), AnchoredHead(JIANGXI, 1, 1, b"b")]
    assert hq.anchor(heads, 2) == []
    further = AnchoredHead(FUJIAN, 8, 3, b"d")
    assert hq.anchor([further, *heads], 3) == [HeadsAnchored(at_ms=3, heads=(further,))]


def test_the_table_of_kinds_is_bounded_in_number() -> None:
    """The table travels whole to every province at each change; without a bound one script of kinds would stop them all."""
    hq = Headquarters()
    for number in range(KINDS_MAX):
        put(hq, TaskKind(kind=KindId(f"k-{number}"), line=Line.CLAIMS))
    assert put(hq, TaskKind(kind=KindId("one-more"), line=Line.CLAIMS)) is Reason.KINDS_FULL
    assert has_put(hq, TaskKind(kind=KindId("k-7"), line=Line.CLAIMS, sla_minutes=9))


def test_the_table_of_kinds_is_bounded_in_bytes() -> None:
    """A thousand kinds with long standards are 80 MB, more than a frame to a province holds. What shrinks is always allowed."""
    hq = Headquarters()
    long = "保" * 20_000
    kinds = [TaskKind(kind=KindId(f"k-{number}"), line=Line.CLAIMS, operating_standard=long) for number in range(100)]
    outcomes = [put(hq, kind) for kind in kinds]
    fitting = outcomes.index(Reason.KINDS_FULL)
    assert 0 < KINDS_BYTES_MAX - fitting * len(long.encode()) < 2 * len(long.encode())
    longer = msgspec.structs.replace(kinds[0], operating_standard=long * 2)
    assert put(hq, longer) is Reason.KINDS_FULL
    assert put(restore(capture(hq)), longer) is Reason.KINDS_FULL
    assert has_put(hq, msgspec.structs.replace(kinds[0], operating_standard=""))
    assert has_put(hq, kinds[fitting])
