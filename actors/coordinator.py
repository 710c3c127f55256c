"""The coordinator actor: gathers the national picture and advises; owns no task.

Twice a second it asks every present province for its summary (all at once; `actors.gathering` says who is waited for), plans flows with the pure
`sharing.plan.plan_flows`, and sends each province the picture and what concerns it. If it dies, provinces go on with the last advice; the next
incarnation starts from an empty memory and has a picture after one round. With the summaries come the heads of the provinces' journals,
which it anchors in its own (`actors.anchors` says what for).
"""

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec
import structlog

from actors import logs, protocol
from actors.chain_check import ChainCheck
from actors.core import commands as c
from actors.core.country import TaskKind
from actors.core.headquarters import AnchoredHead, AnyHqEvent, decode_events
from actors.core.ids import ProvinceCode
from actors.core.matching.shipped import shipped_model
from actors.core.model_revisions import MatchingModelPut, ModelDecision, ModelRequest
from actors.core.refusal import Reason, Refused
from actors.core.sharing.flows import FlowMemory
from actors.core.sharing.plan import plan_flows
from actors.core.sharing.summary import NationalPicture, ProvinceSummary, encode_picture
from actors.core.statistics.priors import NationalPriors, ProvinceTotals, merge
from actors.drilling.runner import Drilling
from actors.gathering import Gathering
from actors.hq_journal import HqBooks, open_witnessed
from actors.journal import Corrupt, Fenced, Journal, JournalError, StoreBusy, StoreFull
from actors.opening import open_patiently
from actors.peers import Peers
from actors.province import now
from actors.standing_aside import UNUSABLE, StandingAside, stand_aside_after
from actors.store import HQ
from actors.store_outage import StoreOutage
from actors.transport import (
    DIRECTORY_SOCKET,
    Call,
    DirectoryClient,
    Endpoint,
    Entry,
    Peer,
    TransportError,
    socket_address,
)

_log = structlog.get_logger(__name__)

#: Pause between two pictures.
PICTURE_EVERY_S = 0.5
#: Pause between two frames that anchor the heads of the provinces' journals.
ANCHOR_EVERY_S = 1.0
#: Pause between two rounds that ask the provinces for the sums of their statistics, too. They are some kB each, change slowly, and would make
#: up nearly all of every picture if they travelled with it.
TOTALS_EVERY_S = 60.0
#: A province that does not answer within this is left out of the picture, and not waited for before it has answered.
SUMMARY_TIMEOUT_S = 1.0
#: To whoever wants something written when the journal proves damaged, or just has.
_UNUSABLE = Refused(
    reason=Reason.JOURNAL_UNUSABLE,
    message="The headquarters' journal is damaged; they serve again when operations staff have put it right.",
)
#: A question that a province has not answered within this is put again. By then a process that hangs has been killed.
QUESTION_TIMEOUT_S = 15.0


class CoordinatorOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the coordinator needs to start."""

    store_id: str
    journal_path: str
    run_dir: str
    #: Empty: logging is left as it is.
    logs_dir: str = ""
    provinces: tuple[ProvinceCode, ...]
    #: Taken over by a new journal only.
    kinds: tuple[TaskKind, ...] = ()


class CoordinatorActor:
    """The one coordinator. Construct on a running event loop."""

    def __init__(self, options: CoordinatorOptions) -> None:
        if options.logs_dir:
            logs.configure(Path(options.logs_dir) / "coordinator.log")
        # Whom to look at, should nothing follow.
        _log.info("opening", pid=os.getpid())
        self._options = options
        self._started_ms = now().wall_ms
        path = Path(options.journal_path)
        self._aside: StandingAside | None = None
        #: While it gives up its work, to stand aside.
        self._leaving: asyncio.Task[None] | None = None
        journal: Journal | None = None
        try:
            journal = open_patiently(path, store_id=options.store_id, province=HQ, open_journal=open_witnessed)
            self._books = HqBooks(journal, path)
        except UNUSABLE as error:
            if journal is not None:
                journal.close()
            self._aside = self._stood_aside(error)
            return
        self._journal = journal
        self._hq = self._books.hq
        self._outage = StoreOutage()
        self._anchored_s = 0.0
        # What a full disk refuses now is written with the first picture; any other failure ends this incarnation, as ever: Ray never starts
        # an actor again whose constructor raised.
        self._refuse_unless_written(self._first_settings())
        self._picture = NationalPicture()
        self._gathered = Gathering(options.provinces, self._summary_of)
        self._memory = FlowMemory()
        #: The last sums of each province; one that is away still speaks by them.
        self._totals: dict[ProvinceCode, ProvinceTotals] = {}
        self._totals_due_s = 0.0
        self._chain_check = ChainCheck(self._journal, decode_events)
        self._peers = Peers(protocol.COORDINATOR)
        self._drilling = Drilling(self._hq.drills, self._refuse_unless_written, self._ask, lambda: now().wall_ms)
        self._endpoint = Endpoint(self)
        self._loop = asyncio.get_running_loop()
        self._listening = self._loop.create_task(self._listen())
        self._gathering = self._loop.create_task(self._gather_for_ever())
        self._gathering.add_done_callback(_exit_with)

    def _stood_aside(self, error: Exception) -> StandingAside:
        """Say why the headquarters do not serve; their journal is closed."""
        path = Path(self._options.journal_path)
        return StandingAside(self._options.run_dir, protocol.COORDINATOR, path, error, end=_exit)

    async def ready(self) -> int:
        """Wait until the actor listens, or says that it does not serve; its process id."""
        if self._aside is None:
            await asyncio.shield(self._listening)
        if self._leaving is not None:
            await asyncio.shield(self._leaving)
        if self._aside is not None:
            await self._aside.ready()
        return os.getpid()

    async def close(self) -> None:
        """End this incarnation in an orderly way."""
        if self._leaving is not None:
            await asyncio.shield(self._leaving)
        if self._aside is not None:
            await self._aside.close()
            return
        await self._close_all()

    async def _close_all(self) -> None:
        self._gathering.cancel()
        self._gathered.close()
        self._drilling.close()
        self._chain_check.close()
        await self._directory.close()
        await self._endpoint.close()
        await self._peers.close()
        self._journal.close()

    def _first_settings(self) -> list[AnyHqEvent]:
        """What a headquarters that has none begins with: the country file's kinds and the shipped matching model."""
        return [*self._first_kinds(), *self._first_model()]

    def _first_model(self) -> list[AnyHqEvent]:
        """Revision 1, byte for byte what new provinces begin with."""
        if self._hq.models.revision:
            return []
        return [MatchingModelPut(at_ms=now().wall_ms, model=shipped_model(), who="system:country")]

    def _first_kinds(self) -> list[AnyHqEvent]:
        """A new headquarters starts with revision 1: the country file's kinds, as the provinces do."""
        if self._hq.revision:
            return []
        at_ms = now().wall_ms
        events: list[AnyHqEvent] = []
        for kind in self._options.kinds:
            decided = self._hq.put_kind(kind, revision=0, who="system:country", request_id="", at_ms=at_ms)
            if not isinstance(decided, Refused):
                events += [msgspec.structs.replace(event, revision=1) for event in decided]
        return events

    async def _listen(self) -> None:
        address = socket_address(self._options.run_dir, protocol.COORDINATOR, self._journal.epoch)
        await self._endpoint.listen(address)
        epoch = self._journal.epoch
        self._directory = DirectoryClient(
            Path(self._options.run_dir) / DIRECTORY_SOCKET,
            protocol.COORDINATOR,
            register=Entry(name=protocol.COORDINATOR, address=address, epoch=epoch, pid=os.getpid()),
            on_change=self._peers.directory_changed,
            on_superseded=lambda: _exit(Fenced(HQ, epoch, epoch + 1)),
        )
        self._directory.start()

    def _write_or_wait(self, events: Sequence[AnyHqEvent]) -> bool:
        """Write what may also be written next round. False: the disk is full, nothing was written or applied.

        What is seen is seen again, and advice needs no journal: a full disk here must not stop the country's sharing.
        """
        now_ms = now().monotonic_ms
        if not events:
            return True
        if self._outage.is_on and not self._outage.is_question_due(now_ms):
            return False
        try:
            self._books.write(events)
        except (StoreFull, StoreBusy) as error:
            if not self._outage.is_on:
                _log.error("hq store refuses writes", detail=str(error))
            failed_ms = now().monotonic_ms
            self._outage.refused(failed_ms, took_ms=failed_ms - now_ms)
            return False
        if self._outage.is_on:
            _log.warning("hq store takes writes again")
            self._outage.healed(now_ms)
        return True

    # --- the picture ---

    async def _gather_for_ever(self) -> None:
        await asyncio.shield(self._listening)
        while True:
            started = self._loop.time()
            try:
                await self._gather()
            except JournalError as error:
                # Fenced, or the outcome of a write is open: only a new incarnation may go on.
                self._give_up(error)
            await asyncio.sleep(max(0.05, PICTURE_EVERY_S - (self._loop.time() - started)))

    async def _gather(self) -> None:
        """One round: ask, plan, advise."""
        with_totals = self._loop.time() >= self._totals_due_s
        request = protocol.GetSummary(with_totals=with_totals)
        answers = await self._gathered.answers(request, patience_s=SUMMARY_TIMEOUT_S)
        # Also those that were late for the round that asked for them.
        self._totals |= {answer.summary.province: answer.totals for answer in answers if answer.totals is not None}
        summaries = tuple(answer.summary for answer in answers)
        at = now()
        self._picture = NationalPicture(
            epoch=self._journal.epoch,
            revision=self._picture.revision + 1,
            time_ms=at.wall_ms,
            provinces=summaries,
        )
        flows, self._memory = plan_flows(self._picture, self._memory)
        seen = [event for summary in summaries for event in self._hq.see(summary.province, summary.status, at.wall_ms)]
        for event in seen:
            _log.info("province status", seen=msgspec.to_builtins(event))
        heads = [answer.head for answer in answers if answer.head is not None]
        self._write_or_wait([*self._first_settings(), *seen, *self._anchors(heads, at.wall_ms)])
        priors = self._priors() if with_totals else None
        self._drilling.turn(self._picture)
        picture = encode_picture(self._picture)
        for summary in summaries:
            mine = tuple(flow for flow in flows if flow.source == summary.province)
            self._advise(summary, c.TakeAdvice(who="system:coordinator", picture=picture, flows=mine), priors)

    def _priors(self) -> NationalPriors:
        """The country's sums after a round that asked for them."""
        self._totals_due_s = self._loop.time() + TOTALS_EVERY_S
        return merge(self._totals[code] for code in self._options.provinces if code in self._totals)

    def _anchors(self, heads: list[AnchoredHead], at_ms: int) -> list[AnyHqEvent]:
        """What to note of the heads, at most every `ANCHOR_EVERY_S`."""
        if self._loop.time() - self._anchored_s < ANCHOR_EVERY_S:
            return []
        events = self._hq.anchor(heads, at_ms)
        if events:
            self._anchored_s = self._loop.time()
        return events

    async def _summary_of(self, province: ProvinceCode, request: protocol.GetSummary) -> protocol.SummaryReply | None:
        reply = await self._ask(province, request, QUESTION_TIMEOUT_S)
        return reply if isinstance(reply, protocol.SummaryReply) else None

    async def _ask(
        self, province: ProvinceCode, request: protocol.Request, timeout_s: float = SUMMARY_TIMEOUT_S
    ) -> protocol.Response | None:
        link = self._peers.link(protocol.province_name(province))
        try:
            body = await link.call(protocol.encode(request), timeout_s=timeout_s)
            return protocol.decode_response(body)
        except (TransportError, msgspec.DecodeError):
            return None

    def _advise(self, summary: ProvinceSummary, advice: c.TakeAdvice, priors: NationalPriors | None) -> None:
        """Send a province its advice, and what is newer than its own. Nobody waits for the answer."""
        commands: list[c.AnyCommand] = [advice]
        if summary.kinds_revision < self._hq.revision:
            kinds = tuple(self._hq.kinds.values())
            commands.append(c.AdoptTaskKinds(who="system:coordinator", revision=self._hq.revision, kinds=kinds))
        model = self._hq.models.current
        if model is not None and summary.model_revision < model.revision:
            commands.append(c.AdoptMatchingModel(who="system:coordinator", model=model))
        if priors is not None:
            commands.append(c.AdoptPriors(who="system:coordinator", priors=priors))
        link = self._peers.link(protocol.province_name(summary.province))
        for command in commands:
            try:
                link.call_soon(protocol.encode(command)).add_done_callback(_drop)
            except TransportError:
                return

    # --- requests (Handler of the endpoint) ---

    def connected(self, peer: Peer) -> None:
        """A gateway may have to be told whom not to hear."""
        self._drilling.connected(peer)

    def disconnected(self, peer: Peer) -> None:
        """Forget it."""
        self._drilling.disconnected(peer)

    def received(self, peer: Peer, calls: list[Call]) -> None:
        """Answer each request at once."""
        for call in calls:
            try:
                request = protocol.decode_request(call.body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                peer.fail(call.id, "malformed")
                continue
            serve = _SERVED.get(type(request))
            if isinstance(request, protocol.VerifyChain):
                self._chain_check.report_to(lambda report, call=call: peer.reply(call.id, protocol.encode(report)))
            elif serve is None:
                peer.fail(call.id, "unsupported")
            else:
                peer.reply(call.id, protocol.encode(serve(self, request)))

    def _serve_picture(self, request: protocol.GetPicture) -> protocol.Response:
        del request
        return protocol.PictureReply(picture=self._picture)

    def _serve_memory(self, request: protocol.GetFlowMemory) -> protocol.Response:
        del request
        return protocol.FlowMemoryReply(memory=self._memory)

    def _serve_kinds(self, request: protocol.GetTaskKinds) -> protocol.Response:
        del request
        return protocol.TaskKindsReply(revision=self._hq.revision, kinds=tuple(self._hq.kinds.values()))

    def _put_kind(self, request: protocol.PutTaskKind) -> protocol.Response:
        decided = self._hq.put_kind(
            request.kind,
            revision=request.revision,
            who=request.who,
            request_id=request.request_id,
            at_ms=now().wall_ms,
            fingerprint=request.fingerprint,
        )
        if isinstance(decided, Refused):
            return decided
        return self._refuse_unless_written(decided) or protocol.TaskKindsReply(
            revision=self._hq.revision,
            kinds=tuple(self._hq.kinds.values()),
            put=self._hq.answer_to(request.who, request.request_id),
        )

    def _refuse_unless_written(self, events: Sequence[AnyHqEvent]) -> Refused | None:
        """Write what a caller asked for. A refusal: nothing was written or applied.

        Raises:
            JournalError: whether it was written is open, or a successor is at work; this incarnation ends.
        """
        if self._leaving is not None:
            return _UNUSABLE
        try:
            if self._write_or_wait(events):
                return None
        except Corrupt as error:
            self._give_up(error)
            return _UNUSABLE
        except JournalError as error:
            self._give_up(error)
            raise
        return Refused(
            reason=Reason.STORE_FULL, message="The headquarters cannot write to its disk.", retry_after_ms=1_000
        )

    def _give_up(self, error: JournalError) -> None:
        """End this incarnation; one whose journal proved damaged stands aside, as a province does (`ProvinceActor.on_fatal`)."""
        if not isinstance(error, Corrupt):
            _exit(error)
        elif self._leaving is None:
            self._leaving = asyncio.get_running_loop().create_task(self._leave(error))

    async def _leave(self, error: Corrupt) -> None:
        # Found by the first write of all, there is not yet what is to be closed.
        await asyncio.shield(self._listening)
        self._aside = await stand_aside_after(self._close_all, partial(self._stood_aside, error), _exit)

    def _serve_model(self, request: protocol.GetMatchingModel) -> protocol.Response:
        found = self._hq.models.find(request.revision)
        return found if isinstance(found, Refused) else protocol.MatchingModelReply(model=found)

    def _list_models(self, request: protocol.ListMatchingModels) -> protocol.Response:
        count = min(max(1, request.count), protocol.MODEL_PAGE_MAX)
        found = self._hq.models.before(request.before, count + 1)
        return protocol.MatchingModelPage(models=found[:count], has_more=len(found) > count)

    def _put_model(self, request: protocol.PutMatchingModel) -> protocol.Response:
        decided = self._hq.models.put(request.model, _model_request(request))
        return self._settle_model(decided, validate_only=request.validate_only)

    def _roll_back_model(self, request: protocol.RollBackMatchingModel) -> protocol.Response:
        decided = self._hq.models.roll_back(request.to_revision, _model_request(request), request.note)
        return self._settle_model(decided, validate_only=request.validate_only)

    def _settle_model(self, decided: ModelDecision, *, validate_only: bool) -> protocol.Response:
        """Put a new revision in force, unless it was only asked what would come of it."""
        if isinstance(decided, Refused):
            return decided
        if not isinstance(decided, MatchingModelPut):
            return protocol.MatchingModelReply(model=decided)
        refused = None if validate_only else self._refuse_unless_written([decided])
        return refused or protocol.MatchingModelReply(model=decided.model)

    def _serve_drill(self, request: protocol.Request) -> protocol.Response:
        return self._drilling.serve(request)

    def _pong(self, request: protocol.Ping) -> protocol.Response:
        del request
        return protocol.Pong(sequence=self._journal.head.sequence)

    def _runtime(self, request: protocol.GetRuntime) -> protocol.Response:
        del request
        return protocol.Runtime(
            name=protocol.COORDINATOR,
            pid=os.getpid(),
            node=os.uname().nodename,
            epoch=self._journal.epoch,
            sequence=self._journal.head.sequence,
            head_hash=self._journal.head.hash,
            started_ms=self._started_ms,
        )


_SERVED: dict[type, Callable[..., protocol.Response]] = {
    protocol.GetPicture: CoordinatorActor._serve_picture,
    protocol.GetFlowMemory: CoordinatorActor._serve_memory,
    protocol.GetTaskKinds: CoordinatorActor._serve_kinds,
    protocol.PutTaskKind: CoordinatorActor._put_kind,
    protocol.GetMatchingModel: CoordinatorActor._serve_model,
    protocol.ListMatchingModels: CoordinatorActor._list_models,
    protocol.PutMatchingModel: CoordinatorActor._put_model,
    protocol.RollBackMatchingModel: CoordinatorActor._roll_back_model,
    **dict.fromkeys(
        (
            protocol.CreateDrill,
            protocol.StartDrill,
            protocol.AbortDrill,
            protocol.GetDrill,
            protocol.ListDrills,
        ),
        CoordinatorActor._serve_drill,
    ),
    protocol.Ping: CoordinatorActor._pong,
    protocol.GetRuntime: CoordinatorActor._runtime,
}


def _model_request(request: protocol.PutMatchingModel | protocol.RollBackMatchingModel) -> ModelRequest:
    return ModelRequest(
        who=request.who,
        request_id=request.request_id,
        at_ms=now().wall_ms,
        revision=request.revision,
        fingerprint=request.fingerprint if isinstance(request, protocol.PutMatchingModel) else b"",
    )


def _drop(answer: "asyncio.Future[bytes]") -> None:
    """Advice needs no answer; a failed one is followed by the next round's."""
    if not answer.cancelled():
        answer.exception()


def _exit_with(task: "asyncio.Task[None]") -> None:
    """A coordinator that no longer gathers must not look alive."""
    if not task.cancelled():
        _exit(task.exception())


def _exit(error: BaseException | None) -> None:
    _log.error("exiting", error=repr(error))
    os.kill(os.getpid(), signal.SIGKILL)
