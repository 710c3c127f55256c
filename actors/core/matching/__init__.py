"""人单匹配: who gets which task.

Filters first (`filters`: may this person do it at all?), then an additive score (`score`: how well?), then a round that pairs tasks and
people (`rounds`). Filters never trade against points.

`Planner` is the matcher on its own, for anyone with tasks, people and finished work: no running system, no roster, no Ray.
"""

from actors.core.matching.planner import Planner, PlannerTask
from actors.core.matching.planning.explanation import Explanation

__all__ = ["Explanation", "Planner", "PlannerTask"]
