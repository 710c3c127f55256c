"""Pictures of a busy country for `sharedops bench plan`: made up, the same for the same seed, and harder than any real day.

Four provinces in ten are hard pressed in a line, everything waits there; two in ten have a queue but no more than they can bear; the others
have people free. Every sixth province's policy is BEST_MATCH. From one picture to the next half of the lines change their lot, so that links are opened
and closed all the time.
"""

from collections.abc import Iterator
from itertools import cycle
from random import Random

from actors.core.country import Line, ProvinceStatus, ShareOutMode, SharingPolicy
from actors.core.ids import KindId, ProvinceCode
from actors.core.line_summary import LineSummary
from actors.core.sharing.summary import KindSummary, NationalPicture, ProvinceSummary

PICTURE_EVERY_MS = 500
#: Every so many provinces one looks for the best hands, too.
BEST_MATCH_EVERY = 6
BEST_MATCH_GAIN_POINTS = 150
MINUTE_MS = 60_000


def pictures(provinces: int, kinds: int, count: int, seed: int) -> Iterator[NationalPicture]:
    """Pictures in a row.

    Args:
        provinces: how many there are.
        kinds: of work, spread over the lines.
        count: of the pictures.
    """
    draw = Random(seed)
    codes = [ProvinceCode(f"p{number:03}") for number in range(provinces)]
    lots = {(code, line): draw.random() for code in codes for line in Line}
    for revision in range(1, count + 1):
        yield NationalPicture(
            epoch=1,
            revision=revision,
            time_ms=revision * PICTURE_EVERY_MS,
            provinces=tuple(_province(draw, number, code, kinds, lots) for number, code in enumerate(codes)),
        )
        for key in lots:
            if draw.random() < 0.5:
                lots[key] = draw.random()


def _province(
    draw: Random, number: int, code: ProvinceCode, kinds: int, lots: dict[tuple[ProvinceCode, Line], float]
) -> ProvinceSummary:
    best = number % BEST_MATCH_EVERY == 0
    policy = SharingPolicy(
        share_out_mode=ShareOutMode.BEST_MATCH if best else ShareOutMode.OVERFLOW,
        best_match_gain_points=BEST_MATCH_GAIN_POINTS,
        reserve_operators=1,
    )
    return ProvinceSummary(
        province=code,
        time_ms=0,
        status=ProvinceStatus.ACTIVE,
        policy=policy,
        kinds=tuple(_kind(draw, line, index, lots[code, line]) for index, line in zip(range(kinds), cycle(Line))),
        lines=tuple(LineSummary(line=line, arrivals_per_hour=draw.randrange(60), signed_in=40) for line in Line),
        capacity=400,
        in_use=draw.randrange(400),
    )


def _kind(draw: Random, line: Line, index: int, lot: float) -> KindSummary:
    """One kind of a line that is hard pressed (`lot` below 0.4), has a queue (below 0.6), or has people free."""
    hard, queue = lot < 0.4, lot < 0.6
    return KindSummary(
        kind=KindId(f"{line}-{index}"),
        line=line,
        waiting=draw.randrange(1, 200) if hard else draw.randrange(3) if queue else draw.randrange(2),
        eligible=draw.randrange(1, 30),
        free_capacity=0 if queue else draw.randrange(30),
        expected_wait_ms=draw.randrange(16, 240) * MINUTE_MS if hard else draw.randrange(4) * MINUTE_MS if queue else 0,
        handle_ms=draw.randrange(5, 30) * MINUTE_MS,
        experience=draw.randrange(1_000),
        quality_permille=draw.randrange(900, 1_000),
        pressure_permille=draw.randrange(200),
    )
