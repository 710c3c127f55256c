"""The province: one deterministic machine of commands, events and time.

`Province.handle` decides one command and applies its events; `finish_batch` does what follows from the batch as a whole; `take_frame`
hands the shell what must be on disk before anything is said. The shell's loop is: handle each command, finish, journal the frame, then
send the replies, the desk updates and the outgoing messages. If the journal fails, the shell throws this object away and replays.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from actors.core import (
    administration,
    calendar_keeping,
    clockwork,
    desk,
    explaining,
    lifecycle,
    moves,
    policy_changes,
    recalling,
    records,
    reviewing,
    shadowing,
)
from actors.core import commands as c
from actors.core import events as e
from actors.core.applying import apply
from actors.core.clock import Instant
from actors.core.country import Bounds
from actors.core.deciding import Turn
from actors.core.ids import ProvinceCode
from actors.core.listing import list_tasks
from actors.core.matching.rounds import Matcher
from actors.core.messages import Outgoing
from actors.core.outage import SiteWatch
from actors.core.outbox import Outbox
from actors.core.presence import Presence
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, DeskUpdate, Done, Elsewhere
from actors.core.sharing.summary import ProvinceSummary
from actors.core.state import ProvinceState
from actors.core.statistics.priors import ProvinceTotals
from actors.core.statistics.reading import Reading
from actors.core.summary import Summaries


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What one batch brought about."""

    #: For the journal, as one commit.
    events: tuple[e.AnyEvent, ...]
    #: For the desks, after the fsync.
    desk_updates: tuple[DeskUpdate, ...]


class Province:
    """A province's rules over its hard and soft state.

    Args:
        matcher: keeps the scorer of the rounds.
    """

    def __init__(
        self, province: ProvinceCode, opened: Instant, bounds: Bounds | None = None, matcher: Matcher | None = None
    ) -> None:
        self.state = ProvinceState(province, bounds)
        self.presence = Presence(opened.monotonic_ms)
        self.outbox = Outbox()
        self.site_watch = SiteWatch()
        self.matcher = matcher or Matcher()
        self._last_tick_ms = opened.monotonic_ms
        self._turn: Turn | None = None
        #: Of which the state is made.
        self._events = 0
        self._summaries = Summaries()

    def replay(self, event: e.AnyEvent) -> None:
        """Apply an event from the journal."""
        self._events += 1
        apply(self.state, event)

    def handle(self, command: c.AnyCommand, now: Instant, recalled: Mapping[str, bytes]) -> AnyReply:
        """Decide one command and let its events happen.

        Args:
            recalled: stored records for `records.recall_keys(command)`, as far as there are any.

        Returns:
            The reply. It must not leave the process before the frame is on disk.
        """
        turn = self._begin(now)
        turn.who = command.who
        turn.recalled = recalled
        if not command.request_id:
            return _DECISIONS[type(command)](turn, command)
        key = records.request_key(command.who, command.request_id)
        recorded = turn.record(key)
        if recorded is not None:
            return _repeated(records.decode_answer(recorded), command)
        before = len(turn.events)
        reply = _DECISIONS[type(command)](turn, command)
        # A refusal is not remembered: the caller may mend the state of things and try again with the same id. Nor is a signpost:
        # whoever has the task gives the answer and remembers it, and the task may be elsewhere again when the request is repeated.
        if not isinstance(reply, (Refused, Elsewhere)) and not _answered_by_creation(turn, before, command):
            turn.emit(
                e.RequestAnswered(
                    at_ms=now.wall_ms,
                    who=command.who,
                    request_id=command.request_id,
                    fingerprint=records.fingerprint(command),
                    answer=records.encode(reply),
                    # A repetition is sent to whoever has the task then, so the answer goes where the task goes.
                    task_id=command.task_id if isinstance(command, _FOLLOWING_THE_TASK) else "",
                )
            )
        return reply

    def finish_batch(self, now: Instant, *, may_match: bool = True) -> None:
        """What follows from the batch: moves and matches.

        Args:
            may_match: False: who is free waits for a later batch, so that one round has the more to pair.
        """
        clockwork.settle_batch(self._begin(now), may_match=may_match)

    @property
    def has_pairs_to_find(self) -> bool:
        """Whether anybody is free while anything waits."""
        return bool(self.state.free) and len(self.state.queue) > 0

    def take_frame(self) -> Frame:
        """The events and desk updates since the last call."""
        turn, self._turn = self._turn, None
        if turn is None:
            return Frame(events=(), desk_updates=())
        self._events += len(turn.events)
        return Frame(events=tuple(turn.events), desk_updates=tuple(turn.desk_updates))

    def due_messages(self, now: Instant) -> list[Outgoing]:
        """Messages to other provinces that are due. Call after the frame is on disk."""
        return self.outbox.due(self.state, now.monotonic_ms, self.state.limits)

    def summary(self, now: Instant) -> ProvinceSummary:
        """What the province says of itself. Call after the frame is on disk."""
        hosting = self.outbox.advice.hosting(self.state.model)
        return self._summaries.summary(self._events, self.state, self.presence, now, hosting)

    def totals(self, now: Instant) -> ProvinceTotals:
        """What the province tells the country of its statistics. Call after the frame is on disk."""
        return Reading(self.state.statistics, now.wall_ms).totals()

    def _begin(self, now: Instant) -> Turn:
        if self._turn is None:
            self._turn = Turn(self.state, self.presence, self.outbox, self.site_watch, self.matcher, now)
        self._turn.now = now
        return self._turn

    def note_tick(self, now: Instant) -> None:
        """Notice our own standstill, so that it counts as nobody's silence."""
        gap_ms = now.monotonic_ms - self._last_tick_ms
        if gap_ms > self.state.limits.observer_stall_ms:
            self.presence.forgive(gap_ms)
        self._last_tick_ms = now.monotonic_ms

    def note_standstill(self, now: Instant) -> None:
        """Take the time since the last tick off everybody's silence, however short: nobody listened in it."""
        self.presence.forgive(now.monotonic_ms - self._last_tick_ms)
        self._last_tick_ms = now.monotonic_ms


#: Changes of an open task that its branch asks for, wherever the task is.
_FOLLOWING_THE_TASK = (c.UpdateTask, c.ResumeTask, c.ReassignTask)


def _repeated(recorded: records.RecordedAnswer, command: c.AnyCommand) -> AnyReply:
    if recorded.fingerprint == records.fingerprint(command):
        return records.decode_reply(recorded.answer)
    return Refused(
        reason=Reason.REQUEST_ID_REUSED,
        message=f"Request id {command.request_id} was used for a request with other content.",
    )


def _answered_by_creation(turn: Turn, before: int, command: c.AnyCommand) -> bool:
    """Whether the creation event itself records the answer."""
    created = turn.events[before] if len(turn.events) > before else None
    return isinstance(created, e.TaskCreated) and created.request_id == command.request_id


def _tick(turn: Turn, command: c.Tick) -> AnyReply:
    del command
    clockwork.tick(turn)
    return Done()


def _hear_desks(turn: Turn, command: c.HearDesks) -> AnyReply:
    turn.presence.report(command.gateway, command.sessions, turn.now.monotonic_ms, turn.state.limits)
    return Done()


def _lose_path(turn: Turn, command: c.LosePath) -> AnyReply:
    sessions = [
        session for operator in turn.state.signed_in if (session := turn.state.operators[operator].session) is not None
    ]
    turn.presence.lose_path(command.session_prefix, sessions, turn.now.monotonic_ms)
    return Done()


def _take_advice(turn: Turn, command: c.TakeAdvice) -> AnyReply:
    turn.outbox.advice.take(command.picture, command.flows, turn.now.monotonic_ms)
    return Done()


_DECISIONS: dict[type, Callable[[Turn, Any], AnyReply]] = {
    c.CreateTask: lifecycle.create_task,
    c.GetTask: lifecycle.get_task,
    c.ListTasks: list_tasks,
    c.UpdateTask: lifecycle.update_task,
    c.CancelTask: lifecycle.cancel_task,
    c.ResumeTask: lifecycle.resume_task,
    c.ReassignTask: lifecycle.reassign_task,
    c.SignIn: desk.sign_in,
    c.SignOut: desk.sign_out,
    c.SetPresence: desk.set_presence,
    c.HearDesks: _hear_desks,
    c.LosePath: _lose_path,
    c.FetchNextTask: desk.fetch_next_task,
    c.AcceptOffer: desk.accept_offer,
    c.DeclineOffer: desk.decline_offer,
    c.StartAssignment: desk.start_assignment,
    c.RenewAssignment: desk.renew_assignment,
    c.SuspendAssignment: desk.suspend_assignment,
    c.CompleteAssignment: desk.complete_assignment,
    c.ReturnTask: desk.return_task,
    c.ReferAssignment: desk.refer_assignment,
    c.ReleaseAssignment: desk.release_assignment,
    c.PreviewMatch: explaining.preview_match,
    c.DiagnoseQueue: explaining.diagnose_queue,
    c.SubmitReview: reviewing.submit_review,
    c.CreateOperator: administration.create_operator,
    c.UpsertOperators: administration.upsert_operators,
    c.DeleteOperator: administration.delete_operator,
    c.GetOperator: administration.get_operator,
    c.ListOperators: administration.list_operators,
    c.GetWorkload: administration.get_workload,
    c.AdoptTaskKinds: administration.adopt_task_kinds,
    c.AdoptMatchingModel: administration.adopt_matching_model,
    c.AdoptPriors: administration.adopt_priors,
    c.ConfigureProvince: administration.configure_province,
    c.SetProvinceStatus: administration.set_province_status,
    c.GetCalendar: calendar_keeping.get_calendar,
    c.UpdateCalendar: calendar_keeping.update_calendar,
    c.AdoptCalendar: calendar_keeping.adopt_calendar,
    c.UpdateSharingPolicy: policy_changes.update_sharing_policy,
    c.RollBackSharingPolicy: policy_changes.roll_back_sharing_policy,
    c.ApproveSharingPolicyChange: policy_changes.approve_policy_change,
    c.ListSharingPolicyRevisions: policy_changes.list_policy_revisions,
    c.GetProvince: administration.get_province,
    c.TakeAdvice: _take_advice,
    c.AcceptMove: moves.accept_move,
    c.SettleMove: moves.settle_move,
    c.RecallTask: recalling.answer_recall,
    c.SettleRecall: recalling.settle_recall,
    c.NoteHost: moves.note_host,
    c.NoteOutcome: moves.note_outcome,
    c.SettleNotice: moves.settle_notice,
    c.BringShadowLoad: shadowing.bring_shadow_load,
    c.EndShadowLoad: shadowing.end_shadow_load,
    c.Tick: _tick,
}
