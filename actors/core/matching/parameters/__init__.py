"""The catalogue (人单匹配参数目录): every parameter that the matching model may use, one function each.

| module | parameters |
|---|---|
| `task_weight`, `task_urgency` | of the task: what decides its shares and filters, and how urgent it is |

`declaration` says how a parameter is declared, `CATALOGUE` holds them all by name.
"""

from actors.core.matching.parameters import task_urgency, task_weight
from actors.core.matching.parameters.declaration import (
    DECLARED,
    Attribute,
    Dimension,
    Parameter,
    Role,
    Scope,
    Source,
    Values,
)

#: Modules of parameters, in the order of the catalogue.
MODULES = (task_weight, task_urgency)
#: Every parameter by name.
CATALOGUE: dict[str, Parameter] = DECLARED

__all__ = ["CATALOGUE", "MODULES", "Attribute", "Dimension", "Parameter", "Role", "Scope", "Source", "Values"]
