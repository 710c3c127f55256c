"""Provinces, sharing policies, previews, the national picture, runtimes."""

from collections.abc import Iterable, Mapping, Sequence

from actors.core.country import ProvinceStatus, SharingPolicy
from actors.core.ids import KindId, ProvinceCode
from actors.core.policy_revisions import PolicyProposal, PolicyRevision
from actors.core.replies import PolicyPreview, ProvinceReply
from actors.core.sharing.summary import ProvinceSummary, mean_wait_ms
from actors.protocol import ChainReport, Runtime
from gateway import names
from gateway.conversion.enums import (
    LINES_OUT,
    PROVINCE_STATES_OUT,
    RECALLS_IN,
    RECALLS_OUT,
    SHARE_OUT_MODES_IN,
    SHARE_OUT_MODES_OUT,
)
from gateway.v1 import admin_pb2, monitor_pb2, province_pb2

_REASON_LENGTH_MAX = 200
_IDENTITY_LENGTH_MAX = 64
_FINDING_LENGTH_MAX = 500
#: Fields of OpenTaskCounts and LineCounts; they bear the domain's own words.
_OPEN_STATES = ("scheduled", "queued", "offered", "assigned", "in_progress", "suspended", "moving")
_LINES = ("servicing", "underwriting", "claims")


def province_out(reply: ProvinceReply) -> province_pb2.Province:
    """A province that answers."""
    settings, summary = reply.settings, reply.summary
    return province_pb2.Province(
        name=names.province_name(settings.province),
        province_id=settings.province,
        display_name=settings.display_name,
        display_name_zh=settings.display_name_zh,
        state=PROVINCE_STATES_OUT[summary.status],
        state_reason=reply.status_reason[:_REASON_LENGTH_MAX],
        state_time_ms=reply.status_since_ms,
        epoch=summary.epoch,
    )


def degraded_province_out(province: str) -> province_pb2.Province:
    """A province whose actor does not answer."""
    return province_pb2.Province(
        name=names.province_name(province),
        province_id=province,
        state=province_pb2.PROVINCE_STATE_DEGRADED,
        state_reason="The province does not answer and is being restarted.",
    )


def policy_in(policy: province_pb2.SharingPolicy) -> SharingPolicy:
    """A sharing policy. The message has passed `validation`; its revision is the caller's check, not part of the content."""
    return SharingPolicy(
        share_out_mode=SHARE_OUT_MODES_IN[policy.share_out_mode],
        share_out_ratio_permille=policy.share_out_ratio_permille,
        activation_wait_ms=policy.activation_wait_ms,
        release_wait_ms=policy.release_wait_ms,
        allowed_hosts=tuple(ProvinceCode(code) for code in policy.allowed_hosts),
        blocked_hosts=tuple(ProvinceCode(code) for code in policy.blocked_hosts),
        kinds=tuple(KindId(kind) for kind in policy.kinds),
        amount_max_fen=policy.max_amount_fen,
        share_in_quota=policy.share_in_quota,
        reserve_operators=policy.reserve_operators,
        effective_from_ms=policy.effective_from_ms,
        effective_until_ms=policy.effective_until_ms,
        on_time_floor_permille=policy.on_time_floor_permille,
        share_in_daily_quota=policy.share_in_daily_quota,
        recall=RECALLS_IN[policy.recall],
        needs_two_people=policy.needs_two_people,
        best_match_gain_points=policy.best_match_gain_points,
    )


def policy_out(province: str, policy: SharingPolicy, approved_by: str = "") -> province_pb2.SharingPolicy:
    """A sharing policy with its revision, and who approved that, where it is known."""
    return province_pb2.SharingPolicy(
        name=names.policy_name(province),
        share_out_mode=SHARE_OUT_MODES_OUT[policy.share_out_mode],
        share_out_ratio_permille=policy.share_out_ratio_permille,
        activation_wait_ms=policy.activation_wait_ms,
        release_wait_ms=policy.release_wait_ms,
        allowed_hosts=policy.allowed_hosts,
        blocked_hosts=policy.blocked_hosts,
        kinds=policy.kinds,
        max_amount_fen=policy.amount_max_fen,
        share_in_quota=policy.share_in_quota,
        reserve_operators=policy.reserve_operators,
        revision=policy.revision,
        update_time_ms=policy.updated_ms,
        updater=policy.updated_by[:_IDENTITY_LENGTH_MAX],
        effective_from_ms=policy.effective_from_ms,
        effective_until_ms=policy.effective_until_ms,
        on_time_floor_permille=policy.on_time_floor_permille,
        share_in_daily_quota=policy.share_in_daily_quota,
        recall=RECALLS_OUT[policy.recall],
        needs_two_people=policy.needs_two_people,
        best_match_gain_points=policy.best_match_gain_points,
        approver=approved_by[:_IDENTITY_LENGTH_MAX],
    )


def policy_shown(province: str, reply: ProvinceReply, approved_by: str) -> province_pb2.SharingPolicy:
    """The policy in force, who approved it, and what will or may be."""
    shown = policy_out(province, reply.policy, approved_by)
    shown.newest_revision = reply.policy_newest if reply.policy_newest != reply.policy.revision else 0
    shown.scheduled.extend(
        policy_revision_out(province, kept, reply.policy.revision) for kept in reply.policies_scheduled
    )
    shown.proposals.extend(_proposal_out(province, proposal) for proposal in reply.proposals)
    return shown


def policy_revision_out(province: str, kept: PolicyRevision, in_force: int) -> province_pb2.SharingPolicyRevision:
    """A revision; `in_force` is the number of the one that is."""
    return province_pb2.SharingPolicyRevision(
        policy=policy_out(province, kept.policy, kept.approved_by),
        reason=kept.reason[:_REASON_LENGTH_MAX],
        rolled_back_to=kept.rolled_back_to,
        approver=kept.approved_by[:_IDENTITY_LENGTH_MAX],
        in_force=kept.policy.revision == in_force,
    )


def proposal_out(province: str, proposal: PolicyProposal | None) -> province_pb2.SharingPolicyProposal | None:
    """A change that waits for a second person, if one does."""
    return None if proposal is None else _proposal_out(province, proposal)


def _proposal_out(province: str, proposal: PolicyProposal) -> province_pb2.SharingPolicyProposal:
    return province_pb2.SharingPolicyProposal(
        proposal=proposal.number,
        policy=policy_out(province, proposal.policy),
        proposer=proposal.proposed_by[:_IDENTITY_LENGTH_MAX],
        reason=proposal.reason[:_REASON_LENGTH_MAX],
        rolled_back_to=proposal.rolled_back_to,
        propose_time_ms=proposal.proposed_ms,
        expire_time_ms=proposal.expires_ms,
    )


def policy_change_out(
    province: str, preview: PolicyPreview, approved_by: str = ""
) -> province_pb2.UpdateSharingPolicyResponse:
    """What a change of the policy has brought about, or would; `approved_by` whom, if somebody had to."""
    return province_pb2.UpdateSharingPolicyResponse(
        sharing_policy=policy_out(province, preview.policy, approved_by),
        preview=preview_out(preview),
        proposal=proposal_out(province, preview.proposal),
    )


def preview_out(preview: PolicyPreview) -> province_pb2.MovePreview:
    """What moves, or would move."""
    return province_pb2.MovePreview(
        moving_count=len(preview.moves),
        staying_count=sum(preview.stays.values()),
        hosts=[
            province_pb2.HostPreview(
                host_province=lender.province,
                task_count=lender.tasks,
                expected_wait_ms=lender.wait_after_ms,
                expected_wait_before_ms=lender.wait_before_ms,
                free_capacity=lender.free_capacity,
                reserve_operators=lender.reserve_operators,
            )
            for lender in preview.lenders
        ],
        stays=[
            province_pb2.StayPreview(reason=reason.upper(), task_count=count) for reason, count in preview.stays.items()
        ],
        tasks=[
            province_pb2.TaskPreview(
                task=names.task_name(task_id), host_province=host, reason=reason[:_REASON_LENGTH_MAX]
            )
            for task_id, host, reason in preview.moves
        ],
        expected_wait_before_ms=preview.wait_before_ms,
        expected_wait_after_ms=preview.wait_after_ms,
    )


# --- the country at a glance ---


def overview_out(
    snapshot_ms: int, summaries: Iterable[ProvinceSummary], codes: Iterable[str], degraded: Iterable[str] = ()
) -> monitor_pb2.Overview:
    """The whole country; totals are the sums of exactly the provinces of this message.

    Args:
        summaries: of the provinces that were ever heard of.
        codes: every province of the country.
        degraded: provinces whose actor does not answer now; their last figures are shown all the same.
    """
    silent = frozenset(degraded)
    known = {summary.province: province_overview_out(summary) for summary in summaries}
    provinces: list[monitor_pb2.ProvinceOverview] = []
    for code in sorted({*codes, *known}):
        entry = known.get(ProvinceCode(code)) or monitor_pb2.ProvinceOverview(province=code, expected_wait_ms=-1)
        if code in silent or code not in known:
            entry.state = province_pb2.PROVINCE_STATE_DEGRADED
        provinces.append(entry)
    return monitor_pb2.Overview(snapshot_time_ms=snapshot_ms, provinces=provinces, totals=totals_of(provinces))


def province_overview_out(summary: ProvinceSummary) -> monitor_pb2.ProvinceOverview:
    """One province's figures."""
    return monitor_pb2.ProvinceOverview(
        province=summary.province,
        state=PROVINCE_STATES_OUT[summary.status],
        observe_time_ms=summary.time_ms,
        open_tasks=_state_counts(summary.open_by_state),
        waiting=_line_counts(summary.waiting_by_line),
        signed_in_operators=summary.signed_in,
        available_operators=summary.available,
        expected_wait_ms=mean_wait_ms(summary),
        shared_in_open_count=summary.shared_in,
        shared_out_open_count=summary.shared_out,
        oldest_waiting_ms=summary.oldest_waiting_ms,
        epoch=summary.epoch,
        sequence=summary.sequence,
        closed_lines=[LINES_OUT[line.line] for line in summary.lines if not line.is_open],
        gained_task_count=sum(line.gained_tasks for line in summary.lines),
        gained_minutes=sum(line.gained_minutes for line in summary.lines),
        shadow_task_count=sum(summary.shadow_tasks.values()),
    )


def _state_counts(counts: Mapping[str, int]) -> monitor_pb2.OpenTaskCounts:
    return monitor_pb2.OpenTaskCounts(**{state: counts.get(state, 0) for state in _OPEN_STATES})


def _line_counts(counts: Mapping[str, int]) -> monitor_pb2.LineCounts:
    return monitor_pb2.LineCounts(**{line: counts.get(line, 0) for line in _LINES})


def totals_of(provinces: Sequence[monitor_pb2.ProvinceOverview]) -> monitor_pb2.NationalTotals:
    """Sums over the provinces of one picture."""
    return monitor_pb2.NationalTotals(
        open_tasks=_state_counts(_sums([province.open_tasks for province in provinces], _OPEN_STATES)),
        waiting=_line_counts(_sums([province.waiting for province in provinces], _LINES)),
        signed_in_operators=sum(province.signed_in_operators for province in provinces),
        available_operators=sum(province.available_operators for province in provinces),
        shared_open_count=sum(province.shared_in_open_count for province in provinces),
        oldest_waiting_ms=max((province.oldest_waiting_ms for province in provinces), default=0),
        active_provinces=sum(province.state == province_pb2.PROVINCE_STATE_ACTIVE for province in provinces),
        gained_task_count=sum(province.gained_task_count for province in provinces),
        gained_minutes=sum(province.gained_minutes for province in provinces),
    )


def _sums(counts: Iterable[object], fields: Iterable[str]) -> dict[str, int]:
    entries = list(counts)
    return {field: sum(getattr(entry, field) for entry in entries) for field in fields}


# --- the processes behind ---


def runtime_out(
    province: str, runtime: Runtime | None, status: ProvinceStatus | None = None
) -> admin_pb2.ProvinceRuntime:
    """The process behind a province; DEGRADED when it does not answer."""
    if runtime is None:
        return admin_pb2.ProvinceRuntime(province=province, state=province_pb2.PROVINCE_STATE_DEGRADED)
    return admin_pb2.ProvinceRuntime(
        province=province,
        state=PROVINCE_STATES_OUT[status or ProvinceStatus.ACTIVE],
        pid=runtime.pid,
        node=runtime.node[:64],
        epoch=runtime.epoch,
        sequence=runtime.sequence,
        head_hash=runtime.head_hash.hex(),
    )


def verification_out(journal: str, report: ChainReport, elapsed_ms: int) -> admin_pb2.JournalVerification:
    """What a check of a journal found."""
    findings = []
    if report.problem:
        findings.append(
            admin_pb2.JournalFinding(
                sequence=report.frames, reason="CHAIN_BROKEN", message=report.problem[:_FINDING_LENGTH_MAX]
            )
        )
    return admin_pb2.JournalVerification(
        journal=journal,
        valid=not report.problem,
        frame_count=report.frames,
        event_count=report.events,
        sequence=report.frames,
        head_hash=report.head_hash.hex(),
        findings=findings,
        elapsed_ms=elapsed_ms,
    )
