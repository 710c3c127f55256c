"""The catalogue (人单匹配参数目录): every parameter that the matching model may use, one function each.

| module | parameters |
|---|---|
| `task_weight`, `task_urgency` | of the task: what decides its shares and filters, and how urgent it is |
| `operator_efficiency`, `operator_quality`, `operator_effectiveness` | of the person |
| `operator_duty` | of the person among those on duty |
| `pair_experience`, `pair_suitability` | of the task and the person |
| `province`, `link` | of the home, the host, and the link between them |
| `time` | of the hour |

`not_yet` names those of the field that wait for something, with what.

`declaration` says how a parameter is declared, `CATALOGUE` holds them all by name.
"""

from actors.core.matching.parameters import (
    link,
    operator_duty,
    operator_effectiveness,
    operator_efficiency,
    operator_quality,
    pair_experience,
    pair_suitability,
    province,
    task_urgency,
    task_weight,
    time,
)
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
MODULES = (
    task_weight,
    task_urgency,
    operator_efficiency,
    operator_quality,
    operator_effectiveness,
    operator_duty,
    pair_experience,
    pair_suitability,
    province,
    link,
    time,
)
#: Every parameter by name.
CATALOGUE: dict[str, Parameter] = DECLARED

__all__ = ["CATALOGUE", "MODULES", "Attribute", "Dimension", "Parameter", "Role", "Scope", "Source", "Values"]
