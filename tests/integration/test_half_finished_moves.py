"""Everything died in the middle of moves: a start-up finds them in the journals and completes them."""

from collections.abc import Sequence
from pathlib import Path

import grpc

from actors.commit_loop import CommitLoop
from actors.core import codec
from actors.core import commands as c
from actors.core import events as e
from actors.core.country import Line, ProvinceStatus, SharingPolicy
from actors.core.ids import KindId, OperatorId, ProvinceCode, SessionId
from actors.core.messages import Outgoing
from actors.core.replies import AnyReply, DeskUpdate, MoveAnswer
from actors.core.sharing.flows import MoveFlow
from actors.core.sharing.summary import KindSummary, NationalPicture, ProvinceSummary, encode_picture
from actors.core.task import TaskSpec
from actors.country_file import load_country
from actors.journal import open_readonly, open_sqlite
from actors.province import now
from actors.store import Store, open_store
from gateway.v1 import task_pb2
from tests.integration.branch import KIND, Branch
from tests.integration.country import running
from tests.integration.until import until

FUJIAN, JIANGXI = ProvinceCode("fujian"), ProvinceCode("jiangxi")


class Province:
    """A province before everything died; what it wanted to send went nowhere and is kept in `unsent`."""

    def __init__(self, store: Store, code: ProvinceCode) -> None:
        country = load_country(None)
        journal = open_sqlite(store.journal_path(code), store_id=store.store_id, province=code)
        self.loop = CommitLoop(code, journal, clock=now, outputs=self)
        self.unsent: list[Outgoing] = []
        settings = next(entry for entry in country.provinces if entry.province == code)
        people = tuple(person for person in country.operators if person.province == code)
        self.ask(
            c.ConfigureProvince(limits=country.limits, settings=settings),
            c.AdoptTaskKinds(revision=1, kinds=country.kinds),
            c.UpsertOperators(entries=people),
        )

    def ask(self, *commands: c.AnyCommand) -> list[AnyReply]:
        """Commands, and their answers."""
        replies: list[AnyReply] = []
        for command in commands:
            self.loop.submit(command, replies.append)
        self.loop.commit()
        return replies

    def frame_written(self, sequence: int, epoch: int, at_ms: int, payload: bytes) -> None:
        """Nobody follows."""

    def tell_desks(self, updates: tuple[DeskUpdate, ...]) -> None:
        """Nobody is there."""

    def send(self, messages: Sequence[Outgoing]) -> None:
        """Lost on the way."""
        self.unsent += messages

    def on_fatal(self, error: Exception) -> None:
        """The loop raises it as well."""


def _advice() -> c.TakeAdvice:
    """Jiangxi has somebody for two tasks."""
    summary = ProvinceSummary(
        province=JIANGXI,
        time_ms=now().wall_ms,
        status=ProvinceStatus.ACTIVE,
        policy=SharingPolicy(),
        kinds=(KindSummary(kind=KindId(KIND), line=Line.CLAIMS, eligible=2, free_capacity=2, expected_wait_ms=0),),
    )
    flow = MoveFlow(source=FUJIAN, host=JIANGXI, kind=KindId(KIND), count=2, reason="test")
    return c.TakeAdvice(
        picture=encode_picture(NationalPicture(epoch=1, revision=1, time_ms=1, provinces=(summary,))), flows=(flow,)
    )


def _die_in_the_middle(store: Store) -> tuple[str, str]:
    """Two moves begun in Fujian, one of them accepted in Jiangxi, and no answer arrived; (never arrived, accepted)."""
    source, host = Province(store, FUJIAN), Province(store, JIANGXI)
    source.ask(*(c.CreateTask(spec=TaskSpec(kind=KindId(KIND), external_id=f"half-{n}")) for n in (1, 2)), _advice())
    lost, arrived = (one.command for one in source.unsent)
    assert isinstance(lost, c.AcceptMove)
    assert isinstance(arrived, c.AcceptMove)
    operator = OperatorId(next(iter(host.loop.province.state.operators)))
    session = SessionId("before/1")
    host.ask(c.SignIn(operator=operator, session=session), c.HearDesks(sessions=(session,)))
    [accepted] = host.ask(arrived)
    assert accepted == MoveAnswer(accepted=True)
    host.ask(c.SignOut(operator=operator))
    for province in (source, host):
        province.loop.journal.close()
    return lost.task.task_id, arrived.task.task_id


def test_a_start_up_settles_the_moves_it_finds(tmp_path: Path) -> None:
    """Would break if a move lived in the memory of those who died: its task would be held by nobody for ever."""
    store = open_store(tmp_path / "data", (FUJIAN, JIANGXI))
    lost, accepted = _die_in_the_middle(store)
    store.release()
    with running(store.directory, (FUJIAN, JIANGXI)) as country:
        with grpc.insecure_channel(country.grpc) as channel:
            branch = Branch(channel, country, FUJIAN)
            until(lambda: {lost, accepted} <= _settled(store), within_s=20)
            # Nobody is on duty in Jiangxi now: what had not arrived is refused and taken back, what had arrived stays.
            left, moved = _task(branch, lost), _task(branch, accepted)
            assert (left.host_province, left.state) == (FUJIAN, task_pb2.TASK_STATE_QUEUED)
            assert (moved.host_province, moved.generation) == (JIANGXI, 2)
        assert country.stop() == 0


def _task(branch: Branch, task: str) -> task_pb2.Task:
    return branch.get(f"provinces/fujian/tasks/{task}")


def _settled(store: Store) -> set[str]:
    """Tasks whose move Fujian has ended, one way or the other."""
    view = open_readonly(store.journal_path(FUJIAN))
    try:
        events = [event for frame in view.frames() for event in codec.decode_events(frame.payload)]
    finally:
        view.close()
    return {event.task_id for event in events if isinstance(event, e.MoveHandedOver | e.MoveTakenBack)}
