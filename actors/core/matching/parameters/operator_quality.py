"""Operator parameters of quality: what somebody may do, and what reviews, branches and appeals have said of their decisions."""

from functools import partial

import numpy as np

from actors.core.matching.parameters import evidence
from actors.core.matching.parameters.declaration import Dimension, Role, Scope, Source, Values, declare, unknown
from actors.core.matching.views.people import DAY_MINUTES, PeopleView
from actors.core.matching.views.ratios import LineRatio, OperatorRatio, ReviewRatio
from actors.core.statistics.cells import LineCell, OperatorCell, ReviewCell

MONTH_MINUTES = DAY_MINUTES * 30.4375
#: Standard normal quantile of a two-sided 95 % interval.
_Z95 = 1.96

_operator = partial(declare, Scope.OPERATOR)
_QUALITY, _SCORE, _COST, _FILTER = Dimension.QUALITY, Role.SCORE, Role.COST, Role.FILTER
_STATISTICS, _REVIEWS, _ROSTER = Source.STATISTICS, Source.REVIEWS, Source.ROSTER
_line_reviews = evidence.of_line(LineCell.REVIEWS)
_line_decided = evidence.of_line(LineCell.DECIDED)
_decided = evidence.overall(OperatorCell.DECIDED)


@_operator("权限等级", "level", _QUALITY, _FILTER, _ROSTER, by_line=True)
def operator_authority_level(people: PeopleView) -> Values:
    """Approval authority held in the line, 0..9; none recorded counts as 0."""
    return people.authority


@_operator("资质剩余有效期", "days", _QUALITY, _FILTER, _ROSTER, by_line=True)
def operator_certificate_days_left(people: PeopleView) -> Values:
    """Days until the certificate of the line expires; below 0 excludes; unknown if none is recorded."""
    return (people.certificate_minute - people.now_minute) / DAY_MINUTES


@_operator("试用带教标识", "0/1", _QUALITY, _FILTER, _ROSTER)
def operator_probation_flag(people: PeopleView) -> Values:
    """On probation: decisions need a second look, so no fraud alerts and no disputes."""
    return people.probation


@_operator("岗龄", "months", _QUALITY, _SCORE, _ROSTER)
def operator_tenure_months(people: PeopleView) -> Values:
    """Months in post."""
    return people.minutes_since(people.hired_minute) / MONTH_MINUTES


@_operator("近90日培训学时", "h", _QUALITY, _SCORE, _ROSTER)
def operator_training_hours_90d(people: PeopleView) -> Values:
    """Recorded training of the last ninety days."""
    return people.training_hours


@_operator("质检合格率", "ratio", _QUALITY, _SCORE, _REVIEWS, by_line=True, evidence=_line_reviews)
def operator_qa_pass_ratio(people: PeopleView) -> Values:
    """Reviews passed over reviews, each weighted by one over its sampling probability."""
    return people.by_line(LineRatio.PASSED)


@_operator("质检合格率下界", "ratio", _QUALITY, _SCORE, _REVIEWS, by_line=True, evidence=_line_reviews)
def operator_qa_pass_lower(people: PeopleView) -> Values:
    """Lower end of the 95 % Wilson interval of the person's own pass ratio; unknown without reviews."""
    sums = people.line_sums
    count, weight = sums[LineCell.REVIEWS], sums[LineCell.REVIEWED]
    known = weight > 0
    ratio = np.divide(sums[LineCell.PASSED], weight, out=unknown(weight), where=known)
    count = np.where(known, np.maximum(count, 1e-9), 1.0)
    share = _Z95 * _Z95 / count
    spread = _Z95 * np.sqrt(np.maximum(ratio * (1.0 - ratio), 0.0) / count + share / (4.0 * count))
    return (ratio + share / 2.0 - spread) / (1.0 + share)


@_operator("质检样本量", "count", _QUALITY, Role.CONFIDENCE, _REVIEWS, by_line=True)
def operator_qa_sample_count(people: PeopleView) -> Values:
    """Reviews of the line, decayed: how much the pass ratio is worth."""
    return people.line_sums[LineCell.REVIEWS]


@_operator("重大差错率", "ratio", _QUALITY, _COST, _REVIEWS, by_line=True, evidence=_line_reviews)
def operator_critical_defect_ratio(people: PeopleView) -> Values:
    """Reviews with a critical defect over reviews."""
    return people.by_line(LineRatio.CRITICAL)


@_operator("一般差错率", "ratio", _QUALITY, _COST, _REVIEWS, by_line=True, evidence=_line_reviews)
def operator_minor_defect_ratio(people: PeopleView) -> Values:
    """Reviews with a minor defect over reviews."""
    return people.by_line(LineRatio.MINOR)


@_operator("金额差错率", "bp", _QUALITY, _COST, _REVIEWS)
def operator_amount_error_bps(people: PeopleView) -> Values:
    """Absolute errors of amount over amounts reviewed, in hundredths of a per cent."""
    return people.reviewed(ReviewRatio.AMOUNT_ERROR) * 10_000.0


@_operator("退回率", "ratio", _QUALITY, _COST, _STATISTICS, by_line=True, evidence=_line_decided)
def operator_return_ratio(people: PeopleView) -> Values:
    """Decisions that the branch or the next step sent back over decisions."""
    return people.by_line(LineRatio.SENT_BACK)


@_operator("30日重开率", "ratio", _QUALITY, _COST, _STATISTICS, by_line=True, evidence=_line_decided)
def operator_reopen_ratio(people: PeopleView) -> Values:
    """Decisions whose case was reopened over decisions."""
    return people.by_line(LineRatio.REOPENED)


@_operator("改判率", "ratio", _QUALITY, _COST, _STATISTICS, by_line=True, evidence=_line_decided)
def operator_overturn_ratio(people: PeopleView) -> Values:
    """Decisions changed by a review or on appeal over decisions."""
    return people.by_line(LineRatio.OVERTURNED)


@_operator("近期差错衰减分", "points", _QUALITY, _COST, _REVIEWS)
def operator_defect_recency(people: PeopleView) -> Values:
    """Sum of severity (minor 1, critical 5) x exp(-age / 30 days) over the defects found."""
    return people.review_sums[ReviewCell.DEFECT_POINTS]


@_operator("质量趋势", "pp/week", _QUALITY, _SCORE, _REVIEWS)
def operator_pass_slope_8w(people: PeopleView) -> Values:
    """Slope of the weekly pass ratio over eight weeks; unknown with fewer than two weeks of reviews."""
    ago, reviewed, passed = people.weekly_reviews
    some = reviewed > 0
    total = np.maximum(reviewed.sum(axis=0), 1e-9)
    ratio = np.divide(passed, reviewed, out=np.zeros(reviewed.shape), where=some)
    week = np.where(some, -ago, 0.0)
    off_week = week - (reviewed * week).sum(axis=0) / total
    off_ratio = ratio - (reviewed * ratio).sum(axis=0) / total
    spread = (reviewed * off_week * off_week).sum(axis=0)
    covariance = (reviewed * off_week * off_ratio).sum(axis=0)
    told = some.sum(axis=0) >= 2
    return np.divide(100.0 * covariance, spread, out=unknown(spread), where=told)


@_operator("审核尺度偏差", "z", _QUALITY, _COST, _STATISTICS, evidence=_decided)
def operator_leniency_index(people: PeopleView) -> Values:
    """Approvals less those to be expected of the same kinds here, in standard deviations; far from 0 on either side is bad."""
    sums = people.sums
    variance = sums[OperatorCell.APPROVED_VARIANCE]
    excess = sums[OperatorCell.APPROVED] - sums[OperatorCell.APPROVED_EXPECTED]
    return np.divide(excess, np.sqrt(np.maximum(variance, 0.0)), out=unknown(variance), where=variance > 1e-9)


@_operator("双审一致率", "kappa", _QUALITY, _SCORE, _REVIEWS, evidence=evidence.reviewed(ReviewCell.BLIND))
def operator_peer_agreement(people: PeopleView) -> Values:
    """Cohen's kappa on blind double reviews: agreement beyond that of two who approve as often as this person and guess."""
    agreed, approved = people.reviewed(ReviewRatio.BLIND_AGREED), people.overall(OperatorRatio.APPROVED)
    chance = approved * approved + (1.0 - approved) * (1.0 - approved)
    return (agreed - chance) / np.maximum(1.0 - chance, 0.01)


@_operator("标杆件得分", "0-1", _QUALITY, _SCORE, _REVIEWS, evidence=evidence.reviewed(ReviewCell.BENCHMARKS))
def operator_benchmark_score(people: PeopleView) -> Values:
    """Accuracy on planted tasks of which the answer is known."""
    return people.reviewed(ReviewRatio.BENCHMARK_SCORE)


@_operator("过快办结占比", "ratio", _QUALITY, _COST, _STATISTICS, evidence=_decided)
def operator_rush_ratio(people: PeopleView) -> Values:
    """Tasks decided in under a fifth of their standard minutes over tasks decided."""
    return people.overall(OperatorRatio.RUSHED)


@_operator("审核意见完整率", "ratio", _QUALITY, _SCORE, _REVIEWS, evidence=evidence.reviewed(ReviewCell.NOTES))
def operator_note_completeness(people: PeopleView) -> Values:
    """Reviews that found reason and evidence recorded over reviews that looked."""
    return people.reviewed(ReviewRatio.NOTES_COMPLETE)
