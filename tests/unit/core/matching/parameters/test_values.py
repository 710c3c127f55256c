"""Every parameter's value changes with the data that it claims to come from: events and records, never a mocked array."""

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from actors.core import events as e
from actors.core.country import Line, ProvinceStatus, SharingPolicy, Skill
from actors.core.ids import OperatorId, TaskId
from actors.core.matching.parameters import CATALOGUE
from actors.core.operators import Certificate, KindExperience, Shift
from actors.core.review import ReviewVerdict, Severity
from actors.core.task import MoveOut, Placement, PriorReason, TaskState, Verdict
from tests.unit.core.harness import FUJIAN, JIANGXI, START_MS
from tests.unit.core.matching.parameters.world import ANN, BOB, KINDS, LARGE, MEDICAL, World

FAILED = {"verdict": ReviewVerdict.FAILED, "severity": Severity.MINOR}
CRITICAL = {"verdict": ReviewVerdict.FAILED, "severity": Severity.CRITICAL}
DAY = 1_440

#: What the branch says of a task.
SPEC: dict[str, dict[str, Any]] = {
    "task_standard_minutes": {"kind": LARGE},
    "task_complexity_class": {"complexity": 4},
    "task_page_count": {"page_count": 30},
    "task_policy_count": {"policy_count": 3},
    "task_batch_remaining": {"batch_id": "batch-1"},
    "task_risk_score": {"risk_score_permille": 700},
    "task_missing_document_count": {"missing_document_count": 2},
    "task_return_count": {"return_count": 2},
    "task_required_authority": {"required_authority": 3},
    "task_required_skill_count": {"required_skills": (Skill("icd", 2),)},
    "task_fraud_alert_level": {"fraud_alert_level": 2},
    "task_amount_fen": {"amount_fen": 5_000},
    "task_dispute_flag": {"dispute": True},
    "task_privacy_level": {"privacy_level": 3},
    "task_age_minutes": {"accepted_at_branch_ms": START_MS - 3_600_000},
    "task_resubmitted_flag": {"resubmitted": True},
    "task_priority_class": {"priority": 4},
    "task_green_channel_flag": {"green_channel": True},
    "task_customer_tier": {"customer_tier": 5},
    "task_vulnerable_flag": {"vulnerable": True},
    "task_complaint_flag": {"complaint": True},
    "task_disaster_flag": {"disaster_tag": "typhoon"},
    "task_slack_minutes": {"due_ms": START_MS + 3_600_000},
    "task_slack_ratio": {"due_ms": START_MS + 3_600_000},
    "task_statutory_days_left": {"statutory_due_ms": START_MS + 86_400_000},
    "pair_authority_margin": {"required_authority": 2},
    "pair_skill_coverage": {"required_skills": (Skill("icd", 2),)},
    "pair_skill_min_margin": {"required_skills": (Skill("icd", 2),)},
    "pair_privacy_margin": {"privacy_level": 4},
    "pair_conflict_flag": {"excluded_operators": (ANN,)},
    "pair_prior_decider_flag": {"prior_operator": "ann", "dispute": True},
    "pair_preferred_flag": {"preferred_operator": "ann"},
    "pair_case_family_flag": {"prior_operator": "ann", "prior_reason": PriorReason.SENT_BACK},
    "pair_on_time_probability": {"due_ms": START_MS + 240_000},
    "pair_surplus_level": {"required_authority": 1},
}

#: What the roster says of Ann.
ROSTER: dict[str, dict[str, Any]] = {
    "operator_free_capacity": {"capacity": 2},
    "operator_quota_left": {"daily_quota_milli": 40_000},
    "operator_shift_minutes_left": {"shift": Shift(0, 1_439)},
    "operator_authority_level": {"authority": {Line.CLAIMS: 4}},
    "operator_certificate_days_left": {"certificates": (Certificate(Line.CLAIMS, START_MS + 10**9),)},
    "operator_probation_flag": {"probation": True},
    "operator_tenure_months": {"hired_ms": START_MS - 10**11},
    "operator_training_hours_90d": {"training_hours_90d": 20},
    "operator_share_opt_in": {"share_opt_in": False},
    "operator_scarcity": {"skills": (Skill("icd", 3),)},
    "pair_kind_done_count": {"kinds": {MEDICAL: KindExperience(done_count=50), LARGE: KindExperience()}},
    "pair_trial_need": {"kinds": {MEDICAL: KindExperience(done_count=5), LARGE: KindExperience()}},
    "pair_kind_qa_pass_ratio": {"kinds": {MEDICAL: KindExperience(quality_permille=930), LARGE: KindExperience()}},
    "pair_shift_fit_minutes": {"shift": Shift(0, 1_439)},
}


def _held(world: World) -> None:
    world.assign(world.create(), start=False)


def _offered(world: World) -> TaskId:
    return world.offer(world.create())


def _accepted(world: World) -> None:
    task_id = _offered(world)
    world.wait(0.5)
    world.happen(e.OfferAccepted(at_ms=world.now_ms, task_id=task_id))


def _expired(world: World) -> None:
    task_id = _offered(world)
    world.happen(e.OfferWithdrawn(at_ms=world.now_ms, task_id=task_id, reason="offer_expired"))


def _declined(world: World) -> None:
    task_id = _offered(world)
    world.happen(e.OfferDeclined(at_ms=world.now_ms, task_id=task_id, until_ms=world.now_ms + 300_000))


def _released(world: World) -> None:
    task_id = world.assign(world.create())
    world.happen(e.AssignmentReleased(at_ms=world.now_ms, task_id=task_id, reason="asked"))


def _suspended(world: World) -> TaskId:
    task_id = world.assign(world.create())
    world.happen(e.AssignmentSuspended(at_ms=world.now_ms, task_id=task_id, reason="papers"))
    return task_id


def _referred(world: World) -> None:
    task_id = world.assign(world.create())
    world.happen(e.AssignmentReferred(at_ms=world.now_ms, task_id=task_id, required_authority=5))


def _points_back(reason: PriorReason) -> Callable[[World], None]:
    def happen(world: World) -> None:
        decided = world.decide()
        world.create(prior_task=decided.task_id, prior_operator="ann", prior_reason=reason)

    return happen


def _reviewed(**findings: Any) -> Callable[[World], None]:
    return lambda world: world.review(world.decide(product="term", amount_fen=50_000), **findings)


def _decided(minutes: float = 25, **spec: Any) -> Callable[[World], None]:
    def happen(world: World) -> None:
        world.decide(minutes, **spec)

    return happen


def _two_weeks_of_reviews(world: World) -> None:
    world.review(world.decide(), **FAILED)
    world.wait(8 * DAY)
    world.review(world.decide())


def _shared(world: World) -> None:
    world.complete(world.assign(world.take_in()))


def _moved_out(world: World) -> None:
    """A task of ours goes to Jiangxi and is decided there."""
    task_id = world.create()
    move = MoveOut(host=JIANGXI, generation=1, attempt=1, placement=Placement.SHARED, started_ms=world.now_ms)
    world.happen(e.MoveStarted(at_ms=world.now_ms, task_id=task_id, move=move))
    world.wait(1)
    sent = world.state.tasks[task_id]
    world.happen(e.MoveHandedOver(at_ms=world.now_ms, task_id=task_id))
    other = World()
    done = msgspec.structs.replace(other.decide(20), task_id=task_id, home=FUJIAN, host=JIANGXI, generation=2)
    assert sent.home == FUJIAN and done.decision is not None
    decision = msgspec.structs.replace(done.decision, province=JIANGXI)
    ended = msgspec.structs.replace(done, state=TaskState.COMPLETED, decision=decision, finished_ms=world.now_ms)
    world.happen(e.OutcomeNoted(at_ms=world.now_ms, task=ended))


def _sent_back_after_sharing(world: World) -> None:
    _moved_out(world)
    world.create(prior_task="fujian-1", prior_operator="somebody", prior_reason=PriorReason.SENT_BACK)


def _late(world: World) -> None:
    world.decide(600)


def _in_overtime(world: World) -> None:
    for _ in range(3):
        world.review(world.decide(operator=BOB))
    world.wait(500)
    world.review(world.decide(), **FAILED)


def _at_bad_hours(world: World) -> None:
    world.review(world.decide(), **FAILED)
    world.wait(DAY - 10)
    world.review(world.decide(), **FAILED)
    world.wait(6 * 60)
    world.review(world.decide())
    world.wait(18 * 60 - 10)


def _in_first_hour(world: World) -> None:
    world.decide(50)
    world.decide(5)
    world.leave()


def _switched(world: World) -> None:
    for _ in range(4):
        world.decide(5)
    for _ in range(4):
        world.decide(5, kind=LARGE)
        world.decide(30)
    world.decide(5, kind=LARGE)


def _waiting(world: World) -> None:
    world.wait(40)


def _long_in_hand(world: World) -> None:
    world.assign(world.create())
    world.wait(300)


def _overdue(world: World) -> None:
    for _ in range(40):
        world.create(due_ms=world.now_ms + 60_000)


def _many_arrive(world: World) -> None:
    for _ in range(30):
        world.create()
    world.wait(1)


def _week_later_many(world: World) -> None:
    world.create()
    world.wait(7 * DAY)
    _many_arrive(world)


def _known_customer(world: World) -> None:
    world.decide(customer_id="customer-1")


#: What happened before.
PAST: dict[str, Callable[[World], object]] = {
    "task_expected_handle_minutes": _decided(),
    "task_handle_minutes_p90": _decided(),
    "task_kind_defect_ratio": _reviewed(**FAILED),
    "hour_defect_factor": _at_bad_hours,
    "operator_handle_minutes_mean": _decided(),
    "operator_handle_minutes_cv": lambda world: (world.decide(5), world.decide(60)),
    "operator_standard_efficiency": _decided(),
    "operator_units_per_hour": lambda world: (world.decide(), world.leave()),
    "operator_units_today": _decided(),
    "operator_accept_seconds": _accepted,
    "operator_offer_accept_ratio": _accepted,
    "operator_offer_expire_ratio": _expired,
    "operator_decline_ratio": _declined,
    "operator_touch_ratio": _decided(),
    "operator_suspend_ratio": _suspended,
    "operator_minutes_per_page": _decided(page_count=10),
    "operator_wip_count": _held,
    "operator_wip_minutes": _held,
    "operator_load_ratio": _held,
    "operator_ready_in_minutes": _held,
    "operator_idle_minutes": _waiting,
    "operator_warmup_minutes": _waiting,
    "operator_first_hour_ratio": _in_first_hour,
    "operator_qa_pass_ratio": _reviewed(),
    "operator_qa_pass_lower": _reviewed(),
    "operator_qa_sample_count": _reviewed(),
    "operator_critical_defect_ratio": _reviewed(**CRITICAL),
    "operator_minor_defect_ratio": _reviewed(**FAILED),
    "operator_amount_error_bps": _reviewed(amount_reviewed_fen=100_000, amount_error_fen=900),
    "operator_return_ratio": _points_back(PriorReason.SENT_BACK),
    "operator_reopen_ratio": _points_back(PriorReason.REOPENED),
    "operator_overturn_ratio": _reviewed(overturned=True, **FAILED),
    "operator_defect_recency": _reviewed(**FAILED),
    "operator_pass_slope_8w": _two_weeks_of_reviews,
    "operator_leniency_index": _decided(),
    "operator_peer_agreement": lambda world: (
        world.review(world.decide(), blind_agreed=True),
        world.review(world.complete(world.assign(world.create()), verdict=Verdict.DECLINED), blind_agreed=False),
    ),
    "operator_benchmark_score": _reviewed(benchmark_permille=800),
    "operator_rush_ratio": _decided(1),
    "operator_note_completeness": _reviewed(note_complete=True),
    "operator_on_time_ratio": _late,
    "operator_first_pass_ratio": _decided(),
    "operator_transfer_ratio": _referred,
    "operator_release_ratio": _released,
    "operator_urgent_on_time_ratio": _decided(green_channel=True),
    "operator_shared_on_time_ratio": _shared,
    "operator_shared_share": _shared,
    "operator_hard_item_share": _decided(complexity=5),
    "operator_fairness_deficit_units": lambda world: world.decide(operator=BOB),
    "operator_continuous_minutes": lambda world: world.wait(100).rest(),
    "operator_heartbeat_age_seconds": lambda world: world.silence.update({ANN: 9.0}),
    "operator_shadow_price": lambda world: world.prices.update({ANN: 40_000}),
    "overtime_defect_factor": _in_overtime,
    "pair_kind_handle_minutes": _decided(),
    "pair_kind_recency_hours": _decided(),
    "pair_kind_streak": _decided(),
    "pair_switch_minutes": _switched,
    "pair_finish_minutes": _held,
    "pair_practice_need": lambda world: world.arrive(OperatorId("mentor"), mentor=True),
    "home_backlog_minutes": lambda world: world.create(),
    "home_drain_minutes": _overdue,
    "home_arrivals_per_hour": _many_arrive,
    "home_surge_ratio": _week_later_many,
    "home_stranded_ratio": lambda world: (world.create(), world.wait(40)),
    "home_overlong_ratio": _long_in_hand,
    "home_load_ratio": _held,
    "host_load_ratio": _held,
    "host_backlog_minutes": lambda world: world.create(),
    "host_idle_operators": _held,
    "host_signed_in_operators": lambda world: world.happen(e.OperatorSignedOut(at_ms=world.now_ms, operator=BOB)),
    "host_shared_wip": lambda world: world.take_in(),
    "host_share_quota_left": lambda world: world.take_in(),
    "host_handle_minutes_mean": _decided(),
    "host_qa_pass_ratio": _reviewed(**FAILED),
    "home_status_code": lambda world: world.happen(
        e.ProvinceStatusChanged(at_ms=world.now_ms, status=ProvinceStatus.SUSPENDED)
    ),
    "home_on_time_ratio": _late,
    "home_breach_forecast": _overdue,
    "home_share_out_ratio": lambda world: world.happen(
        e.SharingPolicyUpdated(at_ms=world.now_ms, policy=SharingPolicy(share_out_ratio_permille=300))
    ),
    "host_reserve_operators": lambda world: world.happen(
        e.SharingPolicyUpdated(at_ms=world.now_ms, policy=SharingPolicy(reserve_operators=3))
    ),
    "host_share_in_ratio_today": _shared,
    "hour_arrival_factor": _many_arrive,
    "link_handle_ratio": lambda world: (world.decide(), _moved_out(world)),
    "link_pickup_seconds": _moved_out,
    "link_shared_qa_gap": lambda world: (
        world.review(world.decide()),
        world.review(world.complete(world.assign(world.take_in())), **FAILED),
    ),
    "link_return_ratio": _sent_back_after_sharing,
    "link_settlement_balance_units": _moved_out,
    "link_on_time_ratio": _moved_out,
}

#: What happened before, and a task to which it matters.
PAST_OF_LIKE: dict[str, tuple[Callable[[World], object], dict[str, Any]]] = {
    "task_amount_percentile": (_decided(amount_fen=900), {"amount_fen": 5_000}),
    "pair_product_done_count": (_decided(product="term"), {"product": "term"}),
    "pair_channel_done_count": (_decided(channel="agency"), {"channel": "agency"}),
    "pair_hospital_done_count": (_decided(hospital="union"), {"hospital": "union"}),
    "pair_home_done_count": (_decided(), {}),
    "pair_product_qa_pass_ratio": (_reviewed(**FAILED), {"product": "term"}),
    "pair_amount_band_qa_pass_ratio": (_reviewed(**FAILED), {"amount_fen": 60_000}),
    "pair_home_qa_pass_ratio": (_reviewed(**FAILED), {}),
    "pair_customer_recency_days": (_known_customer, {"customer_id": "customer-1"}),
}


def same(left: float, right: float) -> bool:
    """Whether two values are equal, unknown ones included."""
    return left == right or (np.isnan(left) and np.isnan(right))


@pytest.mark.parametrize("name", SPEC)
def test_value_follows_what_the_branch_says(name: str) -> None:
    """Else the parameter would not be about the task."""
    ann: dict[str, Any] = {"authority": {Line.CLAIMS: 4}} if name == "pair_surplus_level" else {}
    assert not same(World(**ann).value(name), World(**ann).value(name, **SPEC[name]))


@pytest.mark.parametrize("name", ROSTER)
def test_value_follows_the_roster(name: str) -> None:
    """Else an edit of the roster would change nothing."""
    assert not same(World().value(name), World(**ROSTER[name]).value(name))


def ready(name: str) -> World:
    """A world in which the parameter has something to be about."""
    ann: dict[str, Any] = {"training_kinds": (MEDICAL,)} if name == "pair_practice_need" else {}
    return World(**ann)


@pytest.mark.parametrize("name", PAST)
def test_value_follows_what_happened(name: str) -> None:
    """Else the parameter would not be learned from the journal."""
    before, after = ready(name), ready(name)
    if name == "overtime_defect_factor":
        before.wait(600)
    PAST[name](after)
    assert not same(before.value(name), after.value(name))


@pytest.mark.parametrize("name", PAST_OF_LIKE)
def test_value_follows_what_happened_to_like_tasks(name: str) -> None:
    """Else experience with one product, hospital or customer would not tell from another."""
    happen, spec = PAST_OF_LIKE[name]
    before, after = World(), World()
    happen(after)
    assert not same(before.value(name, **spec), after.value(name, **spec))


# --- values that belong to one task's own past, or need more than one thing ---


def test_handovers_offers_waits_and_holds_of_the_task_itself() -> None:
    """Else a task that was passed around would look like a new one."""
    world = World()
    task_id = world.create()
    own = ("task_handover_count", "task_offer_attempts", "task_waiting_minutes", "task_hold_minutes")
    before = [world.value(name, task_id) for name in own]
    assert before == [0, 0, 0, 0]
    world.offer(task_id)
    world.happen(e.OfferWithdrawn(at_ms=world.now_ms, task_id=task_id, reason="offer_expired"))
    world.assign(task_id)
    world.happen(e.AssignmentReleased(at_ms=world.now_ms, task_id=task_id, reason="asked"))
    world.assign(task_id)
    world.happen(e.AssignmentSuspended(at_ms=world.now_ms, task_id=task_id, reason="papers"))
    world.wait(50)
    world.happen(e.TaskResumed(at_ms=world.now_ms, task_id=task_id))
    world.wait(7)
    assert [world.value(name, task_id) for name in own] == [1, 1, 7, 50]


def test_declined_before_is_remembered_for_the_task() -> None:
    """Else an offer that was refused would come back at once."""
    world = World()
    task_id = world.offer(world.create())
    world.happen(e.OfferDeclined(at_ms=world.now_ms, task_id=task_id, until_ms=world.now_ms + 300_000))
    assert world.value("pair_declined_before_flag", task_id) == 1
    assert np.isnan(world.value("pair_declined_before_flag"))


@pytest.mark.parametrize(
    ("name", "changes"),
    [("task_sla_minutes", {"sla_minutes": 60}), ("task_breach_points", {"breach_points": 7})],
)
def test_promise_and_penalty_come_from_the_table_of_kinds(name: str, changes: dict[str, int]) -> None:
    """Else a change of policy would change nothing."""
    changed = (msgspec.structs.replace(KINDS[0], **changes), KINDS[1])
    assert not same(World().value(name), World(table=changed).value(name))


def test_language_and_local_rules_meet_the_roster() -> None:
    """Else a customer would get somebody who does not speak their language or know their rules."""
    assert World().value("pair_dialect_match", language="min") == 0
    assert World(languages=("min",)).value("pair_dialect_match", language="min") == 1
    world = World(local_rule_provinces=("hunan",))
    assert world.value("pair_local_rule_certified", world.take_in()) == 0
    certified = World(local_rule_provinces=("jiangxi",))
    assert certified.value("pair_local_rule_certified", certified.take_in()) == 1


def test_other_provinces_tasks_are_told_from_our_own() -> None:
    """Else locality and speed on other provinces' tasks could not count."""
    world = World()
    assert (world.value("pair_same_province_flag"), world.value("pair_same_province_flag", world.take_in())) == (1, 0)
    fresh = world.value("pair_home_handle_ratio", world.take_in())
    world.decide(10)
    world.complete(world.assign(world.take_in()), 40)
    assert world.value("pair_home_handle_ratio", world.take_in()) > fresh


def test_last_hours_count_in_the_last_hours_only() -> None:
    """Else a tired end of the shift would be held against the morning."""
    # 00:00 UTC is 08:00 in Shanghai: the shift ends 100 minutes from the start.
    world = World(shift=Shift(400, (START_MS // 60_000 + 480) % 1_440 + 100))
    before = world.value("operator_last_hours_ratio")
    world.decide(50)
    world.decide(5, complexity=0)
    assert not same(before, world.value("operator_last_hours_ratio"))
    assert np.isnan(World().value("operator_last_hours_ratio"))


def test_a_task_for_later_is_late_by_its_own_start() -> None:
    """Work booked days ahead would make a province look overdue, and its other work leave, as soon as it is taken up."""
    world = World()
    task_id = world.create(not_before_ms=world.now_ms + 2 * DAY * 60_000)
    world.wait(2 * DAY)
    assert world.value("home_breach_forecast") == 0
    world.assign(task_id)
    assert world.value("home_overlong_ratio") == 0


def test_cost_is_the_hour_over_what_an_hour_brings() -> None:
    """Else people would be dear or cheap by pay alone."""
    world = World(hourly_cost_fen=6_000)
    assert np.isnan(world.value("operator_cost_per_unit"))
    world.decide()
    world.leave()
    assert world.value("operator_cost_per_unit") > 0


TESTED_APART = {
    "task_handover_count",
    "task_offer_attempts",
    "task_waiting_minutes",
    "task_hold_minutes",
    "pair_declined_before_flag",
    "task_sla_minutes",
    "task_breach_points",
    "pair_dialect_match",
    "pair_local_rule_certified",
    "pair_same_province_flag",
    "pair_home_handle_ratio",
    "operator_last_hours_ratio",
    "operator_cost_per_unit",
}


def test_no_parameter_is_left_untested() -> None:
    """Else a parameter could be added that nothing moves."""
    tested = [*SPEC, *ROSTER, *PAST, *PAST_OF_LIKE, *TESTED_APART]
    assert sorted(tested) == sorted(CATALOGUE)
