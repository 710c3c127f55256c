import errno
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import apsw
import msgspec
import pytest
from typer.testing import CliRunner

from actors.core import codec, headquarters
from actors.core import events as e
from actors.core.drills.record import DrillAbortOrdered
from actors.core.headquarters import AnchoredHead, AnyHqEvent, HeadsAnchored, TaskKindPut
from actors.core.ids import ProvinceCode, TaskId
from actors.core.matching.model import trivial_model
from actors.core.model_revisions import MatchingModelPut
from actors.hq_journal import HqBooks
from actors.journal import Frame, MemoryStore, MemoryView, open_memory, open_sqlite
from actors.store import HQ, Store, StoreError, open_store
from actors.verification import workers
from actors.verification.directory import read_until_agreed, verify_directory
from actors.verification.hq import HqFacts, check_hq
from actors.verification.province import ProvinceCheck
from actors.verification.report import Report
from actors.verification.workers import Findings
from gateway.command import app
from tests.unit.core.harness import FUJIAN, JIANGXI, Branch
from tests.unit.core.provinces import answer, deliver, hand_over, host


class Books:
    """Two provinces' journals in a directory, and what a test plants in them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        store = open_store(directory, (FUJIAN, JIANGXI))
        store.release()
        self.store: Store = store
        self.home, self.other = Branch(), host("jiangxi")
        self.shared = self.home.create()
        self.kept = self.home.create()
        hand_over(self.shared, self.home, self.other)
        self.other.start(self.shared)

    def write(self, province: ProvinceCode, events: list[e.AnyEvent]) -> None:
        """One frame."""
        journal = open_sqlite(
            self.store.journal_path(province), store_id=self.store.store_id, province=province, reserve_bytes=0
        )
        journal.append(codec.encode_events(events), at_ms=1)
        journal.close()

    def write_hq(self, events: Sequence[AnyHqEvent]) -> None:
        """One frame of the headquarters."""
        path = self.store.journal_path(HQ)
        journal = open_sqlite(path, store_id=self.store.store_id, province=HQ, reserve_bytes=0)
        journal.append(headquarters.encode(list(events)), at_ms=1)
        journal.close()

    def verified(self, **planted: list[e.AnyEvent]) -> Report:
        """What verification says of the branches' own events, and what was planted after them."""
        for branch in (self.home, self.other):
            half = len(branch.log) // 2
            self.write(branch.code, branch.log[:half])
            self.write(branch.code, branch.log[half:])
        for province, events in planted.items():
            self.write(ProvinceCode(province), events)
        return verify_directory(self.directory)


@pytest.fixture
def books(tmp_path: Path) -> Books:
    """A shared task in work at its host, and one that waits at home."""
    return Books(tmp_path / "data")


def found(report: Report, *texts: str) -> bool:
    """Whether some problem names all of these."""
    return any(all(text in problem for text in texts) for problem in report.problems)


def test_a_sound_country_has_no_problems(books: Books) -> None:
    """A false alarm would make people distrust the true one."""
    books.other.complete(books.shared)
    for message in books.other.due():
        answer(message, deliver(message, books.home), books.other)
    report = books.verified()
    assert (report.ok, report.problems) == (True, [])
    assert (report.provinces, report.frames, report.events) == (2, 4, len(books.home.log) + len(books.other.log))
    assert (report.tasks_created, report.tasks_decided, report.tasks_open, report.tasks_lost) == (2, 1, 1, 0)
    assert (report.tasks_decided_shared, report.ledger_legs, report.ledger_sum_fen) == (1, 2, 0)


def test_a_move_under_way_is_no_problem(books: Books) -> None:
    """MOVING here and QUEUED there with a higher generation is the normal middle of a move."""
    books.home.log = [event for event in books.home.log if not isinstance(event, e.MoveHandedOver)]
    assert books.verified().problems == []


def completed(books: Books) -> e.TaskCompleted:
    """The decision of the shared task, as its host would write it."""
    books.other.complete(books.shared)
    [event] = [event for event in books.other.events if isinstance(event, e.TaskCompleted)]
    return event


def test_a_double_decision_is_found_across_provinces(books: Books) -> None:
    """The worst that can happen: a customer is paid twice."""
    decision = completed(books)
    books.home.arrive(
        *(msgspec.structs.replace(person, province=FUJIAN) for person in books.other.state.operators.values())
    )
    # The home, too, has kept the task, and decides it.
    books.home.log = [event for event in books.home.log if not isinstance(event, (e.MoveStarted, e.MoveHandedOver))]
    task = TaskId(books.shared)
    offered = [
        e.OfferMade(at_ms=1, task_id=task, operator=decision.decision.operator, token=50),
        e.OfferAccepted(at_ms=1, task_id=task),
        e.AssignmentStarted(at_ms=1, task_id=task),
        msgspec.structs.replace(decision, legs=()),
    ]
    offers_at_home = [event for event in books.home.log if isinstance(event, e.OfferMade)]
    books.home.log = [event for event in books.home.log if event not in offers_at_home]
    report = books.verified(fujian=offered)
    assert found(report, books.shared, "decided 2 times")
    assert report.tasks_decided_twice == 1


def test_a_double_decision_within_a_province_is_found(books: Books) -> None:
    """The replay refuses what the state machine does not allow."""
    report = books.verified(jiangxi=[completed(books)])
    assert found(report, "jiangxi", "does not follow")


def test_a_lost_task_is_found(books: Books) -> None:
    """Handed over to a host that never recorded it."""
    books.other.log = [
        event
        for event in books.other.log
        if not isinstance(event, (e.MoveAccepted, e.OfferMade, e.OfferAccepted, e.AssignmentStarted))
    ]
    report = books.verified()
    assert found(report, books.shared, "lost")
    assert report.tasks_lost == 1


def test_a_task_that_no_journal_has_created_is_found(books: Books) -> None:
    """Its home has lost the end of its journal: the next task there would get the number of this one, which somebody is working on."""
    begin = next(place for place, event in enumerate(books.home.log) if isinstance(event, e.TaskCreated))
    del books.home.log[begin:]
    assert found(books.verified(), books.shared, "open in jiangxi", "never created")


def test_a_journal_that_headquarters_have_seen_and_is_gone_is_found(books: Books) -> None:
    """While somebody of a country has never come up no journal counts as made, and a whole province was missed by nobody."""
    books.verified()
    head = AnchoredHead(FUJIAN, 2, 1, b"x" * 32)
    journal = open_sqlite(
        books.store.journal_path(HQ), store_id=books.store.store_id, province=HQ, create=True, reserve_bytes=0
    )
    HqBooks(journal, books.store.journal_path(HQ)).write([HeadsAnchored(at_ms=1, heads=(head,))])
    journal.close()
    for file in (books.directory / "journals").glob("fujian*"):
        file.unlink()
    assert found(verify_directory(books.directory), "fujian", "missing")


def test_a_process_that_dies_while_it_reads_is_told(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known then, which is neither "all is well" nor a problem of the journals."""
    books.verified()
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(workers, "PROCESSES_FROM_BYTES", 0)
    # Any program that ends without an answer.
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    refused = CliRunner().invoke(app, ["verify", str(books.directory), "--json"])
    answer = json.loads(refused.stdout)
    assert (refused.exit_code, answer["ok"]) == (2, False)
    assert "ended with code" in answer["problems"][0]


def test_journals_that_may_not_be_looked_for_are_told(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """An auditor with an account of their own got a traceback, and the code for problems in the journals."""
    books.verified()
    is_there = Path.exists

    def refuse(path: Path) -> bool:
        if path.suffix == ".sqlite":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return is_there(path)

    monkeypatch.setattr(Path, "exists", refuse)
    refused = CliRunner().invoke(app, ["verify", str(books.directory), "--json"])
    answer = json.loads(refused.stdout)
    assert (refused.exit_code, answer["ok"]) == (2, False)
    assert "hq.sqlite cannot be read: Permission denied" in answer["problems"][0]


def test_two_owners_are_found(books: Books) -> None:
    """The source took its move back although the host had accepted: both work on it."""
    log: list[e.AnyEvent] = []
    for event in books.home.log:
        if isinstance(event, e.MoveHandedOver):
            log.append(e.MoveTakenBack(at_ms=1, task_id=event.task_id, reason="planted", retry_after_ms=0))
        else:
            log.append(event)
    books.home.log = log
    report = books.verified()
    assert found(report, books.shared, "queued in fujian with generation 1", "newest is 2")


def test_a_task_that_has_ended_and_is_open_elsewhere_is_found(books: Books) -> None:
    """Cancelled at the host, and still in the queue at home: somebody will decide it."""
    books.home.log = [event for event in books.home.log if not isinstance(event, (e.MoveStarted, e.MoveHandedOver))]
    released = e.AssignmentReleased(at_ms=1, task_id=books.shared, reason="planted")
    cancelled = e.TaskCancelled(at_ms=1, task_id=books.shared)
    report = books.verified(jiangxi=[released, cancelled])
    assert found(report, books.shared, "has ended", "fujian")


def test_a_task_ended_twice_is_found(books: Books) -> None:
    """Two provinces that both believed it theirs."""
    books.home.log = [event for event in books.home.log if not isinstance(event, (e.MoveStarted, e.MoveHandedOver))]
    cancelled = e.TaskCancelled(at_ms=1, task_id=books.shared)
    released = e.AssignmentReleased(at_ms=1, task_id=books.shared, reason="planted")
    report = books.verified(fujian=[cancelled], jiangxi=[released, cancelled])
    assert found(report, books.shared, "ended twice")


@pytest.mark.parametrize("legs", [slice(0, 1), slice(0, 0)])
def test_unbalanced_or_missing_legs_are_found(books: Books, legs: slice) -> None:
    """Money made out of nothing, or help that is never paid."""
    decision = completed(books)
    books.other.log.remove(decision)
    planted = msgspec.structs.replace(decision, legs=decision.legs[legs])
    report = books.verified(jiangxi=[planted])
    assert found(report, "jiangxi", "sum to zero") or found(report, "jiangxi", "has 0 legs")


def test_an_event_that_does_not_fit_and_one_that_is_unknown_are_found(books: Books) -> None:
    """Damage that keeps the chain intact can only be a bug of ours; it must not be read over."""
    nonsense = e.AssignmentStarted(at_ms=1, task_id=TaskId("fujian-99"))
    report = books.verified(fujian=[nonsense])
    assert found(report, "fujian", "does not follow")
    assert not report.ok


def test_an_event_of_headquarters_that_does_not_fit_is_found(books: Books) -> None:
    """It ended the verification with a traceback, and nothing was said of the provinces either."""
    books.verified()
    kind = next(iter(books.home.state.kinds.values()))
    books.write_hq([TaskKindPut(at_ms=1, kind=kind, revision=1)])
    books.write_hq([DrillAbortOrdered(at_ms=1, drill_id="drill-9", who="ops:a", reason="planted")])
    # A province that seems ahead has the journal read once more.
    books.write(FUJIAN, [e.TaskKindsAdopted(at_ms=2, revision=2, kinds=(kind,))])
    report = verify_directory(books.directory)
    assert found(report, HQ, "frame 2 does not follow")
    assert report.frames == 5


@pytest.mark.parametrize("province", ["jiangxi", HQ])
def test_a_damaged_chain_is_found(books: Books, province: str) -> None:
    """A flipped bit in a frame, in a province or at headquarters."""
    books.verified()
    if province == HQ:
        books.write(ProvinceCode(HQ), [])
    database = apsw.Connection(str(books.store.journal_path(province)))
    database.execute("UPDATE frames SET payload = CAST(payload || x'00' AS BLOB) WHERE sequence = 1")
    database.close()
    assert found(verify_directory(books.directory), province, "corrupt")


def test_a_journal_of_another_store_is_found(books: Books) -> None:
    """A file put back from the wrong backup."""
    books.verified()
    path = books.store.journal_path(JIANGXI)
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()
    open_sqlite(path, store_id="another", province=JIANGXI, reserve_bytes=0).close()
    assert found(verify_directory(books.directory), "jiangxi", "another")


def test_a_journal_of_a_province_that_was_struck_off_is_found(books: Books) -> None:
    """Its tasks were not looked at, and a country that was smaller on paper verified as whole."""
    path = books.directory / "store.json"
    left = msgspec.json.decode(path.read_bytes()) | {"provinces": ["fujian"]}
    path.write_bytes(msgspec.json.encode(left))
    assert found(books.verified(), "jiangxi", "store.json does not name")


def test_a_directory_without_a_store_is_refused(tmp_path: Path) -> None:
    """Nothing to verify is not "all is well"."""
    with pytest.raises(StoreError, match="holds no store"):
        verify_directory(tmp_path)


# --- beside a running system ---


class LiveView(MemoryView):
    """A journal that is written to as soon as it has been read."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self.afterwards: list[Callable[[], None]] = []

    def frames(self, after: int = 0, limit: int | None = None) -> Iterator[Frame]:
        """See `MemoryView`."""
        yield from super().frames(after, limit)
        while self.afterwards:
            self.afterwards.pop()()


class InTurn:
    """Reads journals one after the other."""

    def __init__(self, checks: list[ProvinceCheck]) -> None:
        self._checks = checks
        self._is_first = True

    def read(self) -> Findings:
        """One reading."""
        for check in self._checks:
            if self._is_first:
                check.read_all()
            else:
                check.read_on()
        self._is_first = False
        return Findings(facts=[check.facts() for check in self._checks])


@pytest.mark.parametrize("moment", ["created after", "moved after"])
def test_journals_read_one_after_the_other_are_read_on_until_they_agree(moment: str) -> None:
    """Beside a running system every move between two readings would look like a lost task or two owners."""
    home, other = Branch(), host("jiangxi")
    stores = {branch.code: MemoryStore("store", branch.code) for branch in (home, other)}
    journals = {code: open_memory(store, store_id="store", province=code) for code, store in stores.items()}
    views = {code: LiveView(store) for code, store in stores.items()}
    written = dict.fromkeys(stores, 0)

    def write() -> None:
        for branch in (home, other):
            events = branch.log[written[branch.code] :]
            written[branch.code] = len(branch.log)
            journals[branch.code].append(codec.encode_events(events), at_ms=1)

    task_id = home.create() if moment == "moved after" else None
    write()

    def live() -> None:
        created = task_id or home.create()
        hand_over(created, home, other)
        other.start(created)
        other.complete(created)
        write()

    views[FUJIAN].afterwards.append(live)
    checks = [ProvinceCheck(views[code], code) for code in (FUJIAN, JIANGXI)]
    facts, _, disagreements = read_until_agreed(InTurn(checks))
    assert disagreements == []
    assert [one.problems for one in facts] == [[], []]
    assert [len(one.decided_foreign) for one in facts] == [0, 1]
    assert checks[0].state.created_count == 1


@pytest.mark.parametrize(("note", "is_sound"), [("", True), ("another", False)])
def test_a_request_that_found_its_model_in_force_is_noted_at_its_revision(
    books: Books, note: str, is_sound: bool
) -> None:
    """Such a note is no revision that was given twice; one with other content is."""
    put = MatchingModelPut(at_ms=1, model=msgspec.structs.replace(trivial_model(), revision=1), who="ops:a")
    again = msgspec.structs.replace(put.model, note=put.model.note + note)
    books.write_hq([put, msgspec.structs.replace(put, request_id="r", model=again)])
    assert found(books.verified(), "the matching model follows") is not is_sound


@pytest.mark.parametrize("is_given_out", [True, False])
def test_a_revision_that_is_given_out_while_the_journals_are_read_is_no_problem(
    books: Books, monkeypatch: pytest.MonkeyPatch, is_given_out: bool
) -> None:
    """Whoever changed a kind during a verification was told that a province goes by a table that nobody had made."""
    books.verified()
    kind = next(iter(books.home.state.kinds.values()))
    put = TaskKindPut(at_ms=1, kind=kind, revision=1)

    # The largest of all is read first.
    books.write_hq([put] * 2_000)

    def read_and_overtaken(path: Path, store_id: str) -> HqFacts:
        facts = check_hq(path, store_id)
        if is_given_out:
            books.write_hq([msgspec.structs.replace(put, revision=2)])
        books.write(FUJIAN, [e.TaskKindsAdopted(at_ms=2, revision=2, kinds=(kind,))])
        return facts

    monkeypatch.setattr(workers, "check_hq", read_and_overtaken)
    report = verify_directory(books.directory)
    assert found(report, "fujian", "revision 2 of the task kinds, hq only 1") is not is_given_out
    assert report.ok is is_given_out


def test_numbers_that_a_restore_gave_up_are_not_lost_tasks(books: Books) -> None:
    """A hundred million numbers are never given after a restore; nobody may miss them, nor make room for them."""
    skipped = e.ProvinceConfigured(
        at_ms=1, settings=books.home.state.settings, limits=books.home.state.limits, task_numbers_skipped=100_000_000
    )
    created = next(event for event in books.home.log if isinstance(event, e.TaskCreated))
    later = msgspec.structs.replace(created, task_id=TaskId("fujian-100000003"), request_id="")
    lost = [e.TaskCancelled(at_ms=1, task_id=TaskId("fujian-100000003"))]
    report = books.verified(fujian=[skipped, later, *lost])
    assert report.problems == []
    assert (report.tasks_created, report.tasks_ended) == (3, 1)


def test_only_verification_applies_events_without_learning() -> None:
    """A province that did would go on serving, and match by what it knew at its last start."""
    root = Path(__file__).parents[2]
    files = [file for folder in ("actors", "gateway") for file in (root / folder).rglob("*.py")]
    named = {file.relative_to(root).as_posix() for file in files if "APPLIERS" in file.read_text(encoding="utf-8")}
    assert named == {
        "actors/core/applying/__init__.py",
        "actors/verification/replayed.py",
        # Rehearses on a copy that is thrown away.
        "actors/core/previewing.py",
        # Plants a bug, in the simulator alone.
        "actors/testing/mutants/transit.py",
    }
