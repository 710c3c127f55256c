from collections import Counter
from collections.abc import Sequence

from gateway.command.demo import DEFAULT_SEED
from loadtests.catalogue import Branch, Kind
from loadtests.roster import branch_experience, make_roster

GREEN = "claims-medical-green"


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
    for seed in range(5):
        able: Counter[tuple[str, str]] = Counter()
        for person in make_roster(seed, branches, kinds):
            able.update((person.province, kind) for kind in person.experience)
        assert all(able[branch.province, kind.kind] >= 2 for branch in branches for kind in kinds)


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
    assert len({specialist(seed, branches, kinds) for seed in range(1, 21)}) >= 10
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
    person = make_roster(DEFAULT_SEED, branches, kinds)[0]
    wire = person.to_wire()
    assert wire.name == f"provinces/{person.province}/operators/{person.operator_id}"
    assert {kind.kind: (kind.experience_count, kind.quality_permille) for kind in wire.kinds} == person.experience
    assert {skill.skill: skill.level for skill in wire.skills} == person.skills
    assert (wire.share_opt_in, wire.auto_accept, wire.capacity) == (True, False, person.capacity)
