"""A province with three times its load in a country at three quarters of full load: `python -m tests.unit.core.sharing.surge` prints the figures.

Arrivals are Poisson and handle times lognormal, from a seed. Times are in handle times, so that they hold for work of any length: the thresholds
are five and one and two thirds of one, as fifteen and five minutes are for work of three.
"""

import json
from random import Random
from typing import Any

from actors.core.country import SharingPolicy
from tests.unit.core.sharing.closed_loop import HANDLE_MS, STEP_MS, ClosedLoop, Place

ACTIVATION_MS, RELEASE_MS = 5 * HANDLE_MS, 5 * HANDLE_MS // 3
LOAD, FACTOR = 0.75, 3
#: The surge, in handle times, and how long the country is watched.
BEGINS_MS, ENDS_MS, WATCHED_MS = 10 * HANDLE_MS, 40 * HANDLE_MS, 70 * HANDLE_MS
HURT = "shandong"


def surge(lenders: int, people: int, hurt_people: int, seed: int, *, shares: bool = True) -> dict[str, Any]:
    """Let a surge come and go; what it did to the province and to its lenders, in handle times."""
    draw = Random(seed)
    never = 10**9
    policy = SharingPolicy(
        activation_wait_ms=ACTIVATION_MS if shares else never, release_wait_ms=RELEASE_MS if shares else never
    )
    usual = LOAD * 1_000 / HANDLE_MS
    hurt = Place(
        HURT,
        hurt_people,
        lambda now_ms: usual * hurt_people * (FACTOR if BEGINS_MS <= now_ms < ENDS_MS else 1),
        policy,
        draw,
    )
    others = [Place(f"p{number:02}", people, lambda _: usual * people, policy, draw) for number in range(lenders)]
    country = ClosedLoop(hurt, *others)
    peak_ms, peak_at_ms, released_at_ms = 0, 0, 0
    while country.now_ms < WATCHED_MS:
        country.run(STEP_MS)
        if hurt.wait_ms > peak_ms:
            peak_ms, peak_at_ms, released_at_ms = hurt.wait_ms, country.now_ms, 0
        elif hurt.wait_ms < RELEASE_MS and not released_at_ms:
            released_at_ms = country.now_ms
    waits_ms = sorted(wait_ms for place in others for at_ms, wait_ms in place.waits_ms if BEGINS_MS <= at_ms < ENDS_MS)
    return {
        "shares": shares,
        "peak_wait": round(peak_ms / HANDLE_MS, 2),
        "released_after_peak": round((released_at_ms - peak_at_ms) / HANDLE_MS, 2) if released_at_ms else None,
        "lenders_wait_mean": round(sum(waits_ms) / len(waits_ms) / HANDLE_MS, 3),
        "lenders_wait_p95": round(waits_ms[len(waits_ms) * 95 // 100] / HANDLE_MS, 3),
        "tasks_moved": country.moved,
        "moves_most": country.moves_most,
        "reversals": sum(len(times) for times in country.reversals_ms().values()),
    }


if __name__ == "__main__":
    for hurt_people in (33, 84):
        for seed in (1, 2):
            for shares in (False, True):
                print(
                    json.dumps(
                        {"hurt_people": hurt_people, "seed": seed} | surge(35, 33, hurt_people, seed, shares=shares)
                    )
                )
