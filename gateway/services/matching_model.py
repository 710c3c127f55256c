"""The country's matching model, as the headquarters keep it: read, changed, listed, rolled back."""

from actors import protocol
from actors.core.matching.record import MatchingModel
from actors.core.refusal import Reason, Refused
from gateway import conversion, masks, pages
from gateway.answers import Provinces, expect
from gateway.errors import GatewayError, Violation, from_refused
from gateway.merging import fingerprint_of, merge_until_current
from gateway.v1 import dispatch_pb2
from gateway.validation.dispatch import MODEL_FIELDS

#: Revisions in a page when the request does not say; at most `protocol.MODEL_PAGE_MAX`.
PAGE_SIZE_DEFAULT = 20


async def get_model(provinces: Provinces, revision: int, deadline: float) -> MatchingModel:
    """A kept revision; 0: the one in force."""
    reply = await provinces.coordinator(protocol.GetMatchingModel(revision=revision), deadline=deadline)
    return expect(reply, protocol.MatchingModelReply).model


async def update_model(
    provinces: Provinces, who: str, request: dispatch_pb2.UpdateMatchingModelRequest, deadline: float
) -> MatchingModel:
    """Put a new revision in force, merged with the one that is, or only say what it would be."""
    update = request.matching_model
    paths = masks.paths_of(request.update_mask.paths, update, MODEL_FIELDS)

    async def attempt() -> protocol.Response:
        known = await get_model(provinces, 0, deadline)
        put = protocol.PutMatchingModel(
            model=conversion.model_merged(known, update, paths, request.reason),
            revision=update.revision or known.revision,
            validate_only=request.validate_only,
            who=who,
            # What is only shown must not use up the id of the change that may follow.
            request_id="" if request.validate_only else request.request_id,
            fingerprint=fingerprint_of(request),
        )
        return await provinces.coordinator(put, deadline=deadline)

    return _model_of(await merge_until_current(attempt, is_pinned=bool(update.revision)))


async def roll_back_model(
    provinces: Provinces, who: str, request: dispatch_pb2.RollbackMatchingModelRequest, deadline: float
) -> MatchingModel:
    """Put the content of an earlier revision in force, as a new one."""
    command = protocol.RollBackMatchingModel(
        to_revision=request.revision, note=request.reason, who=who, request_id=request.request_id
    )
    return _model_of(await provinces.coordinator(command, deadline=deadline))


def _model_of(reply: protocol.Response) -> MatchingModel:
    """The revision; a model that the headquarters refuse is refused with everything that is wrong with it."""
    if isinstance(reply, Refused) and reply.reason is Reason.BAD_MODEL:
        wrong = [Violation("matching_model", text) for text in reply.metadata.values()]
        raise GatewayError(reply.reason, reply.message, wrong)
    if isinstance(reply, Refused):
        raise from_refused(reply)
    return expect(reply, protocol.MatchingModelReply).model


async def list_revisions(
    provinces: Provinces, request: dispatch_pb2.ListMatchingModelRevisionsRequest, deadline: float
) -> dispatch_pb2.ListMatchingModelRevisionsResponse:
    """A page of the revisions, the newest first."""
    place = pages.first_place(request.page_token, request.name)
    count = min(request.page_size or PAGE_SIZE_DEFAULT, protocol.MODEL_PAGE_MAX)
    asked = protocol.ListMatchingModels(before=pages.number_of(place), count=count)
    page = expect(await provinces.coordinator(asked, deadline=deadline), protocol.MatchingModelPage)
    response = dispatch_pb2.ListMatchingModelRevisionsResponse(
        matching_models=[conversion.model_brief_out(model) for model in page.models]
    )
    if page.has_more and page.models:
        response.next_page_token = pages.next_token(place, "", str(page.models[-1].revision))
    return response
