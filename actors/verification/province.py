"""One province's journal, read and replayed as far as it goes, and the facts of it that the others must agree with."""

from array import array
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from actors.core import codec, records, snapshot
from actors.core import events as e
from actors.core.headquarters import AnchoredHead
from actors.core.ids import ProvinceCode, TaskId
from actors.core.invariants import validate
from actors.core.task import TaskState
from actors.journal import CheckedView, Frame, Head, JournalError, Snapshot, check_anchor, open_readonly
from actors.verification.replayed import ReplayedState
from actors.verification.stored import ExpectedRecords, canonical_record

#: What replaying a damaged frame may raise: bytes that are no events, events that do not follow from those before.
BROKEN = (JournalError, msgspec.DecodeError, AssertionError, LookupError, ValueError)


class Facts(msgspec.Struct, kw_only=True):
    """What a journal says, as far as other journals can contradict it."""

    province: ProvinceCode
    frames: int = 0
    events: int = 0
    records: int = 0
    snapshots: int = 0
    anchors: int = 0
    #: Tasks of this home, and their numbers: runs (first, last), in order.
    created: int = 0
    runs: list[tuple[int, int]] = []
    kinds_revision: int = 0
    model_revision: int = 0
    #: Numbers of the tasks of this home that were decided, or ended otherwise, here.
    #: Unsigned 64-bit integers of this machine.
    decided_home: bytes = b""
    ended_home: bytes = b""
    #: The same for tasks of other homes.
    decided_foreign: list[TaskId] = []
    ended_foreign: list[TaskId] = []
    #: Records of open tasks: (task, generation, state).
    open: list[tuple[TaskId, int, TaskState]] = []
    legs: int = 0
    legs_sum_fen: int = 0
    is_broken: bool = False
    problems: list[str] = []


class ProvinceCheck:
    """One province's journal under verification.

    Args:
        anchor: what headquarters knows of the journal; read before the journal itself, which may only have grown since.
        is_thorough: whether the statistics are learned again and compared with those of the snapshots.
    """

    def __init__(
        self,
        view: CheckedView,
        province: ProvinceCode,
        anchor: AnchoredHead | None = None,
        *,
        is_thorough: bool = False,
    ) -> None:
        self.view = view
        self.province = province
        self.state = ReplayedState(province, is_taught=is_thorough)
        self._anchor = anchor
        self._facts = Facts(province=province)
        self._decided_home = array("Q")
        self._ended_home = array("Q")
        self._prefix = f"{province}-"
        self._runs: list[tuple[int, int]] = []
        self._run_begins = 1

    def read_all(self) -> None:
        """The first reading, of one state of the journal: everything stored is checked against the frames."""
        try:
            with self.view.one_moment():
                self.view.check_structure()
                if self._anchor is not None:
                    check_anchor(self.view, Head(self._anchor.sequence, self._anchor.epoch, self._anchor.hash))
                    self._facts.anchors = 1
                snapshots = {stored.sequence: stored for stored in self.view.snapshots()}
                expected = ExpectedRecords(canonical_record)
                self._replay(snapshots, expected)
                if not self._facts.is_broken:
                    self._facts.records, problems = expected.compare(self.view.record_batches())
                    self._note(*problems)
        except JournalError as error:
            self._break(str(error))

    def read_on(self) -> None:
        """Replay what came since."""
        if not self._facts.is_broken:
            self._replay({}, None)

    def facts(self) -> Facts:
        """What the journal says, as far as it was read."""
        facts, state = self._facts, self.state
        facts.decided_home, facts.ended_home = self._decided_home.tobytes(), self._ended_home.tobytes()
        facts.created = state.created_count
        facts.runs = [*self._runs, (self._run_begins, state.task_number)]
        facts.kinds_revision = state.kinds_revision
        facts.model_revision = state.model.revision
        facts.open = [(task_id, task.generation, task.state) for task_id, task in state.tasks.items()]
        if facts.is_broken:
            return facts
        state.derive_indexes()
        return msgspec.structs.replace(facts, problems=facts.problems + [self._named(text) for text in validate(state)])

    def _replay(self, snapshots: Mapping[int, Snapshot], expected: ExpectedRecords | None) -> None:
        watermark = self.view.records_sequence if expected is not None else 0
        self._compare_snapshot(snapshots.get(self._facts.frames))
        try:
            for frame in self.view.frames(after=self._facts.frames):
                self._apply(frame, expected if frame.sequence <= watermark else None)
                self._compare_snapshot(snapshots.get(frame.sequence))
        except JournalError as error:
            self._break(str(error))
        except BROKEN as error:
            self._break(f"frame {self._facts.frames + 1} does not follow from those before it ({error!r})")

    def _apply(self, frame: Frame, expected: ExpectedRecords | None) -> None:
        state, noted = self.state, _NOTED
        events = codec.decode_events(frame.payload)
        for event in events:
            state.replay(event)
            note = noted.get(type(event))
            if note is not None:
                note(self, event, expected)
        if expected is not None:
            expected.put(state.records)
        state.records.clear()
        self._facts.events += len(events)
        self._facts.frames = frame.sequence

    def _compare_snapshot(self, stored: Snapshot | None) -> None:
        if stored is None:
            return
        self._facts.snapshots += 1
        is_same = False
        with suppress(*BROKEN):
            is_same = snapshot.is_of(stored.slices, self.state, is_taught=self.state.is_taught)
        if not is_same:
            self._note(f"the snapshot at frame {stored.sequence} is not what the frames give")

    # --- events that others must agree with ---

    def _configured(self, event: e.ProvinceConfigured, expected: ExpectedRecords | None) -> None:
        """Numbers may be given up, after a restore; no others are ever left out."""
        del expected
        if event.task_numbers_skipped:
            self._runs.append((self._run_begins, self.state.task_number - event.task_numbers_skipped))
            self._run_begins = self.state.task_number + 1

    def _decided(self, event: e.TaskCompleted, expected: ExpectedRecords | None) -> None:
        del expected
        facts, legs = self._facts, event.legs
        is_home = event.task_id.startswith(self._prefix)
        if is_home:
            self._decided_home.append(int(event.task_id[len(self._prefix) :]))
        else:
            facts.decided_foreign.append(event.task_id)
        if len(legs) != (0 if is_home else 2) and not (not legs and self._was_made_up(event.task_id)):
            self._note(f"{event.task_id} has {len(legs)} legs")
        if legs:
            facts.legs += len(legs)
            total_fen = sum(leg.amount_fen for leg in legs)
            facts.legs_sum_fen += total_fen
            if total_fen:
                self._note(f"the legs of {event.task_id} sum to {total_fen} fen")

    def _was_made_up(self, task_id: TaskId) -> bool:
        """Whether a task that has just ended was a drill's: nobody owes anything for it."""
        record = self.state.records.get(records.task_key(task_id))
        return record is not None and records.decode_task(record).shadow is not None

    def _ended(self, event: e.TaskReturned | e.TaskCancelled, expected: ExpectedRecords | None) -> None:
        del expected
        if event.task_id.startswith(self._prefix):
            self._ended_home.append(int(event.task_id[len(self._prefix) :]))
        else:
            self._facts.ended_foreign.append(event.task_id)

    def _accepted(self, event: e.MoveAccepted, expected: ExpectedRecords | None) -> None:
        if expected is not None:
            expected.take_back(records.task_key(event.task.task_id))

    # --- problems ---

    def _named(self, text: str) -> str:
        return f"{self.province}: {text}"

    def _note(self, *texts: str) -> None:
        self._facts.problems += [self._named(text) for text in texts]

    def _break(self, text: str) -> None:
        self._facts.is_broken = True
        self._note(text)


_NOTED = {
    e.TaskCompleted: ProvinceCheck._decided,
    e.TaskReturned: ProvinceCheck._ended,
    e.TaskCancelled: ProvinceCheck._ended,
    e.MoveAccepted: ProvinceCheck._accepted,
    e.ProvinceConfigured: ProvinceCheck._configured,
}


def open_check(
    path: Path, store_id: str, province: ProvinceCode, anchor: AnchoredHead | None, *, is_thorough: bool = False
) -> ProvinceCheck | Facts:
    """The journal, ready to be read; only the facts when it cannot even be opened."""
    try:
        view = open_readonly(path)
    except JournalError as error:
        return Facts(province=province, is_broken=True, problems=[f"{province}: {error}"])
    check = ProvinceCheck(view, province, anchor, is_thorough=is_thorough)
    if (view.store_id, view.province) != (store_id, province):
        check._note(f"the journal belongs to {view.province} of store {view.store_id}")
    return check
