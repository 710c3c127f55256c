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


#: Weight x points are hundredths of a per cent by which the share of the parameter's own dimension goes up or down: 10 x 100 is ten per cent.
SHARES: dict[str, Weighting] = {
    # Long work: speed pays more.
    "task_standard_minutes": _all(10, (5, 0), (60, 40)),
    # Hard work: experience and care before speed.
    "task_complexity_class": _all(10, (2, 0), (5, -100)),
    "task_page_count": _all(10, (10, 0), (100, 60)),
    "task_policy_count": _all(10, (1, 0), (10, 40)),
    # Passed around already: let somebody quick end it.
    "task_handover_count": _all(10, (0, 0), (3, 80)),
    "task_risk_score": _each(10, 15, 15, (0.2, 0), (0.9, 150)),
    "task_missing_document_count": _all(10, (0, 0), (4, 60)),
}

URGENCY: dict[str, Weighting] = {
    # Logarithmic: the first half hour counts as much as the next two days.
    "task_waiting_minutes": _all(10, (0, 0), (5, 100), (30, 300), (120, 500), (480, 700), (2_880, 1_000)),
    "task_age_minutes": _all(10, (0, 0), (30, 200), (240, 500), (1_440, 800), (10_080, 1_000)),
    # The customer has brought the papers: no second wait.
    "task_hold_minutes": _all(20, (0, 0), (60, 200), (1_440, 600), (10_080, 1_000)),
    "task_offer_attempts": _all(15, (0, 0), (1, 200), (5, 1_000)),
    # Twenty minutes a level.
    "task_priority_class": _all(60, (0, 0), (9, 900)),
    # Four hours.
    "task_green_channel_flag": _all(72, (0, 0), (1, 1_000)),
    "task_customer_tier": _all(6, (1, 0), (5, 1_000)),
    # Twenty minutes each.
    "task_vulnerable_flag": _all(6, *_FLAG),
    "task_complaint_flag": _all(6, *_FLAG),
    "task_disaster_flag": _all(6, *_FLAG),
    # A short promise is one that was meant.
    "task_sla_minutes": _all(6, (60, 1_000), (480, 400), (2_880, 0)),
}


def shipped_model() -> MatchingModel:
    """Revision 1: what a new system starts with."""
    return MatchingModel(
        weightings=SHARES | URGENCY,
        base_shares={
            Line.SERVICING: Shares(40, 30, 30),
            Line.UNDERWRITING: Shares(30, 42, 28),
            Line.CLAIMS: Shares(34, 36, 30),
        },
        filters=FilterSettings(amount_authority=((100_000_000, 2), (500_000_000, 3), (2_000_000_000, 4))),
        note="shipped",
    )
