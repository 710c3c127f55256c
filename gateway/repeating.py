"""Which requests to provinces and the coordinator may be sent again when nobody knows whether they were carried out.

Reads change nothing, nor do writes that are only shown. A write with a request id is answered as it was the first time. Of the others some come to the same however often they
are done; what is in no table here is done once, or its outcome is unknown and the caller decides.
"""

from actors import protocol
from actors.core import commands as c

#: Requests that change nothing.
READS = (
    *c.READS,
    protocol.ReadFrames,
    protocol.GetSummary,
    protocol.GetRuntime,
    protocol.VerifyChain,
    protocol.ReadHistory,
    protocol.GetPicture,
    protocol.GetFlowMemory,
    protocol.GetTaskKinds,
    protocol.GetMatchingModel,
    protocol.ListMatchingModels,
    protocol.GetDrill,
    protocol.ListDrills,
    protocol.Ping,
)
#: Requests without effect on anything that lasts, or that change nothing when repeated.
_REPEATABLE = (
    *READS,
    c.HearDesks,
    c.RenewAssignment,
    c.SignIn,
    c.AcceptOffer,
    c.StartAssignment,
    # The same decision by the same token is answered with the decision.
    c.CompleteAssignment,
    # The end state is the same however often it is asked for.
    c.SignOut,
    c.SetPresence,
    protocol.Follow,
    # Made of repeatable commands only, see `ProvinceLinks.call_many`.
    protocol.Bundle,
)


def is_read(request: protocol.Request) -> bool:
    """Whether it changes nothing."""
    if isinstance(request, protocol.Bundle):
        return all(isinstance(command, READS) for command in request.commands)
    return isinstance(request, READS) or getattr(request, "validate_only", False)


def is_repeatable(request: protocol.Request) -> bool:
    """Whether it may be sent again when nobody knows whether it was carried out."""
    if getattr(request, "request_id", "") or isinstance(request, _REPEATABLE):
        return True
    return is_read(request)
