"""The matching model that is shipped: what each parameter is worth until somebody who runs the business says otherwise.

Theory of operation
-------------------
* A curve's points say how good a value is, a weight how much that matters. The most that any one parameter brings is weight x 1000.
* Curves of age, speed and experience are logarithmic: then adding points multiplies the rate at which waiting costs and the speed of the
  person, which is the generalised c-mu rule (Mandelbaum & Stolyar, Operations Research 52(6), 2004) in sums.
* One minute of waiting is worth 300 (`ageing_per_minute`), so a priority level is worth twenty minutes and the green channel four hours.

The tables name every parameter that counts, in the order of the catalogue; a comment says why where the number does not.
"""

from actors.core.country import Line
from actors.core.matching.model import FilterSettings, MatchingModel, Shares, Weighting
from actors.core.matching.points import Curve

_FLAG: Curve = ((0, 0), (1, 1_000))


def _all(weight: int, *curve: tuple[float, int]) -> Weighting:
    """The same weight in every line."""
    return Weighting(curve=curve, weights=dict.fromkeys(Line, weight))


def _each(servicing: int, underwriting: int, claims: int, *curve: tuple[float, int]) -> Weighting:
    """A weight for each line."""
    weights = {Line.SERVICING: servicing, Line.UNDERWRITING: underwriting, Line.CLAIMS: claims}
    return Weighting(curve=curve, weights=weights)


#: Pass ratios and the like, of which the usual is 0.96.
_PASSED: Curve = ((0.85, -1_000), (0.93, -300), (0.96, 0), (0.99, 700), (1, 1_000))
#: On-time ratios, of which the usual is 0.92.
_ON_TIME: Curve = ((0.7, -1_000), (0.92, 0), (1, 500))
#: Ratios of what should not happen: nothing is lost up to the first value.
_RARELY: Curve = ((0.03, 0), (0.3, -1_000))
#: Two hundred points an octave: adding them multiplies the speed.
_MINUTES: Curve = ((2, 600), (4, 400), (8, 200), (16, 0), (32, -200), (64, -400), (128, -600), (512, -1_000))

#: Weight x points are hundredths of a per cent by which the share of the parameter's own dimension goes up or down: 10 x 100 is ten per cent.
SHARES: dict[str, Weighting] = {
    # Long work: speed pays more.
    "task_standard_minutes": _all(6, (5, 0), (60, 40)),
    # Hard work: experience and care before speed.
    "task_complexity_class": _all(10, (2, 0), (5, -100)),
    "task_expected_handle_minutes": _all(4, (5, 0), (60, 40)),
    "task_handle_minutes_p90": _all(3, (20, 0), (120, 40)),
    "task_page_count": _all(8, (10, 0), (100, 60)),
    "task_policy_count": _all(6, (1, 0), (10, 40)),
    # Passed around already: let somebody quick end it.
    "task_handover_count": _all(8, (0, 0), (3, 80)),
    "task_batch_remaining": _all(6, (0, 0), (20, 60)),
    "task_risk_score": _each(6, 10, 10, (0.2, 0), (0.9, 150)),
    "task_amount_percentile": _each(4, 8, 8, (0.5, 0), (1, 120)),
    "task_missing_document_count": _all(6, (0, 0), (4, 60)),
    "task_return_count": _all(8, (0, 0), (3, 100)),
    "task_kind_defect_ratio": _all(6, (0.02, 0), (0.1, 120)),
    "hour_defect_factor": _all(6, (1, 0), (1.5, 100)),
}

URGENCY: dict[str, Weighting] = {
    # Logarithmic: the first half hour counts as much as the next two days.
    "task_waiting_minutes": _all(10, (0, 0), (5, 100), (30, 300), (120, 500), (480, 700), (2_880, 1_000)),
    "task_age_minutes": _all(10, (0, 0), (30, 200), (240, 500), (1_440, 800), (10_080, 1_000)),
    # The customer has brought the papers: no second wait.
    "task_hold_minutes": _all(12, (0, 0), (60, 200), (1_440, 600), (10_080, 1_000)),
    "task_offer_attempts": _all(10, (0, 0), (1, 200), (5, 1_000)),
    "task_resubmitted_flag": _all(12, *_FLAG),
    # Twenty minutes a level.
    "task_priority_class": _all(60, (0, 0), (9, 900)),
    # Four hours.
    "task_green_channel_flag": _all(72, *_FLAG),
    "task_customer_tier": _all(6, (1, 0), (5, 1_000)),
    # Twenty minutes each.
    "task_vulnerable_flag": _all(6, *_FLAG),
    "task_complaint_flag": _all(6, *_FLAG),
    "task_disaster_flag": _all(6, *_FLAG),
    # A short promise is one that was meant.
    "task_sla_minutes": _all(6, (60, 1_000), (480, 400), (2_880, 0)),
    # An hour's worth at the promise, and still rising beyond it.
    "task_slack_minutes": _all(30, (-480, 1_000), (-60, 800), (0, 600), (60, 300), (240, 100), (1_440, 0)),
    "task_slack_ratio": _all(8, (-0.5, 1_000), (0, 600), (0.5, 100), (1, 0)),
    # The law comes before the promise.
    "task_statutory_days_left": _all(30, (0, 1_000), (2, 700), (5, 300), (15, 0)),
    "task_breach_points": _all(6, (0, 0), (100, 1_000)),
}

#: What the person is like. Each matters little: experience of the kind and speed in it decide (`PAIRS`).
OPERATORS: dict[str, Weighting] = {
    "operator_handle_minutes_mean": _all(4, *_MINUTES),
    "operator_handle_minutes_cv": _all(3, (0.3, 200), (0.9, 0), (2, -500)),
    "operator_standard_efficiency": _all(10, (0.5, -1_000), (0.71, -500), (1, 0), (1.41, 500), (2, 1_000)),
    "operator_units_per_hour": _all(3, (1, -600), (4, 0), (10, 500), (20, 800)),
    # Spread the day's work.
    "operator_units_today": _all(5, (0, 0), (40, -300), (100, -1_000)),
    "operator_accept_seconds": _all(3, (2, 200), (5, 100), (15, 0), (30, -600)),
    "operator_offer_accept_ratio": _all(3, (0.5, -1_000), (0.9, 0), (1, 200)),
    "operator_offer_expire_ratio": _all(4, *_RARELY),
    # Declining is a right; declining everything is a sign.
    "operator_decline_ratio": _all(2, (0.1, 0), (0.6, -1_000)),
    "operator_touch_ratio": _all(2, (0, 0), (1, 300)),
    "operator_suspend_ratio": _all(4, (0.05, 0), (0.4, -1_000)),
    "operator_minutes_per_page": _all(2, (0.5, 300), (2, 0), (6, -600)),
    "operator_wip_count": _all(4, (0, 0), (5, -1_000)),
    "operator_wip_minutes": _all(4, (0, 0), (30, -400), (120, -1_000)),
    "operator_load_ratio": _all(10, (0, 0), (1, -1_000)),
    "operator_ready_in_minutes": _all(6, (0, 0), (5, -150), (15, -400), (60, -800), (240, -1_000)),
    # Longest idle first, full after ten minutes.
    "operator_idle_minutes": _all(10, (0, 0), (10, 1_000)),
    "operator_warmup_minutes": _all(2, (0, -300), (15, 0), (30, 100)),
    "operator_first_hour_ratio": _all(2, (0.7, -500), (1, 0), (1.2, 300)),
    "operator_last_hours_ratio": _all(2, (0.7, -500), (1, 0), (1.2, 300)),
    "operator_tenure_months": _each(3, 6, 6, (0, -400), (6, 0), (36, 500), (120, 700)),
    "operator_training_hours_90d": _all(2, (0, 0), (40, 500)),
    "operator_qa_pass_ratio": _each(8, 12, 12, *_PASSED),
    "operator_qa_pass_lower": _each(4, 6, 6, (0.5, -400), (0.85, 0), (0.97, 500)),
    "operator_critical_defect_ratio": _each(10, 15, 15, (0, 200), (0.01, 0), (0.05, -1_000)),
    "operator_minor_defect_ratio": _all(5, (0, 150), (0.04, 0), (0.2, -1_000)),
    "operator_amount_error_bps": _each(2, 4, 6, (0, 200), (20, 0), (200, -1_000)),
    "operator_return_ratio": _all(5, (0, 100), (0.03, 0), (0.2, -1_000)),
    "operator_reopen_ratio": _all(5, (0, 100), (0.02, 0), (0.15, -1_000)),
    "operator_overturn_ratio": _each(4, 8, 8, (0, 100), (0.01, 0), (0.1, -1_000)),
    "operator_defect_recency": _all(6, (0, 0), (5, -500), (20, -1_000)),
    "operator_pass_slope_8w": _all(2, (-3, -500), (0, 0), (3, 500)),
    # Too lenient is as bad as too strict.
    "operator_leniency_index": _each(2, 4, 4, (-4, -800), (-1.5, 0), (1.5, 0), (4, -800)),
    "operator_peer_agreement": _each(2, 4, 4, (0, -600), (0.6, 0), (0.9, 400)),
    "operator_benchmark_score": _all(4, (0.6, -800), (0.9, 0), (1, 400)),
    "operator_rush_ratio": _all(5, (0.02, 0), (0.2, -1_000)),
    "operator_note_completeness": _all(2, (0.7, -500), (0.95, 0), (1, 200)),
    "operator_on_time_ratio": _all(8, *_ON_TIME),
    "operator_first_pass_ratio": _all(4, (0.6, -600), (0.85, 0), (1, 400)),
    "operator_transfer_ratio": _all(3, *_RARELY),
    "operator_release_ratio": _all(4, *_RARELY),
    "operator_urgent_on_time_ratio": _all(3, *_ON_TIME),
    "operator_shared_on_time_ratio": _all(2, *_ON_TIME),
    "operator_shared_share": _all(2, (0.2, 0), (0.8, -500)),
    "operator_hard_item_share": _all(2, (0.3, 0), (0.8, -800)),
    "operator_fairness_deficit_units": _all(5, (-20, -600), (0, 0), (20, 600)),
    "operator_cost_per_unit": _all(2, (5, 200), (15, 0), (50, -600)),
    "operator_continuous_minutes": _all(3, (120, 0), (240, -400), (480, -1_000)),
    # Specialists are kept free for what only they can do, and so is whoever was dear in the last round.
    "operator_scarcity": _all(5, (0.1, 0), (0.5, -400), (1, -1_000)),
    "operator_shadow_price": _all(3, (0, 0), (60_000, -1_000)),
    "overtime_defect_factor": _all(4, (1, 0), (1.5, -800)),
}

PAIRS: dict[str, Weighting] = {
    "pair_kind_handle_minutes": _all(60, *_MINUTES),
    # Logarithmic: the tenth task teaches as much as the next forty.
    "pair_kind_done_count": _all(60, (0, 0), (10, 170), (50, 420), (200, 670), (1_000, 1_000)),
    # Somebody quite new draws level with a hundred tasks done, and is known after twenty: what is learnt of them is worth a few slower tasks.
    "pair_trial_need": _all(30, *_FLAG),
    "pair_kind_recency_hours": _all(3, (1, 150), (24, 50), (168, 0), (1_440, -500)),
    "pair_kind_streak": _all(3, (0, 0), (3, 300), (10, 500)),
    "pair_switch_minutes": _all(3, (0, 0), (5, -1_000)),
    "pair_product_done_count": _each(4, 6, 6, (0, 0), (10, 300), (100, 1_000)),
    "pair_home_done_count": _all(5, (0, 0), (10, 300), (100, 1_000)),
    "pair_home_handle_ratio": _all(4, (0.8, 300), (1, 0), (1.3, -600)),
    "pair_channel_done_count": _all(2, (0, 0), (10, 300), (100, 1_000)),
    "pair_finish_minutes": _all(15, *_MINUTES),
    "pair_kind_qa_pass_ratio": _all(20, *_PASSED),
    "pair_product_qa_pass_ratio": _all(4, *_PASSED),
    "pair_amount_band_qa_pass_ratio": _each(2, 5, 5, *_PASSED),
    "pair_home_qa_pass_ratio": _all(5, *_PASSED),
    "pair_skill_min_margin": _all(3, (0, 0), (3, 500)),
    "pair_dialect_match": _all(6, *_FLAG),
    "pair_hospital_done_count": _each(0, 0, 5, (0, 0), (5, 300), (50, 1_000)),
    "pair_on_time_probability": _all(15, (0, -500), (0.5, -200), (0.9, 200), (1, 500)),
    # Who is named by the branch, and above all who knows the very task or its case.
    "pair_preferred_flag": _all(18, *_FLAG),
    "pair_customer_recency_days": _all(8, (0, 1_000), (30, 500), (180, 0)),
    "pair_case_family_flag": _all(36, *_FLAG),
    "pair_same_province_flag": _all(3, *_FLAG),
    # Two thousand a level: keep authority free for what needs it.
    "pair_surplus_level": _all(10, (0, 0), (5, -1_000)),
    "pair_practice_need": _all(4, *_FLAG),
}


#: Points of hosts are summed up in hundredths: 10 x 1000 is a hundred, a sixth of what the experience of its people can bring.
HOSTS: dict[str, Weighting] = {
    "host_load_ratio": _all(10, (0.5, 0), (1, -1_000)),
    "host_backlog_minutes": _all(8, (0, 0), (60, -300), (600, -1_000)),
    "host_idle_operators": _all(6, (0, 0), (3, 400), (20, 1_000)),
    "host_signed_in_operators": _all(3, (0, 0), (10, 400), (60, 1_000)),
    "host_shared_wip": _all(5, (0, 0), (20, -300), (200, -1_000)),
    "host_handle_minutes_mean": _all(4, *_MINUTES),
    "host_qa_pass_ratio": _all(10, *_PASSED),
    "host_share_in_ratio_today": _all(4, (0.1, 0), (0.6, -1_000)),
    "link_handle_ratio": _all(6, (0.8, 300), (1, 0), (1.5, -1_000)),
    "link_pickup_seconds": _all(4, (1, 200), (10, 0), (120, -1_000)),
    "link_shared_qa_gap": _all(8, (-5, -1_000), (0, 0), (2, 300)),
    "link_return_ratio": _all(8, (0, 100), (0.03, 0), (0.2, -1_000)),
    # Who has done much for us is spared a little.
    "link_settlement_balance_units": _all(3, (-1_000, 500), (0, 0), (1_000, -500)),
    "link_on_time_ratio": _all(8, *_ON_TIME),
}

#: Permille by which a home's thresholds for sharing fall, in hundredths: 2 x 1000 is twenty permille. All of them together: a quarter.
HOMES: dict[str, Weighting] = {
    "home_backlog_minutes": _all(2, (60, 0), (3_000, 1_000)),
    "home_drain_minutes": _all(3, (15, 0), (240, 1_000)),
    "home_arrivals_per_hour": _all(1, (20, 0), (2_000, 1_000)),
    "home_surge_ratio": _all(4, (1.2, 0), (3, 1_000)),
    "home_stranded_ratio": _all(3, (0, 0), (0.5, 1_000)),
    "home_overlong_ratio": _all(2, (0.05, 0), (0.5, 1_000)),
    "home_load_ratio": _all(2, (0.7, 0), (1, 1_000)),
    "home_on_time_ratio": _all(3, (0.7, 1_000), (0.95, 0), (1, -300)),
    "home_breach_forecast": _all(3, (0, 0), (50, 1_000)),
    "hour_arrival_factor": _all(2, (0.5, -300), (1, 0), (2, 1_000)),
}


def shipped_model() -> MatchingModel:
    """Revision 1: what a new system starts with."""
    return MatchingModel(
        weightings=SHARES | URGENCY | OPERATORS | PAIRS | HOSTS | HOMES,
        base_shares={
            Line.SERVICING: Shares(40, 30, 30),
            Line.UNDERWRITING: Shares(30, 42, 28),
            Line.CLAIMS: Shares(34, 36, 30),
        },
        filters=FilterSettings(amount_authority=((100_000_000, 2), (500_000_000, 3), (2_000_000_000, 4))),
        note="shipped",
    )
