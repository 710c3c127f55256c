"""人单匹配: who gets which task.

Filters first (`eligibility`: may this person do it at all?), then an additive score (`scoring`: how well, by the `model`?), then a round that
pairs tasks and people (`rounds`). Filters never trade against points.

`Planner` is the matcher on its own, for anyone with tasks, people and finished work: no running system, no roster, no Ray.

| modules | content |
|---|---|
| `parameters`, `views` | every parameter, one function each; the columns that they read |
| `model`, `record`, `shipped` | what parameters are worth |
| `compiled`, `keys`, `bank`, `extras`, `scoring`, `folding`, `points`, `shares` | from a model, tasks and people to filters and points |
| `eligibility`, `filtering` | who may do what, and which filter says no first |
| `waiting`, `policy`, `assignment`, `rounds` | which tasks are looked at, who gets which, with proof |
| `contributions`, `explaining`, `explained`, `diagnosing`, `replaying`, `wording` | why, and why not |
| `hosting` | what the model makes of provinces |
| `planner`, `planning` | the matcher on its own |
"""

from actors.core.matching.planner import Planner, PlannerTask
from actors.core.matching.planning.explanation import Explanation

__all__ = ["Explanation", "Planner", "PlannerTask"]
