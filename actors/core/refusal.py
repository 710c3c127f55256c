"""Refusals: expected outcomes that are not success.

A refusal is a value, never an exception. Its reason has one meaning, and one table at the gateway maps reasons to gRPC status codes.
"""

from enum import StrEnum

import msgspec


class Reason(StrEnum):
    """Why a command was refused."""

    # The request itself.
    UNKNOWN_PROVINCE = "unknown_province"
    UNKNOWN_TASK = "unknown_task"
    UNKNOWN_OPERATOR = "unknown_operator"
    UNKNOWN_KIND = "unknown_kind"
    REQUEST_ID_REUSED = "request_id_reused"
    EXTERNAL_ID_REUSED = "external_id_reused"
    OPERATOR_EXISTS = "operator_exists"
    ETAG_MISMATCH = "etag_mismatch"
    BAD_PAGE_TOKEN = "bad_page_token"
    BAD_MODEL = "bad_model"
    UNKNOWN_REVISION = "unknown_revision"
    UNKNOWN_DRILL = "unknown_drill"
    UNKNOWN_PROPOSAL = "unknown_proposal"
    # The state of things.
    WRONG_STATE = "wrong_state"
    STALE_TOKEN = "stale_token"
    NOT_ELIGIBLE = "not_eligible"
    NOT_SIGNED_IN = "not_signed_in"
    SIGNED_OUT = "signed_out"
    TAKEN_OVER = "taken_over"
    AT_CAPACITY = "at_capacity"
    OPERATOR_HAS_WORK = "operator_has_work"
    PROVINCE_DRAINING = "province_draining"
    ALREADY_DECIDED = "already_decided"
    NOT_DECIDED = "not_decided"
    ALREADY_REVIEWED = "already_reviewed"
    BLAST_RADIUS = "blast_radius"
    SAME_PERSON = "same_person"
    ELSEWHERE = "elsewhere"
    # Bounds and outages.
    QUEUE_FULL = "queue_full"
    OPERATORS_FULL = "operators_full"
    KINDS_FULL = "kinds_full"
    PROPOSALS_FULL = "proposals_full"
    WINDOWS_FULL = "windows_full"
    STORE_FULL = "store_full"
    #: The journal cannot be used, so its owner does not serve until a person has put it right. Nothing was done.
    JOURNAL_UNUSABLE = "journal_unusable"
    TOO_FAR_BACK = "too_far_back"
    RESTARTING = "restarting"
    NO_PICTURE = "no_picture"


class Refused(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, tag="refused"):
    """A command that changed nothing, and why."""

    reason: Reason
    #: One English sentence for a person.
    message: str = ""
    #: When trying again makes sense, ms; 0: not by itself.
    retry_after_ms: int = 0
    #: Facts for a program, e.g. the winning assignment of a stale token.
    metadata: dict[str, str] = {}


def unknown_kind(kind: str) -> Refused:
    """The refusal of what names a task kind that the table does not know."""
    return Refused(
        reason=Reason.UNKNOWN_KIND, message=f"There is no task kind {kind}; OperatorService.ListTaskKinds lists them."
    )
