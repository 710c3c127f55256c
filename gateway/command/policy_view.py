"""What `sharedops policy` shows of policies, previews and revisions."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from actors.core.matching.wording import Language
from actors.core.matching.wording.moving import duration_words
from actors.core.matching.wording.staying import stay_words
from actors.core.sharing.summary import WAIT_UNBOUNDED_MS
from gateway.command.policy_fields import time_of
from gateway.v1 import province_pb2
from gateway.validation.province import POLICY_FIELDS

#: Tasks of a preview that are listed.
TASKS_SHOWN = 10

_WORDS = {
    "policy": ("共享策略", "sharing policy"),
    "revision": ("版本", "revision"),
    "by": ("修改人", "changed by"),
    "mode": ("模式", "mode"),
    "window": ("生效时段", "window"),
    "why": ("原因", "why"),
    "scheduled": ("待生效", "scheduled"),
    "proposal": ("待复核", "waits for a second person"),
    "proposed_by": ("提出人", "proposed by"),
    "expires": ("失效时间", "expires"),
    "approved_by": ("复核人", "approved by"),
    "moving": (
        "{count} 件将转出, {stays} 件留下; 本省预计等候: {before} -> {after}",
        "{count} {tasks} would leave, {stays} stay; expected wait here: {before} -> {after}",
    ),
    "host": ("承办省", "host"),
    "tasks": ("件数", "tasks"),
    "wait": ("等候 前 -> 后", "wait before -> after"),
    "free": ("空闲", "free"),
    "reserve": ("保留人数", "reserve"),
    "stays": ("留下原因", "why tasks stay"),
}


def word(key: str, language: Language) -> str:
    """A label."""
    chinese, english = _WORDS[key]
    return chinese if language is Language.ZH else english


def wait_words(wait_ms: int, language: Language) -> str:
    """A wait; -1: nobody is on duty, so that no end is known."""
    return duration_words(wait_ms if wait_ms >= 0 else WAIT_UNBOUNDED_MS, language)


def show_policy(console: Console, policy: province_pb2.SharingPolicy, language: Language) -> None:
    """A policy field by field, and what waits beside it."""
    show_stamp(console, policy, language)
    table = Table(show_header=False)
    for field in POLICY_FIELDS:
        table.add_row(field, _shown(policy, field))
    console.print(table)
    for kept in policy.scheduled:
        begins, ends = time_of(kept.policy.effective_from_ms), time_of(kept.policy.effective_until_ms)
        console.print(
            f"{word('scheduled', language)}: {word('revision', language)} {kept.policy.revision}, "
            f"{mode_of(kept.policy)}, {begins} .. {ends}{_approved(kept.approver, language)}",
            soft_wrap=True,
        )
    for proposal in policy.proposals:
        show_proposal(console, proposal, language)


def show_stamp(console: Console, policy: province_pb2.SharingPolicy, language: Language) -> None:
    """Which revision it is, who made it, and who approved it."""
    changed = f"{policy.updater}, {time_of(policy.update_time_ms)}" if policy.updater else "-"
    by = f"{word('by', language)} {changed}{_approved(policy.approver, language)}"
    console.print(
        f"{policy.name}: {word('revision', language)} {policy.revision}, {mode_of(policy)}; {by}", soft_wrap=True
    )


def _approved(approver: str, language: Language) -> str:
    """Who approved it, to be put behind something; empty: nobody had to."""
    return f", {word('approved_by', language)} {approver}" if approver else ""


def show_proposal(console: Console, proposal: province_pb2.SharingPolicyProposal, language: Language) -> None:
    """A change that waits for a second person."""
    console.print(
        f"{word('proposal', language)}: {proposal.proposal}, {mode_of(proposal.policy)}, "
        f"{word('proposed_by', language)} {proposal.proposer} {time_of(proposal.propose_time_ms)}, {escape(proposal.reason)}, "
        f"{word('expires', language)} {time_of(proposal.expire_time_ms)}",
        soft_wrap=True,
    )


def mode_of(policy: province_pb2.SharingPolicy) -> str:
    """The mode without its prefix."""
    return province_pb2.ShareOutMode.Name(policy.share_out_mode).removeprefix("SHARE_OUT_MODE_")


def _shown(policy: province_pb2.SharingPolicy, field: str) -> str:
    value = getattr(policy, field)
    if field == "share_out_mode":
        return mode_of(policy)
    if field == "recall":
        return province_pb2.Recall.Name(policy.recall).removeprefix("RECALL_")
    if field.startswith("effective_"):
        return time_of(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, int) else ", ".join(value) or "-"


def show_preview(console: Console, preview: province_pb2.MovePreview, language: Language) -> None:
    """What would move, what it does to the lenders, and why the rest stays."""
    told = word("moving", language).format(
        count=preview.moving_count,
        tasks="task" if preview.moving_count == 1 else "tasks",
        stays=preview.staying_count,
        before=wait_words(preview.expected_wait_before_ms, language),
        after=wait_words(preview.expected_wait_after_ms, language),
    )
    console.print(told)
    if preview.hosts:
        table = Table(*(word(key, language) for key in ("host", "tasks", "wait", "free", "reserve")))
        for host in preview.hosts:
            before, after = (
                wait_words(wait, language) for wait in (host.expected_wait_before_ms, host.expected_wait_ms)
            )
            table.add_row(
                host.host_province,
                str(host.task_count),
                f"{before} -> {after}",
                str(host.free_capacity),
                str(host.reserve_operators),
            )
        console.print(table)
    if preview.stays:
        table = Table(word("stays", language), word("tasks", language))
        for stay in preview.stays:
            table.add_row(f"{stay_words(stay.reason, language)} ({stay.reason})", str(stay.task_count))
        console.print(table)


def show_revisions(
    console: Console, revisions: Sequence[province_pb2.SharingPolicyRevision], language: Language
) -> None:
    """Revisions, the newest first."""
    table = Table(*(word(key, language) for key in ("revision", "mode", "by", "window", "why")))
    for kept in revisions:
        policy = kept.policy
        notes = [escape(kept.reason)] if kept.reason else []
        notes += [f"<- {kept.rolled_back_to}"] if kept.rolled_back_to else []
        notes += [f"{word('approved_by', language)} {kept.approver}"] if kept.approver else []
        mark = "*" if kept.in_force else ""
        changed = f"{policy.updater} {time_of(policy.update_time_ms)}" if policy.updater else "-"
        limits = f"{time_of(policy.effective_from_ms)} .. {time_of(policy.effective_until_ms)}"
        is_limited = policy.effective_from_ms or policy.effective_until_ms
        table.add_row(
            f"{policy.revision}{mark}", mode_of(policy), changed, limits if is_limited else "", ", ".join(notes)
        )
    console.print(table)
