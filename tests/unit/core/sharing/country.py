"""Countries for the tests of sharing."""

import msgspec

from actors.core.country import SharingPolicy
from actors.core.sharing.summary import NationalPicture, ProvinceSummary
from tests.unit.core.harness import MEDICAL
from tests.unit.core.journeys import summary_of

POLICY = SharingPolicy(activation_wait_ms=900, release_wait_ms=300)


def busy(code: str, wait_ms: int = 1_000, waiting: int = 10, policy: SharingPolicy = POLICY) -> ProvinceSummary:
    """A province with a queue and nobody free."""
    return summary_of(code, waiting=waiting, free=0, wait_ms=wait_ms, policy=policy)


def picture(*provinces: ProvinceSummary) -> NationalPicture:
    """These provinces, with one kind of work only."""
    return NationalPicture(
        provinces=tuple(
            msgspec.structs.replace(province, kinds=tuple(kind for kind in province.kinds if kind.kind == MEDICAL))
            for province in provinces
        )
    )
