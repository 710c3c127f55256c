"""Every number that the statistics keep, one member a number.

A cell is a running sum. Unless its line says otherwise it decays with the half-life that its table names in `DECAYS`; a cell that is
*plain* does not decay (an instant, a stamp, a count of today, a balance). A ratio is never stored: it is one cell over another, so that it
can be summed over people and over provinces and shrunk at any level.

Refused: one cell per parameter. Most parameters are ratios of a few sums, and a sum is the only thing that adds up to a province's and to
the country's value without being kept a second time.
"""

from collections.abc import Iterable
from enum import IntEnum

#: Weeks of which the pass ratio is kept one by one.
WEEKS = 8
#: Cells of one week within `ReviewCell`.
WEEK_CELLS = 3
#: Classes of complexity, 0 (unknown) to 5, and bands of page counts: none told, to 5, to 20, above.
COMPLEXITIES = 6
PAGE_BANDS = 4
#: Four buckets an octave up to 2^40 fen (11 thousand million yuan).
AMOUNT_BUCKETS = 164
#: Amount bands for quality: below 1,000, 10,000, 100,000, 1,000,000 yuan, and above; 0: no amount told.
AMOUNT_BANDS = 6
HOURS_OF_WEEK = 168
HOURS_OF_DAY = 24
#: The first hour of a sign-in and the last hours of a rostered shift, at which people work at a pace of their own.
FIRST_HOUR_MINUTES = 60
LAST_HOURS_MINUTES = 120
#: Longer signed in than this is overtime.
OVERTIME_MINUTES = 8 * 60


class Decay(IntEnum):
    """How fast a cell forgets; the half-lives are in `decay`."""

    #: Not at all.
    PLAIN = 0
    #: 28 days, which are 20 working days: how somebody works.
    WORK = 1
    #: 84 days, which are 60 working days: reviews, which are rare.
    QUALITY = 2
    #: 182 days: what somebody has done in about a year.
    EXPERIENCE = 3
    #: exp(-age / 30 days): defects that were found lately.
    DEFECTS = 4


class LineCell(IntEnum):
    """Operator x line of business."""

    #: Tasks decided.
    DECIDED = 0
    #: Minutes in IN_PROGRESS of the tasks decided, over all stints.
    HANDLE_MINUTES = 1
    #: Their squares, min^2.
    HANDLE_MINUTES_SQUARED = 2
    #: Work units of the tasks decided; one is six standard minutes.
    UNITS = 3
    #: Pages of the tasks decided.
    PAGES = 4
    #: Their squares.
    PAGES_SQUARED = 5
    #: Pages x handle minutes of the tasks decided.
    PAGE_MINUTES = 6
    #: Tasks decided by their due time: their own, or else the promise of their kind.
    ON_TIME = 7
    #: Tasks decided without a hold and without having been in other hands.
    FIRST_PASS = 8
    #: Tasks taken in hand: offer accepted, assigned or fetched.
    TAKEN = 9
    #: Tasks begun; a resumed one is begun again.
    STARTED = 10
    #: Tasks put on hold.
    SUSPENDED = 11
    #: Tasks that went from hand to another's: reassigned by a team lead, or referred upwards.
    TRANSFERRED = 12
    #: Tasks returned to the branch undecided.
    RETURNED = 13
    #: Decisions that came back as a new task because the case was reopened.
    REOPENED = 14
    #: Decisions that came back because the branch or the next step sent them back.
    SENT_BACK = 15
    #: Decisions changed by a review, or by an appeal that was granted.
    OVERTURNED = 16
    #: Reviews, each weighted by one over its sampling probability. QUALITY.
    REVIEWED = 17
    #: Of that weight, passed. QUALITY.
    PASSED = 18
    #: Of that weight, with a critical defect. QUALITY.
    CRITICAL = 19
    #: Of that weight, with a minor defect. QUALITY.
    MINOR = 20
    #: Reviews, each counted once: the sample size. QUALITY.
    REVIEWS = 21


class OperatorCell(IntEnum):
    """Operator, all lines together."""

    #: Offers made.
    OFFERS = 0
    #: Offers accepted.
    OFFERS_ACCEPTED = 1
    #: Offers that nobody answered in time.
    OFFERS_EXPIRED = 2
    #: Offers declined.
    OFFERS_DECLINED = 3
    #: Natural logarithm of the seconds from offer to accept, at least one second; e to its mean is the median of a lognormal.
    ACCEPT_LOG_SECONDS = 4
    #: Tasks taken in hand.
    TAKEN = 5
    #: Tasks taken and then given back: released, or lost with the lease or the session.
    RELEASED = 6
    #: Minutes signed in, breaks included, of the stints that have ended; the open one is the reader's to add.
    SIGNED_IN_MINUTES = 7
    #: Minutes in IN_PROGRESS of the stints that have ended, however they ended.
    WORKED_MINUTES = 8
    #: Tasks decided.
    DECIDED = 9
    #: Tasks decided in under a fifth of their standard time.
    RUSHED = 10
    #: Tasks approved, in full or in part.
    APPROVED = 11
    #: Approvals to be expected of the same kinds here: the sum of the kinds' approval ratios p.
    APPROVED_EXPECTED = 12
    #: Their variance: the sum of p(1 - p).
    APPROVED_VARIANCE = 13
    #: Green-channel tasks decided.
    GREEN_DECIDED = 14
    #: Of those, decided by their due time.
    GREEN_ON_TIME = 15
    #: Other provinces' tasks decided.
    SHARED_DECIDED = 16
    #: Of those, decided by their due time.
    SHARED_ON_TIME = 17
    #: Work units of all tasks decided.
    UNITS = 18
    #: Of those, of other provinces' tasks.
    SHARED_UNITS = 19
    #: Of those, of tasks of complexity 4 and 5.
    HARD_UNITS = 20
    #: Work units of tasks decided within an hour of signing in, and the minutes they took.
    FIRST_HOUR_UNITS = 21
    FIRST_HOUR_MINUTES = 22
    #: Work units of tasks decided in the last two hours of the rostered shift, and the minutes they took.
    LAST_HOURS_UNITS = 23
    LAST_HOURS_MINUTES = 24
    #: Which local day (Asia/Shanghai, days since 1970) the cells of today are of. Plain.
    DAY = 25
    #: Work units decided today. Plain.
    UNITS_TODAY = 26
    #: Work units taken in hand today. Plain.
    UNITS_TAKEN_TODAY = 27
    #: Minutes in IN_PROGRESS today, of the stints that have ended today. Plain.
    WORKED_MINUTES_TODAY = 28
    #: Minutes signed in today, of the sign-ins that have ended today. Plain.
    SIGNED_IN_MINUTES_TODAY = 29
    #: Tasks of the kind decided last, one after the other. Plain.
    STREAK = 30


class ReviewCell(IntEnum):
    """Operator, from reviews alone; QUALITY. After these come the weeks, `WEEK_CELLS` cells each (`WeekCell`)."""

    #: Absolute errors of amount found, fen.
    AMOUNT_ERROR_FEN = 0
    #: Amounts reviewed, fen.
    AMOUNT_REVIEWED_FEN = 1
    #: Severity points of defects (minor 1, critical 5). DEFECTS.
    DEFECT_POINTS = 2
    #: Blind double reviews.
    BLIND = 3
    #: Of those, agreed.
    BLIND_AGREED = 4
    #: Benchmark tasks (the answer is known).
    BENCHMARKS = 5
    #: Their scores, 0..1.
    BENCHMARK_SCORE = 6
    #: Reviews that judged the note.
    NOTES = 7
    #: Of those, complete.
    NOTES_COMPLETE = 8
    #: First cell of the weeks.
    WEEKS = 9


class WeekCell(IntEnum):
    """One week of an operator's reviews. Plain: a week is overwritten eight weeks later."""

    #: Which week (weeks since 1970, Monday first); 0: none yet.
    WEEK = 0
    #: Reviews, weighted by one over their sampling probability.
    REVIEWED = 1
    #: Of that weight, passed.
    PASSED = 2


class KindCell(IntEnum):
    """Operator x kind."""

    #: Tasks decided.
    DECIDED = 0
    #: Their handle minutes.
    HANDLE_MINUTES = 1
    #: Tasks decided, remembered longer. EXPERIENCE.
    DONE = 2
    #: When the last one was decided, Unix ms. Plain.
    LAST_DECIDED_MS = 3
    #: Weight of reviews, and what of it passed. QUALITY.
    REVIEWED = 4
    PASSED = 5
    #: Reviews, each counted once. QUALITY.
    REVIEWS = 6


class ProductCell(IntEnum):
    """Operator x product."""

    #: Tasks decided. EXPERIENCE.
    DONE = 0
    #: Weight of reviews, what of it passed, and their number. QUALITY.
    REVIEWED = 1
    PASSED = 2
    REVIEWS = 3


class HomeCell(IntEnum):
    """Operator x home province of the task."""

    #: Tasks decided. EXPERIENCE.
    DONE = 0
    #: Handle minutes of the tasks decided, and their work units; WORK.
    HANDLE_MINUTES = 1
    UNITS = 2
    #: Tasks decided; WORK.
    DECIDED = 3
    #: Weight of reviews, what of it passed, and their number. QUALITY.
    REVIEWED = 4
    PASSED = 5
    REVIEWS = 6


class ChannelCell(IntEnum):
    """Operator x sales channel."""

    #: Tasks decided. EXPERIENCE.
    DONE = 0


class HospitalCell(IntEnum):
    """Operator x hospital."""

    #: Tasks decided. EXPERIENCE.
    DONE = 0


class AmountBandCell(IntEnum):
    """Operator x amount band. QUALITY."""

    #: Weight of reviews, what of it passed, and their number.
    REVIEWED = 0
    PASSED = 1
    REVIEWS = 2


class KindTotalCell(IntEnum):
    """Kind, all operators of the province together, those who have left included."""

    #: Tasks decided.
    DECIDED = 0
    #: Their handle minutes.
    HANDLE_MINUTES = 1
    #: Of the tasks decided, approved in full or in part.
    APPROVED = 2
    #: Weight of reviews, and what of it failed. QUALITY.
    REVIEWED = 3
    FAILED = 4
    #: Reviews, each counted once. QUALITY.
    REVIEWS = 5


class HandleCell(IntEnum):
    """Kind x complexity x page band: the distribution of handle minutes as a lognormal."""

    #: Tasks decided.
    DECIDED = 0
    #: Natural logarithms of their handle minutes (at least one second), and the squares of those.
    LOG_MINUTES = 1
    LOG_MINUTES_SQUARED = 2


class SwitchCell(IntEnum):
    """Kind before x kind now, all operators together."""

    #: Tasks decided right after one of the kind before.
    DECIDED = 0
    #: Their handle minutes.
    HANDLE_MINUTES = 1


class LinkCell(IntEnum):
    """Another province x direction: `OUT`, it hosts our tasks; `IN`, we host its tasks."""

    #: Shared tasks decided.
    DECIDED = 0
    #: Their work units and handle minutes.
    UNITS = 1
    HANDLE_MINUTES = 2
    #: Of those decided, by their due time.
    ON_TIME = 3
    #: Moves handed over, and the logarithm of the seconds from the decision to share to the host's accept being known.
    PICKUPS = 4
    PICKUP_LOG_SECONDS = 5
    #: Shared decisions that the home sent back or reopened.
    SENT_BACK = 6
    #: Weight of reviews of shared tasks, what of it passed, and their number. QUALITY; known at the host only.
    REVIEWED = 7
    PASSED = 8
    REVIEWS = 9
    #: Thousandths of work units decided in all: exact whole numbers. Plain.
    UNITS_MILLI = 10


class LinkDirection(IntEnum):
    """Which way tasks go over a link."""

    OUT = 0
    IN = 1


class LineTodayCell(IntEnum):
    """Line of business, today. All plain."""

    #: Which local day the others are of.
    DAY = 0
    #: Tasks of this home decided today, wherever; and of these, decided by their due time.
    DECIDED = 1
    ON_TIME = 2
    #: Work units decided here, and of those of other provinces' tasks.
    UNITS = 3
    SHARED_UNITS = 4
    #: Tasks of other provinces taken in today.
    SHARED_TAKEN = 5


class HourCell(IntEnum):
    """Hour of the local day in which the task was decided; and, in a table of its own, within or beyond eight hours signed in. QUALITY."""

    #: Weight of reviews, and what of it failed.
    REVIEWED = 0
    FAILED = 1
    #: Reviews, each counted once.
    REVIEWS = 2


def _decays(
    cells: type[IntEnum],
    *,
    quality: Iterable[IntEnum] = (),
    experience: Iterable[IntEnum] = (),
    plain: Iterable[IntEnum] = (),
    defects: Iterable[IntEnum] = (),
) -> tuple[Decay, ...]:
    """How each cell of a table decays: by WORK unless named."""
    named = dict.fromkeys(map(int, quality), Decay.QUALITY) | dict.fromkeys(map(int, experience), Decay.EXPERIENCE)
    named |= dict.fromkeys(map(int, plain), Decay.PLAIN) | dict.fromkeys(map(int, defects), Decay.DEFECTS)
    return tuple(named.get(int(cell), Decay.WORK) for cell in cells)


#: (table's cells) -> how each of them decays, in the order of the cells.
DECAYS: dict[type[IntEnum], tuple[Decay, ...]] = {
    LineCell: _decays(LineCell, quality=(cell for cell in LineCell if cell >= LineCell.REVIEWED)),
    OperatorCell: _decays(OperatorCell, plain=(cell for cell in OperatorCell if cell >= OperatorCell.DAY)),
    ReviewCell: _decays(ReviewCell, quality=ReviewCell, defects=(ReviewCell.DEFECT_POINTS,), plain=(ReviewCell.WEEKS,)),
    WeekCell: _decays(WeekCell, plain=WeekCell),
    KindCell: _decays(
        KindCell,
        experience=(KindCell.DONE,),
        plain=(KindCell.LAST_DECIDED_MS,),
        quality=(KindCell.REVIEWED, KindCell.PASSED, KindCell.REVIEWS),
    ),
    ProductCell: _decays(ProductCell, quality=ProductCell, experience=(ProductCell.DONE,)),
    HomeCell: _decays(
        HomeCell, experience=(HomeCell.DONE,), quality=(HomeCell.REVIEWED, HomeCell.PASSED, HomeCell.REVIEWS)
    ),
    ChannelCell: _decays(ChannelCell, experience=ChannelCell),
    HospitalCell: _decays(HospitalCell, experience=HospitalCell),
    AmountBandCell: _decays(AmountBandCell, quality=AmountBandCell),
    KindTotalCell: _decays(
        KindTotalCell, quality=(KindTotalCell.REVIEWED, KindTotalCell.FAILED, KindTotalCell.REVIEWS)
    ),
    HandleCell: _decays(HandleCell),
    SwitchCell: _decays(SwitchCell),
    LinkCell: _decays(
        LinkCell, quality=(LinkCell.REVIEWED, LinkCell.PASSED, LinkCell.REVIEWS), plain=(LinkCell.UNITS_MILLI,)
    ),
    LineTodayCell: _decays(LineTodayCell, plain=LineTodayCell),
    HourCell: _decays(HourCell, quality=HourCell),
}


def like_band(complexity: int, pages: int) -> int:
    """The row of `handling` for tasks of this complexity and page count, 0..`COMPLEXITIES` * `PAGE_BANDS` - 1."""
    known = complexity if 0 < complexity < COMPLEXITIES else 0
    if pages <= 0:
        return known * PAGE_BANDS
    return known * PAGE_BANDS + (1 if pages <= 5 else 2 if pages <= 20 else 3)


def amount_band(amount_fen: int) -> int:
    """The amount band of an amount, 0..`AMOUNT_BANDS` - 1; 0: not told."""
    if amount_fen <= 0:
        return 0
    return 1 + sum(amount_fen >= limit for limit in (100_000, 1_000_000, 10_000_000, 100_000_000))


def amount_bucket(amount_fen: int) -> int:
    """The bucket of an amount of at least 1 fen in the histogram, 0..`AMOUNT_BUCKETS` - 1: octave and quarter of it."""
    octave = min(amount_fen.bit_length() - 1, AMOUNT_BUCKETS // 4 - 1)
    quarter = (amount_fen << 2 >> octave) & 3 if amount_fen >> octave < 2 else 3
    return octave * 4 + quarter
