"""A whole country in one process, for the services: the real core behind the way that services use, without transport or journal."""

import asyncio
import math
from collections.abc import Iterable, Sequence

from actors import protocol
from actors.core import codec, records
from actors.core import commands as c
from actors.core import events as e
from actors.core.applying import apply
from actors.core.clock import Instant
from actors.core.country import Line, ProvinceSettings, TaskKind
from actors.core.drills.record import AnyDrillEvent
from actors.core.headquarters import Headquarters
from actors.core.ids import KindId, ProvinceCode, SiteId, TaskId, home_of
from actors.core.matching.shipped import shipped_model
from actors.core.model_revisions import MatchingModelPut, ModelDecision, ModelRequest
from actors.core.outbox import Outbox
from actors.core.province import Province
from actors.core.refusal import Reason, Refused
from actors.core.replies import Elsewhere, TaskPage
from actors.core.sharing.flows import FlowMemory
from actors.core.sharing.summary import NationalPicture, encode_picture
from actors.core.task import CLOSED_STATES, MoveOut, Placement, TaskState
from actors.drilling.runner import Drilling
from actors.journal import Journal, MemoryStore, MemoryView, open_memory
from actors.rewind.errand import Errand, history_of
from gateway.answers import Replies
from gateway.errors import GatewayError, GatewayReason

#: The one instant at which everything happens.
NOW = Instant(wall_ms=1_800_000_000_000, monotonic_ms=1_000_000)
KINDS = (
    TaskKind(kind=KindId("claims-medical"), line=Line.CLAIMS, display_name="Medical", display_name_zh="医疗"),
    TaskKind(kind=KindId("servicing-address"), line=Line.SERVICING, display_name="Address", display_name_zh="地址"),
)


DRILL_REQUESTS = (
    protocol.CreateDrill,
    protocol.StartDrill,
    protocol.AbortDrill,
    protocol.GetDrill,
    protocol.ListDrills,
)


class Country:
    """Some provinces and a coordinator. Requests and answers go through their codec, as they do between processes."""

    def __init__(self, *codes: str) -> None:
        self._provinces = {code: Province(ProvinceCode(code), NOW) for code in codes}
        self._pictures = 0
        self._stores = {code: MemoryStore("country", code) for code in codes}
        self._journals: dict[str, Journal] = {
            code: open_memory(store, store_id="country", province=code) for code, store in self._stores.items()
        }
        for code in codes:
            self._found(code)
        self.advise()
        self._headquarters = Headquarters()
        for kind in KINDS:
            self._put_kind(protocol.PutTaskKind(kind=kind))
        self._headquarters.apply(MatchingModelPut(at_ms=NOW.wall_ms, model=shipped_model()))
        self._drilling = Drilling(self._headquarters.drills, self._note, self._ask, lambda: NOW.wall_ms)
        #: Provinces that do not answer.
        self.silent: set[str] = set()
        #: Provinces whose journals take too long to be read back.
        self.too_far_back: set[str] = set()
        #: Requests per frame, in the order of the frames.
        self.frames: list[tuple[str, int]] = []
        #: What the coordinator remembers of its last plan; None: the coordinator does not answer such a question.
        self.memory: FlowMemory | None = FlowMemory()

    def codes(self) -> Sequence[str]:
        return sorted(self._provinces)

    async def call(self, province: str, request: protocol.Request, *, deadline: float) -> protocol.Response:
        return (await self.call_many(province, [request], deadline=deadline))[0]

    async def call_many(
        self, province: str, requests: Sequence[protocol.Request], *, deadline: float
    ) -> list[protocol.Response]:
        assert deadline > 0
        if province in self.silent:
            raise GatewayError(GatewayReason.PROVINCE_UNAVAILABLE, "The province does not answer.")
        self.frames.append((province, len(requests)))
        return [self._answer(province, request) for request in requests]

    def call_many_soon(self, province: str, requests: Sequence[c.AnyCommand]) -> Replies:
        async def call() -> Sequence[protocol.Response]:
            return await self.call_many(province, requests, deadline=math.inf)

        return asyncio.ensure_future(call())

    async def room_for(self, provinces: Iterable[str]) -> None:
        """There always is."""

    async def follow_task(self, task_id: TaskId, request: protocol.Request, *, deadline: float) -> protocol.Response:
        reply = await self.call(home_of(task_id), request, deadline=deadline)
        for _ in self._provinces:
            if not isinstance(reply, Elsewhere):
                break
            reply = await self.call(reply.host, request, deadline=deadline)
        return reply

    async def coordinator(self, request: protocol.Request, *, deadline: float) -> protocol.Response:
        assert deadline > 0
        if isinstance(request, protocol.GetFlowMemory):
            if self.memory is None:
                raise GatewayError(GatewayReason.COORDINATOR_UNAVAILABLE, "It is away.")
            return protocol.decode_response(protocol.encode(protocol.FlowMemoryReply(memory=self.memory)))
        if isinstance(request, DRILL_REQUESTS):
            self.look()
            answer = self._drilling.serve(protocol.decode_request(protocol.encode(request)))
            return protocol.decode_response(protocol.encode(answer))
        model = self._model_answer(request)
        if model is not None:
            return protocol.decode_response(protocol.encode(model))
        if isinstance(request, protocol.PutTaskKind):
            refused = self._put_kind(request)
            if refused is not None:
                return refused
        put = request if isinstance(request, protocol.PutTaskKind) else protocol.PutTaskKind(kind=KINDS[0])
        return protocol.TaskKindsReply(
            revision=self._headquarters.revision,
            kinds=tuple(self._headquarters.kinds.values()),
            put=self._headquarters.answer_to(put.who, put.request_id),
        )

    def advise(self) -> None:
        """Tell every province how the others stand."""
        summaries = tuple(self._provinces[code].summary(NOW) for code in self.codes())
        self._pictures += 1
        picture = NationalPicture(revision=self._pictures, time_ms=NOW.wall_ms, provinces=summaries)
        for code in self.codes():
            self._handle(code, c.TakeAdvice(who="system:coordinator", picture=encode_picture(picture)))

    def forget_others(self, code: str) -> None:
        """Let a province know of the others as much as one that has begun a moment ago."""
        self._provinces[code].outbox = Outbox()

    def look(self) -> None:
        """The coordinator's next picture."""
        summaries = tuple(province.summary(NOW) for province in self._provinces.values())
        self._drilling.turn(NationalPicture(time_ms=NOW.wall_ms, provinces=summaries))

    def _note(self, events: Sequence[AnyDrillEvent]) -> Refused | None:
        for event in events:
            self._headquarters.apply(event)

    async def _ask(self, province: str, request: protocol.Request, timeout_s: float) -> protocol.Response | None:
        assert timeout_s > 0
        if isinstance(request, protocol.GetSummary):
            return protocol.SummaryReply(summary=self._provinces[province].summary(NOW))
        return protocol.FramePage(frames=(), last_sequence=0)

    def move(self, task: str, source: str, host: str) -> None:
        """Move a queued task, all steps at once."""
        task_id = TaskId(task)
        held = self._provinces[source].state.tasks[task_id]
        move = MoveOut(
            host=ProvinceCode(host),
            generation=held.generation,
            attempt=held.move_attempts + 1,
            placement=Placement.EVACUATED,
            started_ms=NOW.wall_ms,
        )
        self._happen(source, e.MoveStarted(at_ms=NOW.wall_ms, task_id=task_id, move=move, reason="full"))
        moving = self._provinces[source].state.tasks[task_id]
        accepted = e.MoveAccepted(at_ms=NOW.wall_ms, source=ProvinceCode(source), task=moving, move=move)
        self._happen(host, accepted)
        self._happen(source, e.MoveHandedOver(at_ms=NOW.wall_ms, task_id=task_id))

    def _happen(self, code: str, event: e.AnyEvent) -> None:
        apply(self._provinces[code].state, event)
        self._journals[code].append(codec.encode_events([event]), at_ms=NOW.wall_ms)

    def _handle(self, code: str, command: c.AnyCommand) -> protocol.Response:
        """Decide one command and journal what it caused; what follows from a batch is left out, so that nothing moves by itself."""
        reply = self._provinces[code].handle(command, NOW, {})
        self._journal_frame(code)
        return reply

    def match(self, code: str) -> None:
        """What a province does after every batch: pair what waits with who is free."""
        self._provinces[code].finish_batch(NOW)
        self._journal_frame(code)

    def _journal_frame(self, code: str) -> None:
        frame = self._provinces[code].take_frame()
        if frame.events:
            self._journals[code].append(codec.encode_events(frame.events), at_ms=NOW.wall_ms)

    def _answer(self, code: str, request: protocol.Request) -> protocol.Response:
        command = protocol.decode_request(protocol.encode(request))
        if isinstance(command, protocol.ReadHistory):
            return protocol.decode_response(protocol.encode(self._history(code, command)))
        assert isinstance(command, c.Command)
        reply = self._handle(code, command)  # pyright: ignore[reportArgumentType] - the root of all commands
        if isinstance(command, c.ListTasks) and isinstance(reply, TaskPage):
            reply = _with_finished(self._provinces[code], command, reply)
        return protocol.decode_response(protocol.encode(reply))

    def _history(self, code: str, asked: protocol.ReadHistory) -> protocol.Response:
        if code in self.too_far_back:
            return Refused(reason=Reason.TOO_FAR_BACK)
        errand = Errand(
            path="",
            task_id=asked.task_id,
            token=asked.token,
            operator=asked.operator,
            candidates_max=asked.candidates_max,
        )
        return history_of(MemoryView(self._stores[code]), errand)

    def _found(self, code: str) -> None:
        """What a new province is told."""
        settings = ProvinceSettings(
            province=ProvinceCode(code),
            display_name=code.title(),
            display_name_zh=code,
            sites=(SiteId(f"{code}-1"),),
        )
        self._handle(code, c.ConfigureProvince(who="system:test", settings=settings))
        self._handle(code, c.AdoptTaskKinds(who="system:test", revision=1, kinds=KINDS))
        self._handle(code, c.AdoptMatchingModel(who="system:test", model=shipped_model()))

    def _model_answer(self, request: protocol.Request) -> protocol.Response | None:
        """What the coordinator says of the matching model; None: the request is about something else."""
        models = self._headquarters.models
        match request:
            case protocol.GetMatchingModel():
                return self._settle(models.find(request.revision), only=True)
            case protocol.ListMatchingModels():
                found = models.before(request.before, request.count + 1)
                return protocol.MatchingModelPage(models=found[: request.count], has_more=len(found) > request.count)
            case protocol.PutMatchingModel():
                return self._settle(models.put(request.model, _asked(request)), only=request.validate_only)
            case protocol.RollBackMatchingModel():
                return self._settle(models.roll_back(request.to_revision, _asked(request), request.note), only=False)
            case _:
                return None

    def _settle(self, decided: ModelDecision, *, only: bool) -> protocol.Response:
        if isinstance(decided, Refused):
            return decided
        if not isinstance(decided, MatchingModelPut):
            return protocol.MatchingModelReply(model=decided)
        if not only:
            self._headquarters.apply(decided)
        return protocol.MatchingModelReply(model=decided.model)

    def _put_kind(self, request: protocol.PutTaskKind) -> Refused | None:
        decided = self._headquarters.put_kind(
            request.kind,
            revision=request.revision,
            who=request.who,
            request_id=request.request_id,
            at_ms=NOW.wall_ms,
            fingerprint=request.fingerprint,
        )
        if isinstance(decided, Refused):
            return decided
        for event in decided:
            self._headquarters.apply(event)
        return None


def _asked(request: protocol.PutMatchingModel | protocol.RollBackMatchingModel) -> ModelRequest:
    return ModelRequest(
        who=request.who,
        request_id=request.request_id,
        at_ms=NOW.wall_ms,
        revision=request.revision,
        fingerprint=request.fingerprint if isinstance(request, protocol.PutMatchingModel) else b"",
    )


def _with_finished(province: Province, command: c.ListTasks, page: TaskPage) -> TaskPage:
    """Open tasks first; then all finished ones that fit, as one last page."""
    if page.next_after or (command.states and not set(command.states) & set(CLOSED_STATES)):
        return page
    closed = [
        task
        for key, value in sorted(province.state.records.items())
        if key.startswith("t:")
        and (task := records.decode_task(value)).state is not TaskState.MOVED
        and (not command.states or task.state in command.states)
        and (not command.home or task.home == command.home)
    ]
    return TaskPage(tasks=page.tasks + tuple(closed))
