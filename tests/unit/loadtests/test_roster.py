from collections import Counter
from collections.abc import Sequence

import pytest

from gateway import validation
from gateway.command.demo import DEFAULT_SEED
from gateway.v1 import operator_pb2
from loadtests.careers import DRAWN_UP_MS
from loadtests.catalogue import Branch, Kind
from loadtests.roster import branch_experience, even_roster, make_roster

GREEN = "claims-medical-green"
#: A noon in Shanghai, Unix ms.
NOON_MS = 1_767_240_000_000


def test_there_are_enough_people_everywhere(branches: list[Branch], kinds: list[Kind]) -> None:
    """Would break if a branch had too few people, or people without an id of their own."""
    people = make_roster(DEFAULT_SEED, branches, kinds)
    per_province = Counter(person.province for person in people)
    assert len(people) >= 360
    assert len(per_province) == 36
    assert min(per_province.values()) >= 10
    assert per_province["guangdong"] > per_province["xizang"]
    assert len({person.operator_id for person in people}) == len(people)
    assert all(person.operator_id.startswith(f"{person.province}-") for person in people)


def test_two_people_of_every_branch_may_do_every_kind(branches: list[Branch], kinds: list[Kind]) -> None:
    """Would break if a task could find nobody at home, or only the one who declined it."""
    for seed in range(3):
        able: Counter[tuple[str, str]] = Counter()
        for person in make_roster(seed, branches, kinds):
            able.update((person.province, kind) for kind in person.experience)
        assert all(able[branch.province, kind.kind] >= 2 for branch in branches for kind in kinds)


def test_a_larger_roster_has_so_many_times_the_people_of_every_branch(
    branches: list[Branch], kinds: list[Kind]
) -> None:
    """Would break if a surge were tried on a country whose lines have too few people to lend any."""
    usual, large = (
        Counter((person.province, person.line) for person in make_roster(DEFAULT_SEED, branches, kinds, times))
        for times in (1, 5)
    )
    assert sum(large.values()) == 5 * sum(usual.values())
    assert usual.keys() == large.keys()
    assert all(3 * usual[pool] <= large[pool] <= 7 * usual[pool] for pool in usual)


def test_an_even_roster_has_exactly_so_many_people_whatever_the_branches_size(
    branches: list[Branch], kinds: list[Kind]
) -> None:
    """Would break if a measurement with 240 operators had another number of them."""
    for count in (6, 36):
        people = even_roster(DEFAULT_SEED, branches[:count], kinds, 240)
        per_province = Counter(person.province for person in people)
        assert (len(people), len(per_province)) == (240, count)
        assert max(per_province.values()) - min(per_province.values()) <= 1


def test_people_hold_the_authority_and_skills_of_their_kinds(branches: list[Branch], kinds: list[Kind]) -> None:
    """Would break if the roster promised kinds that the filters then take away."""
    catalogue = {kind.kind: kind for kind in kinds}
    for person in make_roster(DEFAULT_SEED, branches, kinds):
        for kind in map(catalogue.__getitem__, person.experience):
            assert person.authority.get(kind.line, 0) >= kind.authority
            assert all(person.skills.get(skill, 0) >= level for skill, level in kind.skills)


def test_sites_have_the_three_desks_that_an_outage_needs(branches: list[Branch], kinds: list[Kind]) -> None:
    """Would break if a branch were spread so thin that its silence could not be called an outage."""
    desks = Counter((person.province, person.site) for person in make_roster(DEFAULT_SEED, branches, kinds))
    assert min(desks.values()) >= 3
    assert len(desks) > 36


def specialist(seed: int, branches: Sequence[Branch], kinds: Sequence[Kind], without: str = "") -> str:
    """The branch whose people know the green channel best."""
    ranked = branch_experience(make_roster(seed, branches, kinds), GREEN)
    return next(province for province, _, _ in ranked if province != without)


def test_jiangxi_knows_the_green_channel_best_by_the_default_seed(branches: list[Branch], kinds: list[Kind]) -> None:
    """Would break the demo's story: its green-channel claim goes to Jiangxi because of this and nothing else."""
    people = make_roster(DEFAULT_SEED, branches, kinds)
    ranked = branch_experience(people, GREEN)
    assert ranked[0][0] == "jiangxi"
    assert ranked[0][1] >= 1.5 * ranked[1][1]
    assert len(ranked) >= 5
    best = max(people, key=lambda person: person.experience.get(GREEN, (0, 0))[0])
    assert best.province == "jiangxi"


def test_other_seeds_and_outages_lead_elsewhere(branches: list[Branch], kinds: list[Kind]) -> None:
    """Would break if the specialist were fixed in the code."""
    assert len({specialist(seed, branches, kinds) for seed in range(1, 9)}) >= 4
    assert specialist(DEFAULT_SEED, branches, kinds, without="jiangxi") != "jiangxi"


def test_a_branch_has_the_same_people_whoever_else_takes_part(branches: list[Branch], kinds: list[Kind]) -> None:
    """Would break if --provinces changed what the remaining branches know."""
    everybody = make_roster(DEFAULT_SEED, branches, kinds)
    few = [branch for branch in branches if branch.province in ("fujian", "jiangxi")]
    assert make_roster(DEFAULT_SEED, few, kinds[::-1]) == [
        person for person in everybody if person.province in ("fujian", "jiangxi")
    ]


def test_the_wire_form_carries_everything(branches: list[Branch], kinds: list[Kind]) -> None:
    """Would break if the system saw less of a person than the roster says."""
    people = make_roster(DEFAULT_SEED, branches, kinds)
    person = next(person for person in people if person.career.conflicts and person.career.training_kinds)
    wire = person.to_wire(NOON_MS)
    assert wire.name == f"provinces/{person.province}/operators/{person.operator_id}"
    assert {kind.kind: (kind.experience_count, kind.quality_permille) for kind in wire.kinds} == person.experience
    assert {skill.skill: skill.level for skill in wire.skills} == person.skills
    assert (wire.share_opt_in, wire.auto_accept, wire.capacity) == (True, False, person.capacity)
    career = person.career
    assert [certificate.expire_time_ms for certificate in wire.certificates] == [end for _, end in career.licences]
    assert (wire.hire_time_ms, wire.training_hours_90d, wire.hourly_cost_fen, wire.mentor) == (
        career.hired_ms,
        career.training_hours,
        career.hourly_cost_fen,
        career.mentor,
    )
    assert (tuple(wire.conflicts), tuple(wire.training_kinds), tuple(wire.languages)) == (
        career.conflicts,
        career.training_kinds,
        career.languages,
    )


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_everybody_who_is_enrolled_is_on_shift_for_hours_and_has_no_break_yet(
    branches: list[Branch], kinds: list[Kind], hour: int
) -> None:
    """Would break if a play at night found nobody: whoever is off shift gets no work."""
    now_ms = NOON_MS + hour * 3_600_000
    minute = now_ms // 60_000 + 480
    for person in make_roster(DEFAULT_SEED, branches, kinds):
        wire = person.to_wire(now_ms)
        shift = wire.shift
        begun, left = (minute - shift.start_minute) % 1_440, (shift.end_minute - minute) % 1_440
        assert begun <= 180 and left >= 420 and begun + left == 600
        assert (shift.break_start_minute - minute) % 1_440 >= 60
        request = operator_pb2.UpdateOperatorRequest(operator=wire, request_id="r")
        assert validation.violations_of(request) == []


def test_a_conflict_of_interest_never_leaves_a_customer_without_people(
    branches: list[Branch], kinds: list[Kind]
) -> None:
    """Would break if two people of a branch had the same conflict: they may be the only two who know the kind."""
    people = make_roster(DEFAULT_SEED, branches, kinds)
    conflicts = [customer for person in people for customer in person.career.conflicts]
    assert len(conflicts) == len(set(conflicts)) > len(people) // 10
    assert all(end > DRAWN_UP_MS + 1_800 * 86_400_000 - 1 for one in people for _, end in one.career.licences)
    assert all(kind not in person.experience for person in people for kind in person.career.training_kinds)
