"""Any sequence of commands, against a province written a second time: `naive_province`.

After every step core and model agree on state, holder and token of every task, `validate` finds nothing, an ended task's record is what it
was, the same request id has the same answer, a refusal caused nothing, and nobody waits for work that waits for them. A frame may be lost
with all that it said: then both go back to what is on disk. A longer run: see `tests.unit.machines`.
"""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.unit.core.daily_life import DailyLife
from tests.unit.machines import machine_settings


class ProvinceMachine(RuleBasedStateMachine):
    """One province through many lives."""

    def __init__(self) -> None:
        super().__init__()
        self.life = DailyLife()

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        """One of the things that may happen now. The weights are ours: machines drop whole rules from an example."""
        what = data.draw(st.sampled_from(self.life.possible()), label="what")
        getattr(self.life, what)(data.draw)


TestProvinceModel = ProvinceMachine.TestCase
TestProvinceModel.settings = machine_settings(examples=80, steps=60)
