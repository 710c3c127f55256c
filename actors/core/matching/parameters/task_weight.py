"""Task parameters that decide how much each dimension counts (W), and those that filters ask for (F).

The same for every candidate, so they can never be points of a person: a hard task makes quality count more for everybody.
"""

from functools import partial

from actors.core.matching.parameters.declaration import Dimension, Role, Scope, Source, Values, declare
from actors.core.matching.views.tasks import TaskView

_task = partial(declare, Scope.TASK)
_EFFICIENCY, _QUALITY = Dimension.EFFICIENCY, Dimension.QUALITY
_SHARES, _FILTER = Role.SHARES, Role.FILTER


@_task("标准工时", "min", _EFFICIENCY, _SHARES, Source.POLICY)
def task_standard_minutes(tasks: TaskView) -> Values:
    """Work content credited for the task, by kind and complexity; base of the work units (折算件)."""
    return tasks.standard_minutes


@_task("复杂度等级", "1-5", _EFFICIENCY, _SHARES, Source.TASK)
def task_complexity_class(tasks: TaskView) -> Values:
    """Class set by the source system, 1 (simple) to 5 (hard)."""
    return tasks.complexity


@_task("预计处理时长", "min", _EFFICIENCY, _SHARES, Source.STATISTICS)
def task_expected_handle_minutes(tasks: TaskView) -> Values:
    """Median handle minutes of tasks of the same kind, complexity and page band, drawn to the kind's here and in the country."""
    return tasks.expected_handle_minutes


@_task("处理时长P90", "min", _EFFICIENCY, _SHARES, Source.STATISTICS)
def task_handle_minutes_p90(tasks: TaskView) -> Values:
    """Minutes that nine in ten tasks of the kind need at most."""
    return tasks.handle_minutes_p90


@_task("影像页数", "pages", _EFFICIENCY, _SHARES, Source.TASK)
def task_page_count(tasks: TaskView) -> Values:
    """Pages of scanned documents to read."""
    return tasks.page_count


@_task("涉及保单数", "count", _EFFICIENCY, _SHARES, Source.TASK)
def task_policy_count(tasks: TaskView) -> Values:
    """Policies that the task touches."""
    return tasks.policy_count


@_task("转手次数", "count", _EFFICIENCY, _SHARES, Source.STATISTICS)
def task_handover_count(tasks: TaskView) -> Values:
    """Assignments of this task that were released or transferred already."""
    return tasks.handover_count


@_task("同批剩余件数", "count", _EFFICIENCY, _SHARES, Source.LOAD)
def task_batch_remaining(tasks: TaskView) -> Values:
    """Other open tasks of the same batch (a group policy, one customer); unknown without a batch."""
    return tasks.batch_remaining


@_task("案件风险分", "0-1", _QUALITY, _SHARES, Source.TASK)
def task_risk_score(tasks: TaskView) -> Values:
    """Risk by the rule engine of the source system."""
    return tasks.risk


@_task("缺件数", "count", _QUALITY, _SHARES, Source.TASK)
def task_missing_document_count(tasks: TaskView) -> Values:
    """Required papers that are not attached."""
    return tasks.missing_document_count


@_task("金额分位", "0-1", _QUALITY, _SHARES, Source.STATISTICS)
def task_amount_percentile(tasks: TaskView) -> Values:
    """Rank of the amount among those of the kind, about a year; unknown without an amount."""
    return tasks.amount_percentile


@_task("退回次数", "count", _QUALITY, _SHARES, Source.STATISTICS)
def task_return_count(tasks: TaskView) -> Values:
    """Times that the work was sent back before."""
    return tasks.return_count


@_task("本类差错率", "ratio", _QUALITY, _SHARES, Source.REVIEWS)
def task_kind_defect_ratio(tasks: TaskView) -> Values:
    """Reviews of the kind that failed over reviews, drawn to the country's."""
    return tasks.kind_defect_ratio


@_task("要求权限等级", "level", _QUALITY, _FILTER, Source.TASK)
def task_required_authority(tasks: TaskView) -> Values:
    """Approval authority that the task, its kind or a referral asks for, 0..9."""
    return tasks.required_authority


@_task("要求技能数", "count", _QUALITY, _FILTER, Source.TASK)
def task_required_skill_count(tasks: TaskView) -> Values:
    """Mandatory skills, those of the kind included."""
    return tasks.required_skill_count


@_task("反欺诈预警等级", "0-3", _QUALITY, _FILTER, Source.TASK)
def task_fraud_alert_level(tasks: TaskView) -> Values:
    """Hits of the anti-fraud rules; from a set level on, nobody on probation."""
    return tasks.fraud_alert_level


@_task("涉案金额", "fen", _QUALITY, _FILTER, Source.TASK)
def task_amount_fen(tasks: TaskView) -> Values:
    """Sum assured, claimed or surrendered; the model's table turns it into an authority."""
    return tasks.amount_fen


@_task("争议申诉标识", "0/1", _QUALITY, _FILTER, Source.TASK)
def task_dispute_flag(tasks: TaskView) -> Values:
    """Appeal or second review: whoever decided before must not decide again."""
    return tasks.dispute


@_task("信息敏感级", "1-4", _QUALITY, _FILTER, Source.TASK)
def task_privacy_level(tasks: TaskView) -> Values:
    """Class of the data, 1 (public) to 4 (most sensitive); only people cleared for it may see the task."""
    return tasks.privacy_level
