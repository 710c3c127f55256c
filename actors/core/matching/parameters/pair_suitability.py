"""Pair parameters of suitability: rights and skills, the customer and the case, fairness towards people and branches."""

from functools import partial

import numpy as np

from actors.core.matching.parameters.declaration import Attribute, Dimension, Role, Scope, Source, Values, declare
from actors.core.matching.views.pairs import HomePairs, KindPairs
from actors.core.matching.views.people import DAY_MINUTES
from actors.core.matching.views.suitability import CasePairs, CustomerPairs, LanguagePairs, NeedsPairs, TaskPairs

_pair = partial(declare, Scope.PAIR)
_QUALITY, _EFFECTIVENESS = Dimension.QUALITY, Dimension.EFFECTIVENESS
_FILTER, _SCORE, _ROSTER, _STATISTICS = Role.FILTER, Role.SCORE, Source.ROSTER, Source.STATISTICS
_NEEDS, _TASK = Attribute.NEEDS, Attribute.TASK


@_pair("权限余量", "level", _QUALITY, _FILTER, _ROSTER, attribute=_NEEDS)
def pair_authority_margin(pairs: NeedsPairs) -> Values:
    """Authority held less authority needed; below 0 excludes."""
    return pairs.authority_margin


@_pair("技能覆盖率", "ratio", _QUALITY, _FILTER, _ROSTER, attribute=_NEEDS)
def pair_skill_coverage(pairs: NeedsPairs) -> Values:
    """Mandatory skills held at the level required over those required; below 1 excludes."""
    return pairs.skill_coverage


@_pair("最小技能余量", "level", _QUALITY, _SCORE, _ROSTER, attribute=_NEEDS)
def pair_skill_min_margin(pairs: NeedsPairs) -> Values:
    """The least, over the mandatory skills, of level held less level required; unknown where none is required."""
    return pairs.skill_min_margin


@_pair("属地规则资质", "0/1", _QUALITY, _FILTER, _ROSTER, attribute=Attribute.HOME)
def pair_local_rule_certified(pairs: HomePairs) -> Values:
    """Certified on the local rules of the task's home; 0 excludes; unknown for people with no such record at all."""
    return pairs.local_rules


@_pair("语言方言匹配", "0/1", _QUALITY, _SCORE, _ROSTER, attribute=Attribute.LANGUAGE)
def pair_dialect_match(pairs: LanguagePairs) -> Values:
    """The person speaks the language or dialect that the task asks for."""
    return pairs.spoken


@_pair("密级余量", "level", _QUALITY, _FILTER, _ROSTER, attribute=_NEEDS)
def pair_privacy_margin(pairs: NeedsPairs) -> Values:
    """Clearance less the privacy level of the task; below 0 excludes."""
    return pairs.privacy_margin


@_pair("利益回避标识", "0/1", _QUALITY, _FILTER, _ROSTER, attribute=_TASK)
def pair_conflict_flag(pairs: TaskPairs) -> Values:
    """The task excludes the person, or the person's roster entry names the customer; 1 excludes."""
    return pairs.conflict


@_pair("原审人回避", "0/1", _QUALITY, _FILTER, _STATISTICS, attribute=_TASK)
def pair_prior_decider_flag(pairs: TaskPairs) -> Values:
    """The person decided what is now disputed or appealed, or another task of its case; 1 excludes."""
    return pairs.prior_decider


@_pair("指定承办人", "0/1", _EFFECTIVENESS, _SCORE, Source.TASK, attribute=_TASK)
def pair_preferred_flag(pairs: TaskPairs) -> Values:
    """The source system names this person; unknown where it names nobody."""
    return pairs.preferred


@_pair("同客户承办间隔", "days", _EFFECTIVENESS, _SCORE, _STATISTICS, attribute=Attribute.CUSTOMER)
def pair_customer_recency_days(pairs: CustomerPairs) -> Values:
    """Days since the person decided for this customer; unknown if not lately."""
    return pairs.since_last_minutes / DAY_MINUTES


@_pair("同案关联标识", "0/1", _EFFECTIVENESS, _SCORE, _STATISTICS, attribute=Attribute.CASE)
def pair_case_family_flag(pairs: CasePairs) -> Values:
    """The person decided another task of the case, or had this very one before it was put on hold or sent back."""
    return pairs.handled


@_pair("曾拒此件", "0/1", _EFFECTIVENESS, _FILTER, _STATISTICS, attribute=_TASK)
def pair_declined_before_flag(pairs: TaskPairs) -> Values:
    """The person declined this task and that is still remembered; 1 excludes."""
    return pairs.declined


@_pair("同省承办", "0/1", _EFFECTIVENESS, _SCORE, _ROSTER, attribute=Attribute.HOME)
def pair_same_province_flag(pairs: HomePairs) -> Values:
    """The task is from the person's own province."""
    return pairs.from_here


@_pair("高配浪费度", "level", _EFFECTIVENESS, Role.COST, _ROSTER, attribute=_NEEDS)
def pair_surplus_level(pairs: NeedsPairs) -> Values:
    """Authority and skill beyond what the task needs: such people are kept free for what needs them."""
    return np.maximum(pairs.authority_margin, 0.0) + np.maximum(np.nan_to_num(pairs.skill_min_margin), 0.0)


@_pair("技能养成需求", "0/1", _EFFECTIVENESS, _SCORE, _ROSTER, attribute=Attribute.KIND_LOAD)
def pair_practice_need(pairs: KindPairs) -> Values:
    """The kind is in the person's training plan and a mentor is signed in."""
    return pairs.in_training_plan * pairs.mentor_on_duty
