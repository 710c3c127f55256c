"""Parameters of the hour: when work comes, and when decisions go wrong more often."""

import numpy as np

from actors.core.matching.parameters.declaration import Attribute, Dimension, Role, Scope, Source, Values, declare
from actors.core.matching.views.duty import DutyView
from actors.core.matching.views.provinces import ProvinceView
from actors.core.matching.views.tasks import TaskView


@declare(Scope.TIME, "时段到件系数", "ratio", Dimension.EFFICIENCY, Role.GUARD, Source.STATISTICS)
def hour_arrival_factor(homes: ProvinceView) -> Values:
    """Arrivals usual in this hour of the week over those of the mean hour."""
    return homes.ratio("hour_arrival_permille")


@declare(Scope.TIME, "时段差错系数", "ratio", Dimension.QUALITY, Role.SHARES, Source.REVIEWS)
def hour_defect_factor(tasks: TaskView) -> Values:
    """Defect ratio of decisions at this hour of the day over the mean; 1 without reviews."""
    return tasks.hour_defect_factor


@declare(Scope.TIME, "加班差错系数", "ratio", Dimension.QUALITY, Role.COST, Source.REVIEWS, attribute=Attribute.DUTY)
def overtime_defect_factor(duty: DutyView) -> Values:
    """Defect ratio of decisions beyond eight signed-in hours over the mean, for those beyond them; unknown for all others."""
    if not duty.is_overtime.any():
        return np.full(len(duty.is_overtime), np.nan)
    return np.where(duty.is_overtime, duty.overtime_factor, np.nan)
