"""Three provinces and a hostile network, against the one rule that a task has one owner: see `three_provinces` and `ownership`.

After every frame each task has exactly one owner, the province that recorded its highest generation; at the end, with the faults off,
every move and notice settles within ten seconds, every task is decided, every home knows the outcome and the ledger sums to zero. A longer
run: see `tests.unit.machines`.
"""

from typing import ClassVar

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.unit.core.three_provinces import ThreeProvinces
from tests.unit.machines import machine_settings

#: The table of crashes during a move: what a run must have met, or it has not tried the protocol. (A zombie's frames are
#: refused by the store: `tests/unit/journal/test_model.py`.)
ROWS = {
    "the coordinator dies": "stale advice",
    "the source dies before MOVING is durable": "died before MoveStarted was on disk",
    "the source dies after MOVING, before it sends": "died after MoveStarted was on disk",
    "a message is lost": "a lost message",
    "a message is doubled": "a doubled message",
    "a message is a month old": "a month-old message",
    "the host dies before ACCEPT is durable": "died before MoveAccepted was on disk",
    "the host dies after ACCEPT, its answer is lost": "died after MoveAccepted was on disk",
    "the source dies before RELEASE": "died before MoveHandedOver was on disk",
    "the host is away for long": "a host away for a month",
    "the task comes home again": "came home before its own move was answered",
    "an evacuated task is called home": "RecallAnswered",
}


class MovesMachine(RuleBasedStateMachine):
    """Three provinces through many lives."""

    #: What all runs have met with.
    met: ClassVar[set[str]] = set()

    def __init__(self) -> None:
        super().__init__()
        self.country = ThreeProvinces()

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        """One of the things that may happen now. The weights are ours: machines drop whole rules from an example."""
        what = data.draw(st.sampled_from(self.country.possible()), label="what")
        getattr(self.country, what)(data.draw)

    def teardown(self) -> None:
        """The faults end."""
        self.country.come_to_rest()
        for what in self.country.ownership.seen:
            event(what)
        self.met.update(self.country.ownership.seen)


def test_every_task_has_one_owner_whatever_befalls_three_provinces() -> None:
    """The promise of the system: no move loses a task or doubles it; and the run has met every row of the crash table."""
    MovesMachine.met.clear()
    # A change of the rules changes the examples. Every row is met in more than a tenth of them, so a hundred do not miss one by chance.
    run_state_machine_as_test(MovesMachine, settings=machine_settings(examples=100, steps=60))
    assert [row for row, sign in ROWS.items() if sign not in MovesMachine.met] == []
