"""What the parameters of each attribute read of some people: which view, made of what of the state.

Views know records and statistics and no `ProvinceState` (`views`), and the bank knows what stands and not what is read; here the two meet.
"""

from collections.abc import Sequence
from typing import Any

from actors.core.country import Line, TaskKind
from actors.core.ids import KindId
from actors.core.matching.parameters import Attribute
from actors.core.matching.views.duty import TeamView
from actors.core.matching.views.load import LoadView
from actors.core.matching.views.pairs import (
    Candidates,
    HomePairs,
    KindPairs,
    LoadedKinds,
    NamedPairs,
    PairView,
    SlackPairs,
    TrialKinds,
)
from actors.core.matching.views.people import PeopleView
from actors.core.matching.views.suitability import LanguagePairs, NeedsPairs
from actors.core.matching.views.tasks import KIND_UNKNOWN
from actors.core.state import ProvinceState
from actors.core.statistics.cells import (
    AmountBandCell,
    ChannelCell,
    HomeCell,
    HospitalCell,
    ProductCell,
)
from actors.core.statistics.storage import FloatArray


def view_of(
    attribute: Attribute,
    keys: list[Any],
    candidates: Candidates,
    state: ProvinceState,
    decided_min: int,
    overall: FloatArray | None,
) -> PeopleView | PairView | TeamView:
    """What the parameters of an attribute read.

    Args:
        keys: values of the attribute.
        decided_min: from so many decisions of a kind on a person is no longer new to it.
        overall: everybody's `PeopleView.sums` and below them `overall_ratios`, as far as they are known.
    """
    statistics = candidates.reading.statistics
    match attribute:
        case Attribute.PERSON:
            return _people((), candidates, None)
        case Attribute.LINE:
            return _people(keys, candidates, overall)
        case Attribute.TEAM:
            return TeamView(candidates.people, candidates.rows, candidates.board, candidates.reading)
        case Attribute.LOAD | Attribute.TODAY:
            return _loaded(candidates, overall)
        case Attribute.KIND | Attribute.KIND_LAST:
            return KindPairs(_kinds_named(state, keys), candidates)
        case Attribute.TRIAL:
            return TrialKinds(_kinds_named(state, keys), candidates, decided_min)
        case Attribute.KIND_LOAD:
            return LoadedKinds(_kinds_named(state, keys), candidates)
        case Attribute.SLACK:
            kinds = list(dict.fromkeys(kind for kind, _ in keys))
            places = [(kinds.index(kind), left) for kind, left in keys]
            return SlackPairs(places, candidates, LoadedKinds(_kinds_named(state, kinds), candidates))
        case Attribute.NEEDS:
            return NeedsPairs(keys, candidates)
        case Attribute.LANGUAGE:
            return LanguagePairs(keys, candidates)
        case Attribute.HOME:
            return HomePairs(keys, candidates, statistics.by_home, HomeCell)
        case Attribute.PRODUCT:
            return NamedPairs(keys, candidates, statistics.by_product, ProductCell)
        case Attribute.CHANNEL:
            return NamedPairs(keys, candidates, statistics.by_channel, ChannelCell)
        case Attribute.HOSPITAL:
            return NamedPairs(keys, candidates, statistics.by_hospital, HospitalCell)
        case _:
            assert attribute is Attribute.AMOUNT_BAND, f"{attribute} is not kept"
            return NamedPairs(keys, candidates, statistics.by_amount, AmountBandCell)


def _kinds_named(state: ProvinceState, names: Sequence[KindId]) -> list[TaskKind]:
    return [state.kinds.get(name, KIND_UNKNOWN) for name in names]


def _people(lines: Sequence[Line], candidates: Candidates, overall: FloatArray | None) -> PeopleView:
    rows = candidates.rows
    return PeopleView(candidates.roster.matrix[:, rows], rows, lines, candidates.reading, overall)


def _loaded(candidates: Candidates, overall: FloatArray | None) -> LoadView:
    reading, rows = candidates.reading, candidates.rows
    return LoadView(candidates.roster.matrix[:, rows], candidates.in_hand, rows, reading, overall)
