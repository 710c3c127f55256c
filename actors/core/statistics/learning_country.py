"""What the country's sums change here when a province adopts them."""

from actors.core import events as e
from actors.core.state import ProvinceState


def priors_adopted(state: ProvinceState, event: e.PriorsAdopted) -> None:
    """Every shrunk number rests on the country's, so whatever was worked out of any row is old."""
    statistics = state.statistics
    statistics.national = event.priors
    for row in range(len(statistics.revisions)):
        statistics.revisions[row] += 1
