"""Checks every journal of a data directory: chain, invariants, ownership across provinces, decisions and ledger.

It reads what is on disk and believes nothing else. Each province's frames are replayed through the core's own `apply`, which refuses what
the state machine does not allow; afterwards the provinces are compared with each other. It takes no lock, so it also works beside a
running system: there a task may be seen leaving one province before its arrival at the other has been read, therefore the journals are
read on until they agree or nothing new comes.
"""

from pathlib import Path

import msgspec

from actors.core import codec
from actors.core import events as e
from actors.core.applying import apply
from actors.core.ids import ProvinceCode, TaskId
from actors.core.invariants import validate
from actors.core.state import ProvinceState
from actors.core.task import TaskState
from actors.journal import JournalError, JournalView, open_readonly
from actors.store import HQ, StoreError, read_store

#: Times that the journals of a running system are read on.
ROUNDS_MAX = 10
#: Problems listed; there may be more.
PROBLEMS_MAX = 100
_LOST = "is lost: created, held by nobody, never ended"


class Report(msgspec.Struct, kw_only=True):
    """What was found."""

    provinces: int = 0
    frames: int = 0
    events: int = 0
    tasks_created: int = 0
    tasks_decided: int = 0
    #: Ended undecided: returned or cancelled.
    tasks_ended: int = 0
    tasks_open: int = 0
    #: Of the open ones: on their way, held by no province.
    tasks_in_transit: int = 0
    tasks_lost: int = 0
    tasks_decided_twice: int = 0
    #: Decided by another province than their home.
    tasks_decided_shared: int = 0
    ledger_legs: int = 0
    ledger_sum_fen: int = 0
    problems: list[str] = []

    @property
    def ok(self) -> bool:
        """Whether nothing at all was found."""
        return not self.problems


class Decided(msgspec.Struct, frozen=True):
    """A decision as its journal holds it."""

    province: ProvinceCode
    event: e.TaskCompleted


class _Reader:
    """One province's journal, replayed as far as it was read."""

    def __init__(self, view: JournalView, province: ProvinceCode) -> None:
        self.view = view
        self.province = province
        self.state = ProvinceState(province)
        self.sequence = 0
        self.events = 0
        self.is_broken = False

    def read_on(self, ledger: "_Country") -> bool:
        """Replay what came since; whether there was anything."""
        before = self.sequence
        try:
            for frame in self.view.frames(after=self.sequence):
                for event in codec.decode_events(frame.payload):
                    apply(self.state, event)
                    ledger.note(self.province, event)
                    self.events += 1
                self.sequence = frame.sequence
                self.state.records.clear()
        except (JournalError, msgspec.DecodeError) as error:
            self._break(ledger, f"{self.province}: {error}")
        except (AssertionError, KeyError) as error:
            self._break(
                ledger, f"{self.province}: frame {self.sequence + 1} does not follow from those before it ({error!r})"
            )
        return self.sequence > before

    def _break(self, ledger: "_Country", problem: str) -> None:
        self.is_broken = True
        ledger.problems.append(problem)


class _Country:
    """What the events of all provinces add up to."""

    def __init__(self) -> None:
        self.created: dict[TaskId, None] = {}
        self.decided: dict[TaskId, list[Decided]] = {}
        self.ended: dict[TaskId, None] = {}
        self.legs = 0
        self.legs_sum_fen = 0
        self.problems: list[str] = []

    def note(self, province: ProvinceCode, event: e.AnyEvent) -> None:
        """Take in one event."""
        if isinstance(event, e.TaskCreated):
            if event.task_id in self.created:
                self.problems.append(f"{event.task_id} was created twice")
            self.created[event.task_id] = None
        elif isinstance(event, e.TaskCompleted):
            self.decided.setdefault(event.task_id, []).append(Decided(province, event))
            self._note_legs(province, event)
        elif isinstance(event, (e.TaskReturned, e.TaskCancelled)):
            if event.task_id in self.ended:
                self.problems.append(f"{event.task_id} was ended twice, the second time in {province}")
            self.ended[event.task_id] = None

    def _note_legs(self, province: ProvinceCode, event: e.TaskCompleted) -> None:
        self.legs += len(event.legs)
        total_fen = sum(leg.amount_fen for leg in event.legs)
        self.legs_sum_fen += total_fen
        if total_fen:
            self.problems.append(f"{province}: the legs of {event.task_id} sum to {total_fen} fen")
        is_shared = not event.task_id.startswith(f"{province}-")
        if len(event.legs) != (2 if is_shared else 0):
            self.problems.append(f"{province}: {event.task_id} has {len(event.legs)} legs")


def verify_directory(directory: Path) -> Report:
    """Check the whole directory.

    Raises:
        StoreError: there is no store there.
    """
    store = read_store(directory)
    country = _Country()
    readers: list[_Reader] = []
    try:
        country.problems += [f"{name}: the journal is missing" for name in store.missing_journals()]
        for name in store.identity.provinces:
            path = store.journal_path(name)
            if not path.exists():
                continue
            try:
                view = open_readonly(path)
            except JournalError as error:
                country.problems.append(f"{name}: {error}")
                continue
            readers.append(_Reader(view, ProvinceCode(name)))
            if (view.store_id, view.province) != (store.store_id, name):
                country.problems.append(f"{name}: the journal belongs to {view.province} of store {view.store_id}")
        disagreements = _read_all(readers, country)
        _check_chain_of_hq(store.journal_path(HQ), country)
        return _report(readers, country, disagreements)
    finally:
        for reader in readers:
            reader.view.close()


def _read_all(readers: list[_Reader], country: _Country) -> list[str]:
    """Read until all journals agree or nothing new comes; the disagreements that outlasted a whole further round.

    Journals are read one after the other, so beside a running system a task may be seen at its new host and still at its old one.
    Such a sight is gone when both have been read on; a real problem stays.
    """
    lasting: dict[str, None] = {}
    for round_number in range(ROUNDS_MAX):
        progress = [reader.read_on(country) for reader in readers if not reader.is_broken]
        seen = _disagreements(readers, country)
        lasting = {problem: None for problem in seen if not round_number or problem in lasting}
        if not seen or not any(progress):
            return seen
    return list(lasting)


def _check_chain_of_hq(path: Path, country: _Country) -> None:
    if not path.exists():
        return
    try:
        view = open_readonly(path)
    except JournalError as error:
        country.problems.append(f"{HQ}: {error}")
        return
    try:
        for _ in view.frames():
            pass
    except JournalError as error:
        country.problems.append(f"{HQ}: {error}")
    finally:
        view.close()


def _owners(readers: list[_Reader]) -> dict[TaskId, list[tuple[int, ProvinceCode, TaskState]]]:
    """Open records per task: (generation, province, state)."""
    owners: dict[TaskId, list[tuple[int, ProvinceCode, TaskState]]] = {}
    for reader in readers:
        for task_id, task in reader.state.tasks.items():
            owners.setdefault(task_id, []).append((task.generation, reader.province, task.state))
    return owners


def _missing(readers: list[_Reader], country: _Country) -> list[TaskId]:
    """Created tasks that nobody holds and that never ended."""
    owners = _owners(readers)
    return [
        task_id
        for task_id in country.created
        if task_id not in country.decided and task_id not in country.ended and task_id not in owners
    ]


def _disagreements(readers: list[_Reader], country: _Country) -> list[str]:
    """What the journals say of each other's tasks and cannot all be true."""
    problems = [f"{task_id} {_LOST}" for task_id in _missing(readers, country)]
    for task_id, records in _owners(readers).items():
        problems += _ownership_problems(task_id, records, country)
    problems += [
        f"{task_id} was decided but never created" for task_id in country.decided if task_id not in country.created
    ]
    return problems


def _report(readers: list[_Reader], country: _Country, disagreements: list[str]) -> Report:
    problems = country.problems + disagreements
    owners = _owners(readers)
    twice = [task_id for task_id, decisions in country.decided.items() if len(decisions) > 1]
    for task_id in twice:
        provinces = ", ".join(decided.province for decided in country.decided[task_id])
        problems.append(f"{task_id} was decided {len(country.decided[task_id])} times: {provinces}")
    problems += [
        f"{task_id} was decided and ended otherwise, too" for task_id in country.decided if task_id in country.ended
    ]
    for reader in readers:
        if not reader.is_broken:
            problems += [f"{reader.province}: {problem}" for problem in validate(reader.state)]
    if country.legs_sum_fen:
        problems.append(f"the ledger sums to {country.legs_sum_fen} fen")
    return Report(
        provinces=len(readers),
        frames=sum(reader.sequence for reader in readers),
        events=sum(reader.events for reader in readers),
        tasks_created=len(country.created),
        tasks_decided=len(country.decided),
        tasks_ended=len(country.ended),
        tasks_open=len(
            [task_id for task_id in owners if task_id not in country.decided and task_id not in country.ended]
        ),
        tasks_in_transit=sum(
            max(owners[task_id])[2] is TaskState.MOVING
            for task_id in owners
            if task_id not in country.decided and task_id not in country.ended
        ),
        tasks_lost=sum(problem.endswith(_LOST) for problem in disagreements),
        tasks_decided_twice=len(twice),
        tasks_decided_shared=sum(
            not task_id.startswith(f"{decisions[0].province}-") for task_id, decisions in country.decided.items()
        ),
        ledger_legs=country.legs,
        ledger_sum_fen=country.legs_sum_fen,
        problems=problems[:PROBLEMS_MAX],
    )


def _ownership_problems(
    task_id: TaskId, records: list[tuple[int, ProvinceCode, TaskState]], country: _Country
) -> list[str]:
    """One owner at the highest generation; what is left elsewhere must be a move under way."""
    newest = max(generation for generation, _, _ in records)
    problems = []
    at_newest = [province for generation, province, _ in records if generation == newest]
    if len(at_newest) > 1:
        problems.append(f"{task_id} is open in {' and '.join(at_newest)} with generation {newest}")
    for generation, province, state in records:
        if generation < newest and state is not TaskState.MOVING:
            problems.append(
                f"{task_id} is {state.value} in {province} with generation {generation}, newest is {newest}"
            )
        if (task_id in country.decided or task_id in country.ended) and state is not TaskState.MOVING:
            problems.append(f"{task_id} has ended and is {state.value} in {province}")
    return problems


__all__ = ["Report", "StoreError", "verify_directory"]
