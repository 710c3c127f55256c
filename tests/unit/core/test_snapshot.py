from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings

from actors.core import codec, snapshot
from actors.core import commands as c
from actors.core import events as e
from actors.core.applying import apply
from actors.core.clock import Instant
from actors.core.country import ProvinceStatus
from actors.core.events import AnyEvent
from actors.core.ids import OperatorId, TaskId
from actors.core.invariants import validate
from actors.core.state import ProvinceState
from actors.core.task import TaskState
from tests.unit.core.harness import FUJIAN, Branch, person
from tests.unit.core.journeys import OPEN_STATES, bring_to
from tests.unit.core.provinces import hand_over, host
from tests.unit.core.walks import STEPS, walk


def indexes(state: ProvinceState) -> dict[str, object]:
    """What a snapshot does not hold and a restore must derive; order aside."""
    return {
        "queue": list(state.queue.in_rank_order()),
        "buckets": {task: key for task, (_, key) in sorted(state.queue.members.items())},
        "waiting": dict(sorted(state.queue.waiting_by_kind.items())),
        "holds": {operator: sorted(held) for operator, held in sorted(state.holds.items())},
        "scheduled": dict(sorted(state.scheduled.items())),
        "moving": sorted(state.moving),
        "moving_to": dict(sorted(state.moving_to.items())),
        "signed_in": sorted(state.signed_in),
        "free": sorted(state.free),
        "open_by_state": {name: count for name, count in sorted(state.open_by_state.items()) if count},
        "open_by_batch": dict(sorted(state.open_by_batch.items())),
        "shared_in": state.shared_in,
    }


def restored(state: ProvinceState) -> ProvinceState:
    """The state once through bytes."""
    return snapshot.restore(list(snapshot.capture(state)))


@given(STEPS, STEPS)
@settings(max_examples=150)
def test_a_restored_state_replays_like_the_one_it_was_taken_from(
    before: Sequence[tuple[int, int]], after: Sequence[tuple[int, int]]
) -> None:
    """A province that starts from a snapshot would differ from one that starts from the first frame."""
    branch = Branch()
    walk(branch, before)
    copy = restored(branch.state)
    assert list(snapshot.capture(copy)) == list(snapshot.capture(branch.state))
    assert indexes(copy) == indexes(branch.state)
    seen = len(branch.log)
    walk(branch, after)
    for event in codec.decode_events(codec.encode_events(branch.log[seen:])):
        apply(copy, event)
        assert validate(copy) == []
    assert list(snapshot.capture(copy)) == list(snapshot.capture(branch.state))
    assert indexes(copy) == indexes(branch.state)


@pytest.mark.parametrize("state", OPEN_STATES)
def test_a_task_in_every_state_survives(state: TaskState) -> None:
    """A state that a snapshot forgets is a lost task."""
    branch = Branch()
    task_id = bring_to(branch, state)
    copy = restored(branch.state)
    assert copy.tasks[task_id] == branch.task(task_id)
    assert indexes(copy) == indexes(branch.state)


def test_away_notices_and_balances_survive() -> None:
    """What is owed and what must still be told is nowhere else."""
    home, other = Branch(), host("jiangxi")
    task_id = home.create()
    hand_over(task_id, home, other)
    other.start(task_id)
    other.complete(task_id)
    for branch in (home, other):
        copy = restored(branch.state)
        for name in ("away", "notices", "balance_fen", "ledger_legs", "decided_shared_count"):
            original, kept = getattr(branch.state, name), getattr(copy, name)
            assert str(original) == str(kept), name
    assert restored(other.state).balance_fen == {"fujian": -1_250, "jiangxi": 1_250}
    assert restored(home.state).away != {}


def test_a_drain_before_an_outage_survives_a_restart() -> None:
    """The province would come back as ACTIVE and take in what the officer had stopped."""
    branch = Branch()
    branch.arrive(*(person(f"op-{number}") for number in range(3)))
    branch.do(c.SetProvinceStatus(status=ProvinceStatus.DRAINING))
    branch.wait(4_000)
    assert branch.state.status is ProvinceStatus.UNREACHABLE
    assert restored(branch.state).status_before_outage is ProvinceStatus.DRAINING


def test_a_snapshot_is_of_one_instant_however_long_it_takes() -> None:
    """Slices are encoded between later frames; a task that moved on meanwhile would be there twice or not at all."""
    branch = Branch()
    sample = branch.task(branch.create())
    without = len(list(snapshot.capture(branch.state)))
    for number in range(2, 2_502):
        branch.state.add_task(msgspec.structs.replace(sample, task_id=TaskId(f"fujian-{number}")))
    expected = list(snapshot.capture(branch.state))
    assert len(expected) == without + 2, "three slices of tasks in place of one"
    slices = snapshot.capture(branch.state)
    taken = [next(slices)]
    first = next(iter(branch.state.tasks))
    apply(branch.state, e.TaskCancelled(at_ms=1, task_id=first))
    branch.state.balance_fen[FUJIAN] = 5
    assert [*taken, *slices] == expected


def test_a_snapshot_is_of_the_state_that_it_holds_however_it_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """`verify` would call a snapshot of another version wrong, or one right whose people or tasks are not those of the journal."""
    branch = Branch()
    branch.arrive(person("chen"), person("lin"))
    task_id, _ = branch.create(), branch.create()
    with monkeypatch.context() as patch:
        patch.setattr(snapshot, "SLICE_RECORDS", 1)
        in_pieces = list(snapshot.capture(branch.state))
    assert len(in_pieces) == len(list(snapshot.capture(branch.state))) + 2
    assert snapshot.is_of(in_pieces, branch.state)
    others = [snapshot.restore(in_pieces) for _ in range(3)]
    others[0].put_operator(msgspec.structs.replace(others[0].operators[OperatorId("chen")], capacity=9))
    others[1].replace_task(msgspec.structs.replace(others[1].tasks[task_id], draft="half"))
    others[2].balance_fen[FUJIAN] = 5
    for other in others:
        assert not snapshot.is_of(snapshot.capture(other), branch.state)


def test_what_is_not_a_snapshot_is_refused() -> None:
    """Half a snapshot must stop the start, not begin an empty province."""
    branch = Branch()
    branch.arrive(person("chen"))
    head, *rest = snapshot.capture(branch.state)
    with pytest.raises(ValueError, match="head"):
        snapshot.restore(rest)
    with pytest.raises(ValueError, match="head"):
        snapshot.restore([])
    assert snapshot.restore([head]).operators == {}


def test_a_restored_province_decides_like_the_original() -> None:
    """Same state, same command, same instant: the same events, whether or not there was a restart between."""
    branch = Branch()
    branch.arrive(person("chen", capacity=2), person("lin"))
    for _ in range(5):
        branch.create()
    events: list[list[AnyEvent]] = []
    for state in (branch.state, restored(branch.state)):
        province = type(branch.province)(FUJIAN, branch.now)
        province.state = state
        now = Instant(wall_ms=branch.wall_ms + 60_000, monotonic_ms=branch.monotonic_ms + 60_000)
        for name in ("chen", "lin"):
            province.handle(c.SignOut(operator=OperatorId(name)), now, {})
        province.finish_batch(now)
        events.append(sorted(province.take_frame().events, key=str))
    assert events[0] == events[1]
