"""Planted bugs of the commit loop and the store: what is said before it is on disk, and what is forgotten though it was said."""

from typing import Any

from actors.commit_loop import CommitLoop
from actors.core import commands as c
from actors.core import snapshot
from actors.core.province import Province
from actors.core.replies import AnyReply
from actors.journal import memory
from actors.journal.memory import MemoryJournal, MemoryStore
from actors.testing import site
from actors.testing.mutants.plant import Plant


def wakes_an_unsynced_waiter(plant: Plant) -> None:
    """A command that arrived after the frame was decided is answered with it, though its events are in the next frame."""
    append = CommitLoop._append

    def mutant(self: Any, payload: bytes, now: Any) -> bool:
        written = append(self, payload, now)
        if written and self._mailbox:
            command, answer = self._mailbox.popleft()
            answer(self.province.handle(command, now, self._recall([(command, answer)])))
        return written

    plant.attribute(CommitLoop, "_append", mutant)


def acknowledges_before_the_sync(plant: Plant) -> None:
    """Every command is answered as soon as it is decided."""
    decide = CommitLoop._decide

    def mutant(self: Any, batch: Any, now: Any) -> Any:
        for answer, reply in decide(self, batch, now):
            answer(reply)
        return []

    plant.attribute(CommitLoop, "_decide", mutant)


def answers_a_duplicate_before_the_original_is_durable(plant: Plant) -> None:
    """A repeated request is answered at once when the first one waits in the mailbox."""
    submit = CommitLoop.submit

    def mutant(self: Any, command: c.AnyCommand, answer: Any) -> None:
        same = [entry for entry in self._mailbox if command.request_id and entry[0] == command]
        if same:
            answer(self.province.handle(command, self._clock(), self._recall(same)))
        else:
            submit(self, command, answer)

    plant.attribute(CommitLoop, "submit", mutant)


def opens_without_a_sync(plant: Plant) -> None:
    """A new incarnation acts on what it finds in the page cache."""
    sync = MemoryStore.sync

    def mutant(self: MemoryStore, write: str) -> None:
        if write != "open":
            sync(self, write)

    plant.attribute(MemoryStore, "sync", mutant)


def lets_a_zombie_write(plant: Plant) -> None:
    """The store does not compare epochs."""

    def mutant(self: Any, write: str) -> None:
        self._refuse_if_dead()
        self._store.announce(write)

    plant.attribute(MemoryJournal, "require_permission", mutant)


def answers_though_the_disk_is_full(plant: Plant) -> None:
    """A batch whose frame could not be written is answered as if it had been."""

    def mutant(self: Any, batch: Any, now: Any) -> None:
        recalled = self._recall(batch)
        for command, answer in batch:
            answer(self.province.handle(command, now, recalled))
        self.province.take_frame()
        self._rebuild()

    plant.attribute(CommitLoop, "_refuse_writes", mutant)


def keeps_memory_that_was_not_written(plant: Plant) -> None:
    """Memory is not rebuilt when a frame could not be written."""
    plant.attribute(CommitLoop, "_rebuild", lambda self: None)


def loses_records_at_a_flush(plant: Plant) -> None:
    """Records are dropped from memory and never reach the record table."""
    append = MemoryJournal.append

    def mutant(self: Any, payload: bytes, *, at_ms: int, records: Any = None) -> Any:
        return append(self, payload, at_ms=at_ms, records=None if records is None else {})

    plant.attribute(MemoryJournal, "append", mutant)


def restores_a_snapshot_without_notices(plant: Plant) -> None:
    """What the home must still be told is forgotten by a restart from a snapshot."""
    restore = snapshot.restore

    def mutant(*arguments: Any) -> Any:
        state = restore(*arguments)
        state.notices = {}
        return state

    plant.attribute(snapshot, "restore", mutant)


def reads_frames_unverified(plant: Plant) -> None:
    """The hash chain is written and never checked."""
    plant.attribute(memory, "verify_chain", lambda frames, start, province: iter(frames))


def serves_a_journal_shorter_than_its_anchor(plant: Plant) -> None:
    """Nobody compares the journal with the head that headquarters has on record."""
    plant.attribute(site, "check_anchor", lambda journal, anchor: None)


def forgets_request_ids(plant: Plant) -> None:
    """A repeated request is carried out again."""
    handle = Province.handle

    def mutant(self: Any, command: c.AnyCommand, now: Any, recalled: Any) -> AnyReply:
        key = f"r:{command.who}:{command.request_id}"
        self.state.records.pop(key, None)
        return handle(self, command, now, {name: value for name, value in recalled.items() if name != key})

    plant.attribute(Province, "handle", mutant)


BUGS = (
    wakes_an_unsynced_waiter,
    acknowledges_before_the_sync,
    answers_a_duplicate_before_the_original_is_durable,
    opens_without_a_sync,
    lets_a_zombie_write,
    answers_though_the_disk_is_full,
    keeps_memory_that_was_not_written,
    loses_records_at_a_flush,
    restores_a_snapshot_without_notices,
    reads_frames_unverified,
    serves_a_journal_shorter_than_its_anchor,
    forgets_request_ids,
)
