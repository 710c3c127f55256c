"""QualityService: what reviewers have found about decisions."""
# ruff: noqa: N802 - the contract names the methods

from actors.core import commands as c
from actors.core.ids import home_of
from actors.core.replies import ReviewReply
from gateway import conversion, names, permissions, validation
from gateway.answers import Provinces, check_known, expect
from gateway.calls import Context, deadline_of
from gateway.identity import caller
from gateway.v1 import quality_pb2, quality_pb2_grpc

_SERVICE = "/sharedops.v1.QualityService/"


class QualityService(quality_pb2_grpc.QualityServiceServicer):
    """Reviews of decisions."""

    def __init__(self, provinces: Provinces) -> None:
        self._provinces = provinces

    async def SubmitReview(self, request: quality_pb2.SubmitReviewRequest, context: Context) -> quality_pb2.Review:
        """Take in a review, in the province that decided: the home says which one that is."""
        validation.check(request)
        identity, task_id = caller(), names.parse_task(request.task)
        check_known(self._provinces, home_of(task_id), "task")
        permissions.check_task(identity, f"{_SERVICE}SubmitReview", home_of(task_id))
        command = c.SubmitReview(
            who=identity.who,
            request_id=request.request_id,
            task_id=task_id,
            findings=conversion.findings_in(request.findings),
        )
        reply = await self._provinces.follow_task(task_id, command, deadline=deadline_of(context))
        return conversion.review_out(expect(reply, ReviewReply))
