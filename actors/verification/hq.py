"""The headquarters' journal: its file, its events, its anchors as records, its snapshots, and its witness."""

from pathlib import Path

import msgspec

from actors.core.headquarters import (
    AnchoredHead,
    AnyHqEvent,
    Headquarters,
    HeadsAnchored,
    anchor_key,
    anchor_records,
    capture,
    decode_anchor,
    decode_events,
    decode_snapshot,
    encode,
    restore,
)
from actors.core.ids import ProvinceCode
from actors.core.model_revisions import MatchingModelPut
from actors.head_file import HeadFile
from actors.journal import CheckedView, Corrupt, JournalError, Snapshot, check_anchor, open_readonly
from actors.store import HQ
from actors.verification.province import BROKEN
from actors.verification.stored import ExpectedRecords


class HqFacts(msgspec.Struct, kw_only=True):
    """What the hq journal says."""

    frames: int = 0
    events: int = 0
    records: int = 0
    snapshots: int = 0
    #: Of the table of kinds; provinces never have a newer one.
    revision: int = 0
    #: Of the matching model; provinces never have a newer one.
    model_revision: int = 0
    #: Frames that anchor heads; whoever writes one has witnessed the one before.
    anchoring: int = 0
    problems: list[str] = []


def read_anchors(path: Path, provinces: tuple[ProvinceCode, ...]) -> dict[ProvinceCode, AnchoredHead]:
    """The anchors as the provinces themselves would look them up; none when the journal cannot be read, which `check_hq` reports."""
    try:
        view = open_readonly(path)
    except JournalError:
        return {}
    try:
        stored = view.recall([anchor_key(code) for code in provinces])
        return {code: decode_anchor(stored[key]) for code in provinces if (key := anchor_key(code)) in stored}
    except (JournalError, msgspec.DecodeError):
        return {}
    finally:
        view.close()


def read_revisions(path: Path) -> tuple[int, int]:
    """The revisions of the kinds and of the matching model as of now.

    Raises:
        JournalError: the journal cannot be read.
        BROKEN: what is in it cannot be, or does not follow from what was before.
    """
    view = open_readonly(path)
    try:
        stored = view.latest_snapshot()
        hq, after = Headquarters(), 0
        if stored is not None:
            hq, after = restore(decode_snapshot(stored.slices[0])), stored.sequence
        for frame in view.frames(after=after):
            for event in decode_events(frame.payload):
                hq.apply(event)
    finally:
        view.close()
    return hq.revision, hq.models.revision


def check_hq(path: Path, store_id: str) -> HqFacts:
    """Read the whole journal and compare everything in it with its events."""
    facts = HqFacts()
    head_file = HeadFile(path)
    try:
        # Before the journal, which may grow meanwhile.
        witnessed = head_file.read()
    except ValueError as error:
        witnessed = None
        facts.problems.append(f"{HQ}: the witness is damaged: {error}; it is written anew at the next start")
    try:
        view = open_readonly(path)
    except JournalError as error:
        facts.problems.append(f"{HQ}: {error}")
        return facts
    try:
        if (view.store_id, view.province) != (store_id, HQ):
            facts.problems.append(f"{HQ}: the journal belongs to {view.province} of store {view.store_id}")
        with view.one_moment():
            if witnessed is not None:
                check_anchor(view, witnessed)
            _check_content(view, facts)
        # The first may be witnessed in this very moment, by a system that has just begun.
        if witnessed is None and facts.anchoring > 1 and not head_file.path.exists():
            facts.problems.append(
                f"{HQ}: the witness {head_file.path.name} is missing; it is written anew with the next anchor"
            )
    except (JournalError, msgspec.DecodeError) as error:
        facts.problems.append(f"{HQ}: {error}")
    except BROKEN as error:
        facts.problems.append(f"{HQ}: frame {facts.frames + 1} does not follow from those before it ({error!r})")
    finally:
        view.close()
    return facts


def _check_content(view: CheckedView, facts: HqFacts) -> None:
    view.check_structure()
    snapshots = {stored.sequence: stored for stored in view.snapshots()}
    hq, expected = Headquarters(), ExpectedRecords(lambda _, value: encode(decode_anchor(value)))
    watermark = view.records_sequence
    _compare_snapshot(snapshots.get(0), hq, facts)
    for frame in view.frames():
        events = decode_events(frame.payload)
        for event in events:
            _require_progress(hq, event, frame.sequence)
            hq.apply(event)
        if frame.sequence <= watermark:
            expected.put(anchor_records(events))
        facts.anchoring += any(isinstance(event, HeadsAnchored) for event in events)
        facts.frames, facts.events = frame.sequence, facts.events + len(events)
        _compare_snapshot(snapshots.get(frame.sequence), hq, facts)
    facts.revision = hq.revision
    facts.model_revision = hq.models.revision
    facts.records, problems = expected.compare(view.record_batches())
    facts.problems += [f"{HQ}: {problem}" for problem in problems]


def _require_progress(hq: Headquarters, event: AnyHqEvent, sequence: int) -> None:
    """Anchors never go back, and revisions of the matching model follow each other; only the one in force is put again, as it is."""
    if (
        isinstance(event, MatchingModelPut)
        and event.model.revision != hq.models.revision + 1
        and event.model != hq.models.current
    ):
        raise Corrupt(
            HQ, sequence, f"revision {event.model.revision} of the matching model follows {hq.models.revision}"
        )
    if isinstance(event, HeadsAnchored):
        for head in event.heads:
            before = hq.anchors.get(head.province)
            if before is not None and head.sequence <= before.sequence:
                raise Corrupt(HQ, sequence, f"the anchor of {head.province} goes back")


def _compare_snapshot(stored: Snapshot | None, hq: Headquarters, facts: HqFacts) -> None:
    if stored is None:
        return
    facts.snapshots += 1
    if len(stored.slices) != 1 or decode_snapshot(stored.slices[0]) != capture(hq):
        facts.problems.append(f"{HQ}: the snapshot at frame {stored.sequence} is not what the frames give")
