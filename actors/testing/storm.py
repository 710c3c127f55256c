"""How a seed treats the country: how bad the network is, how often fate strikes, and with what."""

from collections.abc import Mapping

import msgspec

from actors.testing.chance import Chance
from actors.testing.network import NetworkFaults

#: Every eighth seed is a calm day with a perfect network, so that calm itself is tested ...
CALM_EVERY = 8
#: ... and another eighth a restless one: provinces are evacuated one after the other, and tasks wander and come home.
RESTLESS_REMAINDER = 5
#: Weights of strokes on a restless day.
RESTLESS = {"evacuate": 40, "doom": 10, "doom_everybody": 16, "lose_coordinator": 2}
#: Of four eights of seeds, one calm and one restless seed in each, one eight scores its rounds as live provinces do.
REAL_SCORES_EVERY = 4
#: One seed in so many has a drill in its storm.
DRILL_EVERY = 32
DRILL_REMAINDER = 31


class Storm(msgspec.Struct, frozen=True, kw_only=True):
    """The weather of one seed."""

    network: NetworkFaults
    length_ms: int = 5_000
    tasks: int = 40
    #: Mean pause between two strokes of fate; 0: none.
    stroke_every_ms: int = 700
    fsync_max_ms: int = 5
    #: Whether rounds are scored as live provinces do, or plainly (`plain_scoring`).
    scores_for_real: bool = True
    #: Name of a stroke -> how likely it is among the others; a stroke that is not named counts 1.
    weights: Mapping[str, int] = {}
    #: Whether a drill brings made-up work meanwhile (`practice`).
    has_drill: bool = False


def storm_of(seed: int, strokes: tuple[str, ...]) -> Storm:
    """The storm that a seed stands for.

    Args:
        strokes: the names of all strokes there are; each seed likes some of them and spares others.
    """
    chance = Chance(f"storm {seed}")
    weights = {name: chance.one_of((0, 1, 1, 2, 4)) for name in strokes}
    scores_for_real = seed // CALM_EVERY % REAL_SCORES_EVERY == 0
    if seed % CALM_EVERY == 0:
        return Storm(network=NetworkFaults(), stroke_every_ms=1_000, weights=weights, scores_for_real=scores_for_real)
    is_restless = seed % CALM_EVERY == RESTLESS_REMAINDER
    network = NetworkFaults(
        loss_permille=chance.one_of((0, 20, 100, 300)),
        duplicate_permille=chance.one_of((0, 20, 100, 300)),
        delay_max_ms=chance.one_of((3, 50, 400) if is_restless else (3, 50, 400, 3_000)),
        late_permille=chance.one_of((0, 10, 50)),
    )
    return Storm(
        network=network,
        stroke_every_ms=120 if is_restless else chance.one_of((0, 120, 250, 600)),
        fsync_max_ms=chance.one_of((2, 20, 200)),
        weights=weights | RESTLESS if is_restless else weights,
        scores_for_real=scores_for_real,
        has_drill=seed % DRILL_EVERY == DRILL_REMAINDER,
    )
