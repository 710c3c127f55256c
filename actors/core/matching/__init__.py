"""人单匹配: who gets which task.

Filters first (`eligibility`: may this person do it at all?), then an additive score (`scoring`: how well, by the `model`?), then a round that
pairs tasks and people (`rounds`). Filters never trade against points.

`Planner` is the matcher on its own, for anyone with tasks, people and finished work: no running system, no roster, no Ray. It is imported when
it is first asked for: every process knows the matching model's records, which lie in this package, and hardly any of them plans.

| modules | content |
|---|---|
| `parameters`, `views` | every parameter, one function each; the columns that they read |
| `model`, `record`, `shipped` | what parameters are worth |
| `compiled`, `keys`, `extras`, `scoring`, `folding`, `points`, `shares` | from a model, tasks and people to filters and points |
| `bank` with `bank_keys`, `bank_people`, `bank_freshness`, `bank_rows`, `bank_views` | what is worked out of people, kept while it stands |
| `eligibility`, `filtering` | who may do what, and which filter says no first |
| `waiting`, `policy`, `assignment`, `rounds` | which tasks are looked at, who gets which, with proof |
| `contributions`, `explaining`, `explained`, `diagnosing`, `replaying`, `wording` | why, and why not |
| `hosting` | what the model makes of provinces |
| `planner`, `planning` | the matcher on its own |
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from actors.core.matching.planner import Planner, PlannerTask
    from actors.core.matching.planning.explanation import Explanation

__all__ = ["Explanation", "Planner", "PlannerTask"]

#: Public name -> the module that has it.
_HOMES = {"Explanation": "planning.explanation", "Planner": "planner", "PlannerTask": "planner"}


def __getattr__(name: str) -> Any:
    """Import a public name when it is asked for (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found
