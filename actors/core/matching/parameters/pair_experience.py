"""Pair parameters of experience: what the person has done of the task's kind, product, home, channel, hospital, and how it went."""

from functools import partial

import numpy as np

from actors.core.matching.parameters.declaration import (
    Attribute,
    Dimension,
    Role,
    Scope,
    Source,
    Values,
    declare,
)
from actors.core.matching.views.pairs import HomePairs, KindPairs, NamedPairs, SlackPairs, TrialKinds
from actors.core.statistics.cells import AmountBandCell, ChannelCell, HomeCell, HospitalCell, KindCell, ProductCell

#: The normal distribution is within 0.01 of a logistic one with this slope.
_LOGISTIC = 1.702

_pair = partial(declare, Scope.PAIR)
_EFFICIENCY, _QUALITY, _EFFECTIVENESS = Dimension.EFFICIENCY, Dimension.QUALITY, Dimension.EFFECTIVENESS
_SCORE, _COST, _STATISTICS, _REVIEWS = Role.SCORE, Role.COST, Source.STATISTICS, Source.REVIEWS
_KIND, _KIND_LAST, _KIND_LOAD = Attribute.KIND, Attribute.KIND_LAST, Attribute.KIND_LOAD


def _kind_decided(pairs: KindPairs) -> Values:
    return pairs.sums[KindCell.DECIDED]


def _kind_reviews(pairs: KindPairs) -> Values:
    return pairs.sums[KindCell.REVIEWS]


@_pair(
    "本类件均时长",
    "min",
    _EFFICIENCY,
    _COST,
    _STATISTICS,
    attribute=_KIND,
    evidence=_kind_decided,
    needs=("operator_standard_efficiency",),
)
def pair_kind_handle_minutes(pairs: KindPairs) -> Values:
    """The person's mean handle minutes of the kind, drawn to the kind's mean here at the person's speed in the line."""
    return pairs.handle_minutes


@_pair("本类办结件数", "count", _EFFICIENCY, _SCORE, _STATISTICS, attribute=_KIND)
def pair_kind_done_count(pairs: KindPairs) -> Values:
    """Tasks of the kind decided, remembered for about a year, the roster's history included."""
    return pairs.done_count


@_pair("距上次同类件", "h", _EFFICIENCY, _COST, _STATISTICS, attribute=_KIND)
def pair_kind_recency_hours(pairs: KindPairs) -> Values:
    """Hours since the person decided a task of the kind; unknown if never."""
    return pairs.since_last_minutes / 60.0


@_pair("同类连办件数", "count", _EFFICIENCY, _SCORE, Source.LOAD, attribute=_KIND_LAST)
def pair_kind_streak(pairs: KindPairs) -> Values:
    """Tasks of the kind that the person has just decided one after the other."""
    return pairs.streak


@_pair("任务切换耗时", "min", _EFFICIENCY, _COST, _STATISTICS, attribute=_KIND_LAST)
def pair_switch_minutes(pairs: KindPairs) -> Values:
    """Extra handle minutes that the kind takes here after the kind that the person did last."""
    return pairs.switch_minutes


def _known_from(pairs: TrialKinds) -> Values:
    return pairs.known_from


@_pair(
    "试派样本缺口",
    "ratio",
    _EFFECTIVENESS,
    _SCORE,
    _STATISTICS,
    attribute=Attribute.TRIAL,
    evidence=_known_from,
    needs=("pair_kind_done_count",),
)
def pair_trial_need(pairs: TrialKinds) -> Values:
    """What is missing of the decisions of the kind from which a person is known; unknown for tasks that are not low-risk."""
    return pairs.missing_share


@_pair("本产品办结件数", "count", _EFFICIENCY, _SCORE, _STATISTICS, attribute=Attribute.PRODUCT)
def pair_product_done_count(pairs: NamedPairs) -> Values:
    """Tasks of the product decided."""
    return pairs.sums[ProductCell.DONE]


@_pair("承办该省件数", "count", _EFFICIENCY, _SCORE, _STATISTICS, attribute=Attribute.HOME)
def pair_home_done_count(pairs: HomePairs) -> Values:
    """Tasks of the home province decided."""
    return pairs.sums[HomeCell.DONE]


@_pair("异地件效率比", "ratio", _EFFICIENCY, _SCORE, _STATISTICS, attribute=Attribute.HOME)
def pair_home_handle_ratio(pairs: HomePairs) -> Values:
    """The person's minutes per work unit on that province's tasks over those on the own province's; unknown at home."""
    return pairs.handle_ratio


@_pair("本渠道办结件数", "count", _EFFICIENCY, _SCORE, _STATISTICS, attribute=Attribute.CHANNEL)
def pair_channel_done_count(pairs: NamedPairs) -> Values:
    """Tasks of the sales channel decided."""
    return pairs.sums[ChannelCell.DONE]


@_pair(
    "预计办结时点",
    "min",
    _EFFICIENCY,
    _COST,
    Source.LOAD,
    attribute=_KIND_LOAD,
    evidence=_kind_decided,
    needs=("pair_kind_handle_minutes", "operator_ready_in_minutes"),
)
def pair_finish_minutes(pairs: KindPairs) -> Values:
    """Minutes until the person would have decided the task: hands empty, then the kind's handling."""
    return pairs.candidates.value("operator_ready_in_minutes") + pairs.handle_minutes


@_pair(
    "班内完成余量",
    "min",
    _EFFICIENCY,
    Role.FILTER,
    Source.CALENDAR,
    attribute=_KIND_LOAD,
    needs=(
        "pair_kind_handle_minutes",
        "operator_handle_minutes_cv",
        "operator_ready_in_minutes",
        "operator_shift_minutes_left",
    ),
)
def pair_shift_fit_minutes(pairs: KindPairs) -> Values:
    """What is left of the shift once nine in ten tasks of the kind would be decided; unknown without a shift."""
    slow = pairs.handle_minutes * pairs.p90_factor
    candidates = pairs.candidates
    return candidates.value("operator_shift_minutes_left") - candidates.value("operator_ready_in_minutes") - slow


@_pair(
    "本类件合格率",
    "ratio",
    _QUALITY,
    _SCORE,
    _REVIEWS,
    attribute=_KIND,
    evidence=_kind_reviews,
    needs=("operator_qa_pass_ratio",),
)
def pair_kind_qa_pass_ratio(pairs: KindPairs) -> Values:
    """Pass ratio of the person's reviews of the kind, drawn to the roster's figure or else to the person's in the line."""
    return pairs.pass_ratio


@_pair(
    "本产品合格率",
    "ratio",
    _QUALITY,
    _SCORE,
    _REVIEWS,
    attribute=Attribute.PRODUCT,
    needs=("operator_qa_pass_ratio",),
)
def pair_product_qa_pass_ratio(pairs: NamedPairs) -> Values:
    """Pass ratio of the person's reviews of the product, drawn to the person's in the line."""
    return pairs.pass_ratio(ProductCell.PASSED, ProductCell.REVIEWED, ProductCell.REVIEWS)


@_pair(
    "同金额段合格率",
    "ratio",
    _QUALITY,
    _SCORE,
    _REVIEWS,
    attribute=Attribute.AMOUNT_BAND,
    needs=("operator_qa_pass_ratio",),
)
def pair_amount_band_qa_pass_ratio(pairs: NamedPairs) -> Values:
    """Pass ratio of the person's reviews of like amounts, drawn to the person's in the line."""
    return pairs.pass_ratio(AmountBandCell.PASSED, AmountBandCell.REVIEWED, AmountBandCell.REVIEWS)


@_pair(
    "承办该省合格率",
    "ratio",
    _QUALITY,
    _SCORE,
    _REVIEWS,
    attribute=Attribute.HOME,
    needs=("operator_qa_pass_ratio",),
)
def pair_home_qa_pass_ratio(pairs: HomePairs) -> Values:
    """Pass ratio of the person's reviews of the home's tasks, drawn to the person's in the line: knowledge of local rules."""
    return pairs.pass_ratio(HomeCell.PASSED, HomeCell.REVIEWED, HomeCell.REVIEWS)


@_pair("同医院办结件数", "count", _QUALITY, _SCORE, _STATISTICS, attribute=Attribute.HOSPITAL)
def pair_hospital_done_count(pairs: NamedPairs) -> Values:
    """Tasks with papers of that hospital decided."""
    return pairs.sums[HospitalCell.DONE]


@_pair(
    "按时办结概率",
    "0-1",
    _EFFECTIVENESS,
    _SCORE,
    _STATISTICS,
    attribute=Attribute.SLACK,
    needs=("pair_kind_handle_minutes", "operator_ready_in_minutes", "operator_handle_minutes_cv"),
)
def pair_on_time_probability(pairs: SlackPairs) -> Values:
    """Chance that the person decides the task by its due time: lognormal handling after the work in hand."""
    kinds = pairs.kinds
    mean = pairs.of_kind(kinds.handle_minutes)
    variance = pairs.of_kind(kinds.log_variance)
    left = pairs.minutes_left - pairs.candidates.value("operator_ready_in_minutes")
    # Half a minute stands for "no time left": the logarithm needs something, and nobody decides in that.
    distance = np.log(np.maximum(left, 0.5)) - (np.log(mean) - variance / 2.0)
    return 1.0 / (1.0 + np.exp(-_LOGISTIC * distance / np.sqrt(variance)))
