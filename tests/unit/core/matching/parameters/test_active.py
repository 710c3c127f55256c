"""Which parameters decide anything under the shipped model: changing the value of each alone changes an outcome."""

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from actors.core import events as e
from actors.core.country import Line, ProvinceStatus, SharingPolicy, Skill
from actors.core.ids import KindId
from actors.core.matching.eligibility import FILTERS
from actors.core.matching.hosting import Hosting, facts_of
from actors.core.matching.model import trivial_model, weighted
from actors.core.matching.parameters import CATALOGUE, Parameter, Role, Scope
from actors.core.matching.scoring import Scorer
from actors.core.operators import Certificate, Shift
from actors.core.sharing.flows import FlowMemory
from actors.core.sharing.plan import plan_flows
from actors.core.sharing.summary import KindSummary, NationalPicture, ProvinceSummary
from tests.unit.core.harness import FUJIAN, JIANGXI, START_MS
from tests.unit.core.matching.parameters.world import ANN, BOB, MEDICAL, MODEL, World

#: Parameters with a weight that make up fits, urgencies and shares of tasks and people.
OF_ROUNDS = [
    parameter.name
    for parameter in weighted(MODEL, Role.SCORE, Role.COST, Role.URGENCY, Role.SHARES)
    if parameter.scope not in (Scope.PROVINCE, Scope.LINK)
]
OF_PROVINCES = [
    parameter.name
    for parameter in weighted(MODEL, Role.SCORE, Role.COST, Role.GUARD)
    if parameter.scope in (Scope.PROVINCE, Scope.LINK) or parameter.role is Role.GUARD
]


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, float], None]:
    """Lets a parameter have one value everywhere; all others stay what they are."""
    original = dict(CATALOGUE)

    def fix(name: str, value: float) -> None:
        parameter = original[name]
        replaced = msgspec.structs.replace(
            parameter, function=lambda view: np.full_like(parameter.function(view), value)
        )
        monkeypatch.setitem(CATALOGUE, name, replaced)

    return fix


def two_values(name: str) -> tuple[float, float]:
    """Two values between which the shipped curve differs most."""
    curve = MODEL.weightings[name].curve
    low, high = min(curve, key=lambda point: point[1]), max(curve, key=lambda point: point[1])
    assert low[1] != high[1], f"the curve of {name} is flat"
    return low[0], high[0]


def busy() -> World:
    """A world in which every attribute of a task has something to say, and a round is told something of people."""
    world = World(skills=(Skill("icd", 5),), languages=("min",))
    world.decide(customer_id="customer-1", case_id="case-1", product="term", channel="agency", hospital="union")
    world.prices = {BOB: 1}
    return world


def outcome(world: World, name: str) -> tuple[Any, ...]:
    """What a round comes to: fits, urgencies and shares."""
    del name
    task = world.create(
        customer_id="customer-1",
        case_id="case-1",
        product="term",
        channel="agency",
        hospital="union",
        language="min",
        amount_fen=5_000,
        batch_id="batch-1",
        preferred_operator="ann",
        required_skills=(Skill("icd", 1),),
        due_ms=world.now_ms + 3_600_000,
        statutory_due_ms=world.now_ms + 10**9,
    )
    problem = world.problem(task)
    return problem.fit.tolist(), problem.urgency.tolist(), problem.shares.tolist()


@pytest.mark.parametrize("name", OF_ROUNDS)
def test_each_weighted_parameter_alone_changes_a_round(name: str, fixed: Callable[[str, float], None]) -> None:
    """Else a parameter would be listed as active and decide nothing."""
    world = busy()
    low, high = two_values(name)
    fixed(name, low)
    first = outcome(world, name)
    fixed(name, high)
    assert outcome(world, name) != first


@pytest.mark.parametrize("name", OF_PROVINCES)
def test_each_weighted_parameter_of_provinces_alone_changes_sharing(
    name: str, fixed: Callable[[str, float], None]
) -> None:
    """Else it would neither rank a host nor move a threshold."""
    world = busy()
    summary = world.summary()
    hosts = [msgspec.structs.replace(summary, province=JIANGXI)]

    def decided() -> tuple[Any, ...]:
        hosting = Hosting(MODEL)
        points = hosting.host_points(FUJIAN, hosts, Line.CLAIMS, world.reading)
        return points, hosting.pressure_permille(facts_of(summary, Line.CLAIMS))

    low, high = two_values(name)
    fixed(name, low)
    first = decided()
    fixed(name, high)
    assert decided() != first


#: F parameter -> (roster entry of Ann, task), by which the value of that parameter, and of no other filter's, becomes one that excludes; and
#: the filter that must say so.
EXCLUDED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "task_required_authority": ({}, {"required_authority": 1}, "authority"),
    "task_required_skill_count": ({}, {"required_skills": (Skill("icd", 1),)}, "skill"),
    "task_fraud_alert_level": ({"probation": True}, {"fraud_alert_level": 2}, "probation"),
    "task_amount_fen": ({"authority": {Line.CLAIMS: 0}}, {"amount_fen": 100_000_000}, "authority"),
    "task_dispute_flag": ({"probation": True}, {"dispute": True}, "probation"),
    "task_privacy_level": ({"clearance": 2}, {"privacy_level": 3}, "clearance"),
    "operator_authority_level": ({}, {"required_authority": 3}, "authority"),
    "operator_certificate_days_left": ({"certificates": (Certificate(Line.CLAIMS, START_MS - 1),)}, {}, "certificate"),
    "operator_probation_flag": ({"probation": True}, {"fraud_alert_level": 3}, "probation"),
    "pair_authority_margin": ({"authority": {Line.CLAIMS: 2}}, {"required_authority": 3}, "authority"),
    "pair_skill_coverage": ({"skills": (Skill("icd", 1),)}, {"required_skills": (Skill("icd", 2),)}, "skill"),
    "pair_privacy_margin": ({"clearance": 1}, {"privacy_level": 2}, "clearance"),
    "pair_conflict_flag": ({"conflicts": ("customer-1",)}, {"customer_id": "customer-1"}, "conflict"),
    "pair_prior_decider_flag": ({}, {"prior_operator": "ann", "dispute": True}, "prior_decider"),
}


@pytest.mark.parametrize("name", EXCLUDED)
def test_each_filter_parameter_excludes_by_name(name: str) -> None:
    """Else a right would be listed that nobody checks, or the wrong filter blamed."""
    ann, spec, filter_name = EXCLUDED[name]
    plain = World(**{key: value for key, value in ann.items() if not name.startswith(("operator_", "pair_"))})
    if name.startswith("task_"):
        assert plain.problem(plain.create()).removed_by(0, 0) is None
    world = World(**ann)
    problem = world.problem(world.create(**spec))
    assert problem.removed_by(0, 0) == filter_name
    assert problem.removed(0)[filter_name] >= 1
    assert not problem.eligible[0, 0]


def test_filters_that_depend_on_the_hour_and_the_load() -> None:
    """Else somebody with full hands, a used up quota, a silent desk or a shift long over would be given work."""
    full = World(capacity=1)
    full.assign(full.create())
    assert full.problem(full.create()).removed_by(0, 0) == "capacity"
    spent = World(daily_quota_milli=2_000)
    spent.decide()
    assert spent.problem(spent.create()).removed_by(0, 0) == "quota"
    silent = World()
    silent.silence[ANN] = 60.0
    assert silent.problem(silent.create()).removed_by(0, 0) == "desk"
    now = (START_MS // 60_000 + 480) % 1_440
    over = World(shift=Shift(now - 60, now + 1))
    over.wait(MODEL.filters.overtime_minutes_max + 2)
    assert over.problem(over.create()).removed_by(0, 0) == "shift"
    ending = World(shift=Shift(now - 60, now + 1))
    ending.wait(MODEL.filters.overtime_minutes_max - 5)
    assert ending.problem(ending.create()).removed_by(0, 0) == "shift_fit"
    declined = World()
    task = declined.offer(declined.create())
    declined.happen(e.OfferDeclined(at_ms=declined.now_ms, task_id=task, until_ms=declined.now_ms + 300_000))
    assert declined.problem(task).removed_by(0, 0) == "declined_before"


def test_filters_of_other_provinces_tasks() -> None:
    """Else people who do not share, or are certified for other rules only, would be given other provinces' tasks."""
    closed = World(share_opt_in=False)
    assert closed.problem(closed.take_in()).removed_by(0, 0) == "share_opt_in"
    assert closed.problem(closed.create()).removed_by(0, 0) is None
    elsewhere = World(local_rule_provinces=("hunan",))
    assert elsewhere.problem(elsewhere.take_in()).removed_by(0, 0) == "local_rule"
    assert elsewhere.problem(elsewhere.take_in()).removed_by(0, 1) is None


def test_what_is_unknown_removes_nobody() -> None:
    """Else a roster that records little would make tasks unroutable."""
    world = World()
    for task in (world.create(amount_fen=10**11, customer_id="nobody", language="min"), world.take_in()):
        assert world.problem(task).eligible.all()


def _flows(home: dict[str, Any], host: dict[str, Any]) -> int:
    """Tasks that the coordinator would move from Fujian to Jiangxi."""
    waiting = KindSummary(kind=MEDICAL, line=Line.CLAIMS, waiting=20, expected_wait_ms=10**7)
    free = KindSummary(kind=MEDICAL, line=Line.CLAIMS, eligible=9, free_capacity=9, expected_wait_ms=0)
    known: dict[str, Any] = {"time_ms": 0, "status": ProvinceStatus.ACTIVE, "policy": SharingPolicy()}
    picture = NationalPicture(
        provinces=(
            ProvinceSummary(**(known | {"province": FUJIAN, "kinds": (waiting,)} | home)),
            ProvinceSummary(**(known | {"province": JIANGXI, "kinds": (free,)} | host)),
        )
    )
    return sum(flow.count for flow in plan_flows(picture, FlowMemory())[0])


@pytest.mark.parametrize(
    ("home", "host", "count"),
    [
        ({}, {}, 9),
        ({"status": ProvinceStatus.SUSPENDED}, {}, 0),
        ({"policy": SharingPolicy(share_out_ratio_permille=100)}, {}, 2),
        ({}, {"policy": SharingPolicy(reserve_operators=4)}, 5),
        ({}, {"policy": SharingPolicy(share_in_quota=3), "shared_in": 3}, 0),
    ],
)
def test_status_ratio_reserve_and_quota_rule_what_is_shared(
    home: dict[str, Any], host: dict[str, Any], count: int
) -> None:
    """Else home_status_code, home_share_out_ratio, host_reserve_operators and host_share_quota_left would guard nothing."""
    assert _flows(home, host) == count


def test_pressure_starts_sharing_at_a_shorter_wait() -> None:
    """Else a hard-pressed home would share no earlier than an easy one."""

    def moved(pressure: int) -> int:
        wait_ms = SharingPolicy().activation_wait_ms - 1
        waiting = KindSummary(
            kind=MEDICAL, line=Line.CLAIMS, waiting=20, expected_wait_ms=wait_ms, pressure_permille=pressure
        )
        return _flows({"kinds": (waiting,)}, {})

    assert (moved(0), moved(100)) == (0, 9)


#: Parameters that rule without weight, and the tests above that show it.
RULING = (
    *EXCLUDED,
    "operator_free_capacity",
    "operator_quota_left",
    "operator_shift_minutes_left",
    "operator_heartbeat_age_seconds",
    "operator_share_opt_in",
    "pair_shift_fit_minutes",
    "pair_local_rule_certified",
    "pair_declined_before_flag",
    "home_status_code",
    "home_share_out_ratio",
    "host_share_quota_left",
    "host_reserve_operators",
)


def test_at_least_120_parameters_are_active_and_all_of_them_tested() -> None:
    """Else the model would be smaller than it says."""
    active = {*OF_ROUNDS, *OF_PROVINCES, *RULING}
    inactive = set(CATALOGUE) - active
    assert inactive == {"operator_qa_sample_count"}, "it says how much the pass ratio is worth, and decides nothing"
    assert len(active) == 156
    assert {parameter for parameter in FILTERS.values() if parameter} <= set(RULING)


def test_a_parameter_without_weight_is_never_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a small model would cost as much as a large one."""
    used: list[str] = []
    for name, parameter in list(CATALOGUE.items()):

        def counted(view: object, parameter: Parameter = parameter) -> Any:
            used.append(parameter.name)
            return parameter.function(view)

        monkeypatch.setitem(CATALOGUE, name, msgspec.structs.replace(parameter, function=counted))
    world = busy()
    people = [world.state.operators[one] for one in (ANN, BOB)]
    task = world.state.tasks[world.create(kind=KindId(MEDICAL), priority=2)]
    Scorer(world.state, trivial_model()).problem([task], people, world.now_ms)
    weighted_names = set(trivial_model().weightings)
    assert weighted_names <= set(used)
    # Besides those with a weight only what filters ask and what that is built on.
    beside = {name for name in used if CATALOGUE[name].role is not Role.FILTER} - weighted_names
    assert beside <= {
        "operator_standard_efficiency",
        "operator_ready_in_minutes",
        "operator_handle_minutes_cv",
        "pair_kind_handle_minutes",
    }
