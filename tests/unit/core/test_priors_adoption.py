import msgspec

from actors.core import commands as c
from actors.core import events as e
from actors.core import snapshot
from actors.core.administration import PRIORS_PAUSE_MS
from actors.core.ids import OperatorId
from actors.core.replies import Done
from actors.core.statistics.priors import NationalPriors, merge
from tests.unit.core.harness import Branch, person

CHEN = OperatorId("chen")


def country_of(decided: int, provinces: int = 3) -> NationalPriors:
    """The sums of a country in which each province has decided so many tasks."""
    branch = Branch()
    branch.arrive(person("chen"))
    for _ in range(decided):
        task_id = branch.create()
        branch.start(task_id)
        branch.complete(task_id)
    return merge([branch.province.totals(branch.now)] * provinces)


def offer(branch: Branch, priors: NationalPriors) -> bool:
    """What the coordinator sends; whether it was adopted."""
    branch.did(c.AdoptPriors(who="system:coordinator", priors=priors), Done)
    return bool(branch.events)


def test_the_first_sums_that_tell_anything_are_adopted() -> None:
    """The empty sums of a country that has just begun would keep the first real ones out for ten minutes."""
    branch = Branch()
    assert not offer(branch, country_of(0))
    known = country_of(2)
    assert offer(branch, known)
    assert branch.events == (e.PriorsAdopted(at_ms=branch.wall_ms, who="system:coordinator", priors=known),)
    assert branch.state.statistics.national == known


def test_sums_are_adopted_seldom_and_only_if_they_have_changed() -> None:
    """Thirty-six provinces would each write 10 kB a minute for nothing."""
    branch = Branch()
    first, more = country_of(2), country_of(30)
    assert offer(branch, first)
    branch.wall_ms += PRIORS_PAUSE_MS - 1
    assert not offer(branch, more)
    branch.wall_ms += 1
    assert not offer(branch, first)
    assert offer(branch, more)
    kept = snapshot.restore(list(snapshot.capture(branch.state)))
    assert kept.priors_adopted_ms == branch.wall_ms, "nor does a restart end the pause"
    # A clock that was set back must not make the pause last for years.
    branch.wall_ms -= 365 * 86_400_000
    assert offer(branch, first)


def test_whoever_keeps_a_number_sees_that_it_is_old() -> None:
    """A person's shrunk numbers would stay those of the old country until they decide something themselves."""
    branch = Branch()
    branch.arrive(person("chen"))
    statistics = branch.state.statistics
    row = statistics.rows[CHEN]
    before = statistics.revisions[row]
    assert offer(branch, country_of(2))
    assert statistics.revisions[row] > before


def test_the_sums_travel_as_they_are() -> None:
    """A replay would start from other bits than the decision did."""
    sums = country_of(3)
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(sums), type=NationalPriors)
    assert again == sums and msgspec.msgpack.encode(again) == msgspec.msgpack.encode(sums)
