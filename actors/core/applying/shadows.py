"""How made-up work of drills changes the state: loads that begin and end, and what is counted of them."""

import msgspec

from actors.core import events as e
from actors.core.shadow import LOADS_KEPT, ShadowLoad, is_surging
from actors.core.state import ProvinceState

replace = msgspec.structs.replace


def load_begun(state: ProvinceState, event: e.ShadowLoadBegun) -> None:
    assert event.drill not in state.shadow_loads
    load = ShadowLoad(
        drill=event.drill,
        began_ms=event.at_ms,
        until_ms=event.until_ms,
        ends_ms=event.ends_ms,
        factor_permille=event.factor_permille,
    )
    _put_last(state, load)


def load_ended(state: ProvinceState, event: e.ShadowLoadEnded) -> None:
    known = state.shadow_loads.pop(event.drill, None)
    if known is None:
        # An order to begin may still be on its way: it must find the end.
        known = ShadowLoad(drill=event.drill, began_ms=event.at_ms, until_ms=event.at_ms, ends_ms=event.at_ms)
    _put_last(state, replace(known, is_over=True))


def _put_last(state: ProvinceState, load: ShadowLoad) -> None:
    """Remember a load; the one that has been over for longest is forgotten when there are too many."""
    loads = state.shadow_loads
    loads[load.drill] = load
    oldest = next((known.drill for known in loads.values() if known.is_over), None)
    if len(loads) > LOADS_KEPT and oldest is not None:
        del loads[oldest]


def arrived(state: ProvinceState, event: e.TaskCreated) -> None:
    """Count an arrival: a real one for every surge, a shadow task for the load that it is of."""
    for load in list(state.shadow_loads.values()):
        if event.shadow is None:
            if is_surging(load, event.at_ms):
                state.shadow_loads[load.drill] = replace(load, arrivals=load.arrivals + 1)
        elif event.shadow.drill == load.drill:
            state.shadow_loads[load.drill] = replace(load, made=load.made + 1)
