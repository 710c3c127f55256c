"""A whole country in one process, for the services: the real core behind the way that services use, without transport or journal."""

from collections.abc import Sequence

from actors import protocol
from actors.core import commands as c
from actors.core import events as e
from actors.core import records
from actors.core.applying import apply
from actors.core.clock import Instant
from actors.core.country import Line, ProvinceSettings, TaskKind
from actors.core.headquarters import Headquarters
from actors.core.ids import KindId, ProvinceCode, SiteId, TaskId, home_of
from actors.core.matching.shipped import shipped_model
from actors.core.model_revisions import MatchingModelPut, ModelDecision, ModelRequest
from actors.core.province import Province
from actors.core.refusal import Refused
from actors.core.replies import Elsewhere, TaskPage
from actors.core.task import CLOSED_STATES, MoveOut, Placement, TaskState
from gateway.errors import GatewayError, GatewayReason

#: The one instant at which everything happens.
NOW = Instant(wall_ms=1_800_000_000_000, monotonic_ms=1_000_000)
KINDS = (
    TaskKind(kind=KindId("claims-medical"), line=Line.CLAIMS, display_name="Medical", display_name_zh="医疗"),
    TaskKind(kind=KindId("servicing-address"), line=Line.SERVICING, display_name="Address", display_name_zh="地址"),
)


class Country:
    """Some provinces and a coordinator. Requests and answers go through their codec, as they do between processes."""

    def __init__(self, *codes: str) -> None:
        self._provinces = {code: _province(ProvinceCode(code)) for code in codes}
        self._headquarters = Headquarters()
        for kind in KINDS:
            self._put_kind(protocol.PutTaskKind(kind=kind))
        self._headquarters.apply(MatchingModelPut(at_ms=NOW.wall_ms, model=shipped_model()))
        #: Provinces that do not answer.
        self.silent: set[str] = set()
        #: Requests per frame, in the order of the frames.
        self.frames: list[tuple[str, int]] = []

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
        return [self._answer(self._provinces[province], request) for request in requests]

    async def follow_task(self, task_id: TaskId, request: protocol.Request, *, deadline: float) -> protocol.Response:
        reply = await self.call(home_of(task_id), request, deadline=deadline)
        for _ in self._provinces:
            if not isinstance(reply, Elsewhere):
                break
            reply = await self.call(reply.host, request, deadline=deadline)
        return reply

    async def coordinator(self, request: protocol.Request, *, deadline: float) -> protocol.Response:
        assert deadline > 0
        model = self._model_answer(request)
        if model is not None:
            return protocol.decode_response(protocol.encode(model))
        if isinstance(request, protocol.PutTaskKind):
            refused = self._put_kind(request)
            if refused is not None:
                return refused
        return protocol.TaskKindsReply(
            revision=self._headquarters.revision, kinds=tuple(self._headquarters.kinds.values())
        )

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
        at_source, at_host = self._provinces[source].state, self._provinces[host].state
        apply(at_source, e.MoveStarted(at_ms=NOW.wall_ms, task_id=task_id, move=move))
        moving = at_source.tasks[task_id]
        apply(at_host, e.MoveAccepted(at_ms=NOW.wall_ms, source=ProvinceCode(source), task=moving, move=move))
        apply(at_source, e.MoveHandedOver(at_ms=NOW.wall_ms, task_id=task_id))

    def _answer(self, province: Province, request: protocol.Request) -> protocol.Response:
        command = protocol.decode_request(protocol.encode(request))
        assert isinstance(command, c.Command)
        reply = province.handle(command, NOW, {})  # pyright: ignore[reportArgumentType] - the root of all commands
        province.take_frame()
        if isinstance(command, c.ListTasks) and isinstance(reply, TaskPage):
            reply = _with_finished(province, command, reply)
        return protocol.decode_response(protocol.encode(reply))

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


def _province(code: ProvinceCode) -> Province:
    province = Province(code, NOW)
    settings = ProvinceSettings(
        province=code, display_name=code.title(), display_name_zh=code, sites=(SiteId(f"{code}-1"),)
    )
    province.handle(c.ConfigureProvince(who="system:test", settings=settings), NOW, {})
    province.handle(c.AdoptTaskKinds(who="system:test", revision=1, kinds=KINDS), NOW, {})
    province.take_frame()
    return province


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
