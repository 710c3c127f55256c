"""What a preview knows of the others: nothing yet, the coordinator's memory, or only an old picture."""

import msgspec
import pytest

from actors.core import commands as c
from actors.core import events as e
from actors.core.country import ShareOutMode, SharingPolicy
from actors.core.helping import ADVICE_AWAITED_MS, HELPED_MAX
from actors.core.ids import ProvinceCode
from actors.core.refusal import Reason, Refused
from actors.core.replies import PolicyPreview
from actors.core.sharing.flows import FlowMemory, Link
from actors.core.sharing.plan import plan_flows
from actors.core.sharing.summary import NationalPicture, ProvinceSummary, encode_picture
from tests.unit.core.harness import FUJIAN, JIANGXI, KINDS, MEDICAL, Branch, person
from tests.unit.core.journeys import picture_of, summary_of

EVACUATE = SharingPolicy(share_out_mode=ShareOutMode.EVACUATE)
BEST_MATCH = SharingPolicy(share_out_mode=ShareOutMode.BEST_MATCH)
CLOSED = SharingPolicy(share_out_mode=ShareOutMode.CLOSED)
#: Whoever waits for more than a minute waits too long.
IMPATIENT = SharingPolicy(activation_wait_ms=60_000, release_wait_ms=30_000)
#: What waits for an hour waits too long, and until it waits for less than ten minutes.
HYSTERETIC = SharingPolicy(activation_wait_ms=3_600_000, release_wait_ms=600_000)


def ask(policy: SharingPolicy, memory: FlowMemory | None = None, *, only: bool = True) -> c.UpdateSharingPolicy:
    """A change, or only its preview."""
    return c.UpdateSharingPolicy(who="ops:li", policy=policy, validate_only=only, memory=memory)


def shown(branch: Branch, policy: SharingPolicy, memory: FlowMemory | None = None) -> PolicyPreview:
    """A preview; it changes nothing."""
    found = branch.did(ask(policy, memory), PolicyPreview)
    assert branch.events == ()
    return found


def picture(branch: Branch, *others: ProvinceSummary, revision: int = 1) -> NationalPicture:
    """The country with the branch as it is now."""
    own = branch.province.summary(branch.now)
    provinces = tuple(sorted((own, *others), key=lambda province: province.province))
    return NationalPicture(revision=revision, time_ms=branch.wall_ms, provinces=provinces)


def busy(waiting: int) -> Branch:
    """A province whose only person on duty has their hands full."""
    branch = Branch()
    branch.arrive(person("chen"))
    branch.start(branch.create())
    for _ in range(waiting):
        branch.create()
    return branch


# --- before the first picture ---


@pytest.mark.parametrize("policy", [IMPATIENT, EVACUATE, BEST_MATCH])
def test_a_preview_that_cannot_be_known_is_refused_with_a_time(policy: SharingPolicy) -> None:
    """Right after a start "nothing would leave" was said, and half a second later everything left."""
    refused = busy(3).do(ask(policy))
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.retry_after_ms) == (Reason.NO_PICTURE, 1_000)
    assert "3 tasks" in refused.message


def test_the_next_picture_answers_it() -> None:
    """The refusal must end by itself."""
    branch = busy(3)
    assert branch.refused(ask(EVACUATE)) is Reason.NO_PICTURE
    branch.do(c.TakeAdvice(picture=encode_picture(picture(branch, summary_of("jiangxi")))))
    assert len(shown(branch, EVACUATE).moves) == 3


@pytest.mark.parametrize(
    ("policy", "stays"),
    [(CLOSED, {"mode_closed": 3, "begun": 1}), (HYSTERETIC, {"no_overload": 3, "begun": 1})],
)
def test_what_is_certain_without_the_others_is_told(policy: SharingPolicy, stays: dict[str, int]) -> None:
    """Nobody need wait to be told that nothing leaves whoever could take it."""
    found = shown(busy(3), policy)
    assert (found.moves, found.stays) == ((), stays)


def test_work_on_a_desk_that_an_evacuation_would_take_along_is_not_known_either() -> None:
    """Told as "in somebody's hands" it would seem to stay."""
    branch = Branch()
    branch.arrive(person("chen"))
    branch.create()
    assert branch.refused(ask(EVACUATE)) is Reason.NO_PICTURE
    assert shown(branch, IMPATIENT).stays == {"in_hand": 1}


def test_the_change_itself_is_never_refused_for_it() -> None:
    """A branch in the snow must not wait for the coordinator; its answer says what is not known."""
    branch = busy(3)
    changed = branch.did(ask(EVACUATE, only=False), PolicyPreview)
    assert changed.policy.share_out_mode is ShareOutMode.EVACUATE
    assert (changed.moves, changed.stays) == ((), {"no_picture": 3, "begun": 1})


# --- what the coordinator remembers ---


def test_a_province_that_shares_already_is_shown_to_go_on() -> None:
    """Between the thresholds a preview of a fresh start said NO_OVERLOAD while work went on leaving."""
    branch = busy(4)
    jiangxi = summary_of("jiangxi", free=8, eligible=8)
    now = picture(branch, jiangxi)
    branch.do(c.TakeAdvice(picture=encode_picture(now)))
    assert shown(branch, HYSTERETIC).stays == {"no_overload": 4, "begun": 1}
    sharing = frozenset((FUJIAN, kind.kind) for kind in KINDS)
    found = shown(branch, HYSTERETIC, FlowMemory(sharing=sharing))
    assert {host for _, host, _ in found.moves} == {JIANGXI}
    assert found.moves and "no_overload" not in found.stays


def test_a_preview_shows_what_the_next_plan_advises() -> None:
    """It is the coordinator's own plan, with the coordinator's own memory."""
    branch = busy(20)
    branch.do(ask(IMPATIENT, only=False))
    others = (summary_of("jiangxi", free=3, eligible=3), summary_of("hubei", free=2, eligible=2))
    first = picture(branch, *others)
    _, memory = plan_flows(first, FlowMemory())
    branch.do(c.TakeAdvice(picture=encode_picture(first)))
    flows, _ = plan_flows(picture(branch, *others, revision=2), memory)
    found = shown(branch, IMPATIENT, memory)
    planned = {flow.host: flow.count for flow in flows if flow.source == FUJIAN}
    moved = [host for _, host, _ in found.moves]
    assert planned == {host: moved.count(host) for host in dict.fromkeys(moved)} != {}


def test_a_pair_that_has_just_shared_the_other_way_is_shown_to_rest() -> None:
    """The pause before a turn is the coordinator's memory; without it ops were promised what does not come."""
    branch = busy(20)
    jiangxi = summary_of("jiangxi", free=8, eligible=8)
    branch.do(c.TakeAdvice(picture=encode_picture(picture(branch, jiangxi))))
    claims = KINDS[0].line
    turned = FlowMemory(closed_ms={(claims, JIANGXI, FUJIAN): branch.wall_ms})
    assert len(shown(branch, IMPATIENT).moves) == 8
    assert shown(branch, IMPATIENT, turned).moves == ()


def test_the_memory_survives_the_wire() -> None:
    """Its keys are tuples; a codec that made lists of them would break every preview."""
    link = Link(opened_ms=1, lent_ms=2)
    memory = FlowMemory(
        sharing=frozenset({(FUJIAN, MEDICAL)}),
        links={(KINDS[0].line, FUJIAN, JIANGXI): link},
        closed_ms={(KINDS[0].line, JIANGXI, FUJIAN): 5},
    )
    command = ask(IMPATIENT, memory)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(command), type=c.UpdateSharingPolicy) == command


# --- when the coordinator is away ---


def test_without_advice_it_is_the_province_s_own_help_that_is_shown() -> None:
    """The plan of a coordinator that is away moves nothing; what the province does by itself is what ops will see."""
    branch = Branch()
    for _ in range(HELPED_MAX + 5):
        branch.create()
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=CLOSED))
    branch.do(c.TakeAdvice(picture=encode_picture(picture_of("anhui", "henan", "hubei", free=50))))
    branch.wait(ADVICE_AWAITED_MS + 200)
    found = shown(branch, IMPATIENT)
    assert len(found.moves) == HELPED_MAX + 5
    branch.do(ask(IMPATIENT, only=False))
    happened = [*branch.events, *branch.wait(2_000)]
    started = [event for event in happened if isinstance(event, e.MoveStarted)]
    assert [(event.task_id, event.move.host) for event in started] == [(task, host) for task, host, _ in found.moves]


def test_old_advice_lets_a_host_take_what_it_had_free_and_no_more() -> None:
    """The rehearsal ends where the province's own help ends."""
    branch = Branch()
    for _ in range(3 * HELPED_MAX):
        branch.create()
    branch.do(c.TakeAdvice(picture=encode_picture(picture_of("anhui", "henan", free=5))))
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=CLOSED))
    branch.wait(ADVICE_AWAITED_MS + 200)
    found = shown(branch, IMPATIENT)
    hosts = [host for _, host, _ in found.moves]
    assert {host: hosts.count(ProvinceCode(host)) for host in ("anhui", "henan")} == {"anhui": 5, "henan": 5}
    assert found.stays == {"nobody_free": 3 * HELPED_MAX - 10}
