"""DispatchService: why a task went to whom, what keeps a task waiting, and the matching model behind both."""
# ruff: noqa: N802 - the contract names the methods

from gateway import conversion, permissions, validation
from gateway.answers import Provinces
from gateway.calls import Context, deadline_of
from gateway.identity import caller
from gateway.services import matching_catalogue, matching_model
from gateway.v1 import dispatch_pb2, dispatch_pb2_grpc

_SERVICE = "/sharedops.v1.DispatchService/"


class DispatchService(dispatch_pb2_grpc.DispatchServiceServicer):
    """Matching made visible."""

    def __init__(self, provinces: Provinces) -> None:
        self._provinces = provinces

    # --- the model ---

    async def ListMatchingParameters(
        self, request: dispatch_pb2.ListMatchingParametersRequest, context: Context
    ) -> dispatch_pb2.ListMatchingParametersResponse:
        """A page of the catalogue."""
        validation.check(request)
        permissions.admit(caller(), f"{_SERVICE}ListMatchingParameters")
        return await matching_catalogue.list_parameters(self._provinces, request, deadline_of(context))

    async def GetMatchingModel(
        self, request: dispatch_pb2.GetMatchingModelRequest, context: Context
    ) -> dispatch_pb2.MatchingModel:
        """A revision of the model."""
        validation.check(request)
        permissions.admit(caller(), f"{_SERVICE}GetMatchingModel")
        model = await matching_model.get_model(self._provinces, request.revision, deadline_of(context))
        return conversion.model_out(model)

    async def UpdateMatchingModel(
        self, request: dispatch_pb2.UpdateMatchingModelRequest, context: Context
    ) -> dispatch_pb2.MatchingModel:
        """Change what is named, as a new revision for the whole country; answers after the fsync."""
        validation.check(request)
        permissions.admit(caller(), f"{_SERVICE}UpdateMatchingModel")
        model = await matching_model.update_model(self._provinces, caller().who, request, deadline_of(context))
        return conversion.model_out(model)

    async def ListMatchingModelRevisions(
        self, request: dispatch_pb2.ListMatchingModelRevisionsRequest, context: Context
    ) -> dispatch_pb2.ListMatchingModelRevisionsResponse:
        """A page of the revisions."""
        validation.check(request)
        permissions.admit(caller(), f"{_SERVICE}ListMatchingModelRevisions")
        return await matching_model.list_revisions(self._provinces, request, deadline_of(context))

    async def RollbackMatchingModel(
        self, request: dispatch_pb2.RollbackMatchingModelRequest, context: Context
    ) -> dispatch_pb2.MatchingModel:
        """Put an earlier revision in force again."""
        validation.check(request)
        permissions.admit(caller(), f"{_SERVICE}RollbackMatchingModel")
        model = await matching_model.roll_back_model(self._provinces, caller().who, request, deadline_of(context))
        return conversion.model_out(model)
