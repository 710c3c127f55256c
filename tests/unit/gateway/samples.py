"""A task and an operator with every field set to something of its own."""

from typing import Any

import msgspec

from actors.core.country import Line, Skill
from actors.core.ids import KindId, OperatorId, ProvinceCode, SiteId, TaskId
from actors.core.operators import Certificate, KindExperience, Operator, Shift
from actors.core.shadow import Shadow
from actors.core.task import Decision, Placement, PriorReason, Task, TaskSpec, TaskState, Verdict

#: A specification with every field set to something of its own.
SPEC = TaskSpec(
    kind=KindId("claims-medical"),
    external_id="case-1",
    priority=7,
    green_channel=True,
    amount_fen=1_234_567,
    required_authority=3,
    required_skills=(Skill(skill="icd10-coding", level=4), Skill(skill="fraud", level=1)),
    complexity=5,
    page_count=12,
    policy_count=2,
    missing_document_count=1,
    product="health",
    channel="app",
    customer_id="c-9",
    customer_tier=4,
    case_id="k-1",
    risk_score_permille=250,
    fraud_alert_level=2,
    privacy_level=3,
    vulnerable=True,
    complaint=True,
    dispute=True,
    disaster_tag="typhoon-1",
    hospital="h-3",
    language="yue",
    batch_id="b-1",
    preferred_operator="jiangxi-~10086",
    excluded_operators=(OperatorId("fujian-op-7"), OperatorId("hunan-~5")),
    not_before_ms=1_800_000_000_001,
    accepted_at_branch_ms=1_700_000_000_002,
    due_ms=1_800_000_000_003,
    home_only=True,
    note="请核对",
    resubmitted=True,
    statutory_due_ms=1_800_000_000_004,
    return_count=2,
    prior_task=TaskId("fujian-3"),
    prior_operator=OperatorId("fujian-~9"),
    prior_reason=PriorReason.APPEALED,
)
#: A task with every field that the contract shows set to something of its own.
TASK = Task(
    task_id=TaskId("fujian-7"),
    home=ProvinceCode("fujian"),
    spec=SPEC,
    line=Line.CLAIMS,
    created_ms=1,
    created_by="branch:core",
    host=ProvinceCode("jiangxi"),
    state=TaskState.COMPLETED,
    placement=Placement.EVACUATED,
    generation=3,
    token=8,
    version=21,
    move_count=2,
    required_authority=5,
    queued_ms=2,
    operator=OperatorId("jiangxi-op-2"),
    held_since_ms=3,
    started_ms=4,
    suspend_reason="papers",
    return_reason="wrong branch",
    offer_attempts=6,
    handover_count=5,
    decision=Decision(
        verdict=Verdict.PARTIALLY_APPROVED,
        operator=OperatorId("jiangxi-op-2"),
        province=ProvinceCode("jiangxi"),
        time_ms=9,
        amount_fen=100,
        note="部分",
        handle_ms=10,
        work_units_milli=2_500,
    ),
    finished_ms=11,
    shadow=Shadow("drill-1", 12),
)


def changed(**changes: Any) -> Task:
    """The sample task with some fields changed."""
    return msgspec.structs.replace(TASK, **changes)


PERSON = Operator(
    operator=OperatorId("fujian-~10086"),
    province=ProvinceCode("fujian"),
    site=SiteId("fujian-1"),
    display_name="王芳",
    team="t1",
    kinds={
        KindId("a"): KindExperience(done_count=10, quality_permille=970),
        KindId("b"): KindExperience(done_count=3),
    },
    authority={Line.CLAIMS: 4, Line.SERVICING: 1},
    skills=(Skill(skill="x", level=2),),
    local_rule_provinces=(ProvinceCode("hunan"),),
    clearance=2,
    languages=("zh", "yue"),
    capacity=5,
    share_opt_in=False,
    auto_accept=True,
    probation=True,
    certificates=(Certificate(Line.CLAIMS, 1_900_000_000_000), Certificate(Line.CLAIMS, 1_950_000_000_000)),
    hired_ms=1_500_000_000_000,
    training_hours_90d=16,
    hourly_cost_fen=6_500,
    daily_quota_milli=48_000,
    shift=Shift(540, 1_050, 720, 780),
    conflicts=("c-1", "c-2"),
    training_kinds=(KindId("a"),),
    mentor=True,
)
