"""What a province makes of the coordinator's last advice."""

from collections.abc import Mapping

import msgspec

from actors.core import commands as c
from actors.core.country import Line
from actors.core.ids import ProvinceCode
from actors.core.matching.hosting import Hosting
from actors.core.sharing.summary import encode_picture
from actors.core.statistics.reading import Reading
from tests.unit.core.harness import MODEL, SHIPPED, Branch
from tests.unit.core.journeys import picture_of


def weighed(branch: Branch, in_use: int, revision: int) -> Mapping[ProvinceCode, int]:
    """What jiangxi is worth by the model when a picture comes that shows so much of it in use."""
    national = picture_of("jiangxi", revision=revision)
    [host] = national.provinces
    shown = msgspec.structs.replace(national, provinces=(msgspec.structs.replace(host, capacity=10, in_use=in_use),))
    branch.do(c.TakeAdvice(picture=encode_picture(shown)))
    advice = branch.province.outbox.advice
    anew = Hosting(branch.state.model).host_points(
        branch.code, shown.provinces, Line.CLAIMS, Reading(branch.state.statistics, branch.wall_ms)
    )
    kept = advice.host_points(branch.state, Line.CLAIMS, branch.wall_ms)
    assert kept == anew
    return kept


def test_hosts_are_weighed_by_the_newest_picture_and_the_model_in_force() -> None:
    """Work would go on to a province that was idle an hour ago, by weights that the country has given up since."""
    branch = Branch(model=SHIPPED)
    assert weighed(branch, 0, 1) != weighed(branch, 10, 2)
    before = weighed(branch, 10, 3)
    branch.do(c.AdoptMatchingModel(model=msgspec.structs.replace(MODEL, revision=SHIPPED.revision + 1)))
    advice = branch.province.outbox.advice
    assert advice.host_points(branch.state, Line.CLAIMS, branch.wall_ms) != before
