"""Task parameters that order tasks (U). They never choose the person: the same for every candidate."""

from functools import partial

import numpy as np

from actors.core.matching.parameters.declaration import Dimension, Role, Scope, Source, Values, declare
from actors.core.matching.views.people import DAY_MINUTES
from actors.core.matching.views.tasks import TaskView

_urgency = partial(declare, Scope.TASK)
_EFFICIENCY, _EFFECTIVENESS, _U = Dimension.EFFICIENCY, Dimension.EFFECTIVENESS, Role.URGENCY


@_urgency("排队时长", "min", _EFFICIENCY, _U, Source.LOAD)
def task_waiting_minutes(tasks: TaskView) -> Values:
    """Time of the current stay in the queue."""
    return tasks.minutes_since(tasks.queued_minute)


@_urgency("受理总龄", "min", _EFFICIENCY, _U, Source.LOAD)
def task_age_minutes(tasks: TaskView) -> Values:
    """Time since the branch took it in, before it reached the dispatcher included."""
    return tasks.minutes_since(tasks.accepted_minute)


@_urgency("挂起累计时长", "min", _EFFICIENCY, _U, Source.STATISTICS)
def task_hold_minutes(tasks: TaskView) -> Values:
    """Time for which it was suspended, waiting for papers."""
    return tasks.hold_minutes


@_urgency("已派未接次数", "count", _EFFICIENCY, _U, Source.STATISTICS)
def task_offer_attempts(tasks: TaskView) -> Values:
    """Offers that were declined, expired or revoked so far."""
    return tasks.offer_attempts


@_urgency("问题件回销标识", "0/1", _EFFICIENCY, _U, Source.TASK)
def task_resubmitted_flag(tasks: TaskView) -> Values:
    """A query item that came back: its papers are complete now."""
    return tasks.resubmitted


@_urgency("优先级", "0-9", _EFFECTIVENESS, _U, Source.TASK)
def task_priority_class(tasks: TaskView) -> Values:
    """Business priority, 0 (ordinary) to 9."""
    return tasks.priority


@_urgency("绿色通道标识", "0/1", _EFFECTIVENESS, _U, Source.TASK)
def task_green_channel_flag(tasks: TaskView) -> Values:
    """The task is in the green channel."""
    return tasks.green_channel


@_urgency("客户等级", "1-5", _EFFECTIVENESS, _U, Source.TASK)
def task_customer_tier(tasks: TaskView) -> Values:
    """Tier of the customer."""
    return tasks.customer_tier


@_urgency("特殊人群标识", "0/1", _EFFECTIVENESS, _U, Source.TASK)
def task_vulnerable_flag(tasks: TaskView) -> Values:
    """The customer is elderly or disabled, or a minor benefits."""
    return tasks.vulnerable


@_urgency("在诉标识", "0/1", _EFFECTIVENESS, _U, Source.TASK)
def task_complaint_flag(tasks: TaskView) -> Values:
    """There is an open complaint on the case."""
    return tasks.complaint


@_urgency("灾害应急件", "0/1", _EFFECTIVENESS, _U, Source.TASK)
def task_disaster_flag(tasks: TaskView) -> Values:
    """The task belongs to a declared disaster."""
    return tasks.disaster


@_urgency("承诺时效", "min", _EFFECTIVENESS, _U, Source.POLICY)
def task_sla_minutes(tasks: TaskView) -> Values:
    """Service promise of the kind, from acceptance by the branch to decision."""
    return tasks.sla_minutes


@_urgency("时效余量", "min", _EFFECTIVENESS, _U, Source.TASK)
def task_slack_minutes(tasks: TaskView) -> Values:
    """Time left before the promise once the expected handling is taken off; negative: it will be late."""
    return tasks.due_minute - tasks.now_minute - tasks.expected_handle_minutes


@_urgency("时效余量比", "ratio", _EFFECTIVENESS, _U, Source.TASK)
def task_slack_ratio(tasks: TaskView) -> Values:
    """Slack as a part of the promise."""
    return task_slack_minutes(tasks) / np.maximum(tasks.sla_minutes, 1.0)


@_urgency("法定时限剩余", "days", _EFFECTIVENESS, _U, Source.CALENDAR)
def task_statutory_days_left(tasks: TaskView) -> Values:
    """Days to the legal limit of the decision; unknown without one."""
    return (tasks.statutory_minute - tasks.now_minute) / DAY_MINUTES


@_urgency("超时代价", "points", _EFFECTIVENESS, _U, Source.POLICY)
def task_breach_points(tasks: TaskView) -> Values:
    """What one late task of the kind costs the branch."""
    return tasks.breach_points
