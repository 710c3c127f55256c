"""The catalogue of matching parameters, and which of them have a part in the model in force."""

from actors.core.matching.model import WEIGHTED_ROLES
from actors.core.matching.parameters import CATALOGUE, Parameter, Role
from actors.core.matching.parameters.not_yet import NOT_YET
from actors.core.matching.record import MatchingModel, Weighting
from gateway import conversion, pages
from gateway.answers import Provinces
from gateway.filters import parse
from gateway.services.matching_model import get_model
from gateway.v1 import dispatch_pb2


async def list_parameters(
    provinces: Provinces, request: dispatch_pb2.ListMatchingParametersRequest, deadline: float
) -> dispatch_pb2.ListMatchingParametersResponse:
    """A page of the catalogue, in its own order."""
    wanted = parse(request.filter, dispatch_pb2.MatchingParameter, ("dimension", "scope", "role"))
    place = pages.first_place(request.page_token, request.filter)
    page_size = min(request.page_size, pages.PAGE_SIZE_MAX) or pages.PAGE_SIZE_MAX
    model = await get_model(provinces, 0, deadline)
    shown = [
        conversion.parameter_out(parameter, active=is_active(parameter, model)) for parameter in CATALOGUE.values()
    ]
    fitting = [parameter for parameter in shown if wanted.fits(parameter)]
    begin = pages.number_of(place)
    response = dispatch_pb2.ListMatchingParametersResponse(parameters=fitting[begin : begin + page_size])
    if not begin:
        response.missing.extend(
            dispatch_pb2.MissingParameter(name=name, reason=reason) for name, reason in NOT_YET.items()
        )
    if begin + page_size < len(fitting):
        response.next_page_token = pages.next_token(place, "", str(begin + page_size))
    return response


def is_active(parameter: Parameter, model: MatchingModel) -> bool:
    """Whether a parameter decides anything: by a weight in some line, as a filter that is in force, or as a guard, which sharing always asks."""
    if parameter.role is Role.GUARD:
        return True
    if parameter.role in WEIGHTED_ROLES:
        return any(model.weightings.get(parameter.name, Weighting()).weights.values())
    return parameter.role is Role.FILTER and _is_asked(parameter.name, model)


def _is_asked(name: str, model: MatchingModel) -> bool:
    """Filters hold whatever the model says, but for the rules that it can switch off."""
    filters = model.filters
    switched = {
        "task_amount_fen": bool(filters.amount_authority),
        "task_fraud_alert_level": filters.fraud_level_experienced > 0,
        "task_dispute_flag": filters.dispute_needs_another or filters.fraud_level_experienced > 0,
    }
    return switched.get(name, True)
