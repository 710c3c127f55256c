"""The country starts without a province whose journal cannot be used, says which and why, and is whole again when the file is."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import msgspec
import pytest

from actors import cluster, province
from actors.cluster import note_failed_start
from actors.cluster_options import REFUSALS
from actors.coordinator import CoordinatorActor
from actors.core.ids import ProvinceCode
from actors.store import HQ
from actors.transport import DIRECTORY_SOCKET, DirectoryClient, Entry
from gateway.command.roll_call import RollCall
from gateway.v1 import monitor_pb2, province_pb2
from tests.unit.damaged_journals import AT_SIGHT, DEEP
from tests.unit.gateway_process.live_country import PATIENCE_S, LiveCountry, as_, create, live_country
from tests.unit.gateway_process.test_damaged_journal import alarms, anchored, refused

CODES = (ProvinceCode("fujian"), ProvinceCode("jiangxi"))


async def make(directory: Path) -> None:
    """A country with a task in Fujian, anchored, that has ended."""
    async with live_country(directory, *CODES) as country:
        await country.tasks.CreateTask(create(0), **as_("branch-fujian"))
        await anchored(country, CODES[0])


@asynccontextmanager
async def started(directory: Path) -> AsyncIterator[tuple[LiveCountry, list[str], dict[str, str]]]:
    """The country after another start, what `serve` says of it, and who stands aside."""
    async with live_country(directory, *CODES) as country:
        said, aside = await called(directory, country)
        yield country, said, aside


async def called(directory: Path, country: LiveCountry) -> tuple[list[str], dict[str, str]]:
    """What `serve` says of a country of which some serve, and who stands aside."""
    said: list[str] = []
    roll = RollCall(directory, CODES, said.append)

    async def pause() -> None:
        await asyncio.sleep(0)

    async with asyncio.timeout(PATIENCE_S):
        aside = await roll.call(country.address, pause, lambda: False)
    roll.tell()
    assert roll.nobody_serves_because() == ""
    return said, aside


@pytest.mark.parametrize("spoil", [*AT_SIGHT.values(), *DEEP.values()], ids=[*AT_SIGHT, *DEEP])
async def test_one_journal_keeps_one_province_from_serving(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    """Thirty-six branches work as one; they all stood still for one file."""
    await make(tmp_path)
    spoil(tmp_path / "fujian.sqlite")
    async with started(tmp_path) as (country, said, aside):
        assert list(aside) == ["fujian"]
        assert said == [f"NOT SERVING 未服务: {aside['fujian']}"]
        assert await alarms(country, 1) == [aside["fujian"]]
        assert "journal fujian" in aside["fujian"]
        assert "docs/runbooks/journal-damaged.md" in aside["fujian"]
        code, info, _ = await refused(country.tasks.CreateTask(create(1), **as_("branch-fujian")))
        assert (code, info.reason) == (grpc.StatusCode.UNAVAILABLE, "JOURNAL_UNUSABLE")
        await country.tasks.CreateTask(create(2, "jiangxi"), **as_("branch-jiangxi"))
        overview = await country.monitor.GetOverview(monitor_pb2.GetOverviewRequest(), **as_("ops"))
        states = {entry.province: entry.state for entry in overview.provinces}
        assert states["fujian"] == province_pb2.PROVINCE_STATE_DEGRADED


async def test_the_right_journal_makes_the_country_whole(tmp_path: Path) -> None:
    """What was acknowledged before the damage must be there, and nobody stand aside any more."""
    await make(tmp_path)
    journal, right = tmp_path / "fujian.sqlite", tmp_path / "right"
    shutil.copy(journal, right)
    AT_SIGHT["truncated"](journal)
    async with started(tmp_path) as (country, _, aside):
        assert list(aside) == ["fujian"]
        await country.actors["fujian"].close()
        right.rename(journal)
        await country.open("fujian")
        await alarms(country, 0)
        again = await country.tasks.CreateTask(create(0), **as_("branch-fujian"))
        assert again.name.endswith("/fujian-1")
        assert RollCall(tmp_path, CODES, print).aside() == {}


@pytest.mark.parametrize(
    "error", [OSError(5, "Input/output error"), TypeError("a bug"), OverflowError("a bug")], ids=repr
)
async def test_whatever_opening_raises_the_actor_lives_on_to_say_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Ray never restarts an actor whose constructor raised: the whole country would not start, and stop at the next restart."""
    await make(tmp_path)
    opened = province.open_anchored

    def fail(path: str, *, store_id: str, province: str, hq_path: str, create: bool) -> object:
        if province == "fujian":
            raise error
        return opened(path, store_id=store_id, province=province, hq_path=hq_path, create=create)

    monkeypatch.setattr(province, "open_anchored", fail)
    async with started(tmp_path) as (country, _, aside):
        assert list(aside) == ["fujian"]
        assert error.args[-1] in aside["fujian"]
        await country.tasks.CreateTask(create(2, "jiangxi"), **as_("branch-jiangxi"))


async def never_made(country: LiveCountry, name: str, cause: str) -> None:
    """An actor's constructor has raised, and Ray says so."""

    async def ready() -> int:
        raise RuntimeError(
            f"The actor died because of an error raised in its creation task, ray::x.__init__()\n  File …\n{cause}\n"
        )

    await note_failed_start(ready, name, country.supervisor, failure=RuntimeError)


async def test_a_province_that_could_not_start_is_named_and_the_others_serve(tmp_path: Path) -> None:
    """Its constructor raised, so nothing of it is left to say so: one bug for one province's data ended the start for all."""
    async with live_country(tmp_path, *CODES) as country:
        await country.actors["fujian"].close()
        await never_made(country, "province/fujian", "KeyError: 'a bug'")
        [alarm] = await alarms(country, 1)
        assert alarm == "province fujian cannot start: KeyError: 'a bug'; what to do: docs/runbooks/process-lost.md"
        said, aside = await called(tmp_path, country)
        assert (aside, said) == ({"fujian": alarm}, [f"NOT SERVING 未服务: {alarm}"])
        code, _, _ = await refused(country.tasks.CreateTask(create(1), **as_("branch-fujian")))
        assert code is grpc.StatusCode.UNAVAILABLE
        await state_of_fujian(country, province_pb2.PROVINCE_STATE_DEGRADED)
        await country.tasks.CreateTask(create(2, "jiangxi"), **as_("branch-jiangxi"))


@pytest.mark.parametrize("name", ["province/fujian", "coordinator"])
async def test_an_actor_that_cannot_be_made_again_during_operation_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Ray was asked at the start only: a province that died and could not be made again was away for ever, and nobody was told why."""
    monkeypatch.setattr(cluster, "ASK_AGAIN_S", 0.0)
    async with live_country(tmp_path, *CODES) as country:
        died = RuntimeError("The actor is unavailable.")
        raised = RuntimeError("The actor died because of an error raised in its creation task, …\nKeyError: 'a bug'")
        says: list[RuntimeError | None] = [None, died, died, raised]
        is_made = asyncio.Event()

        async def ready() -> None:
            if (error := says.pop(0)) is not None:
                raise error
            is_made.set()

        noting = asyncio.create_task(note_failed_start(ready, name, country.supervisor, failure=RuntimeError))
        await is_made.wait()
        actor = country.coordinator if name == "coordinator" else country.actors["fujian"]
        assert await alarms(country, 0) == []
        await actor.close()
        async with asyncio.timeout(PATIENCE_S):
            await noting
        [alarm] = await alarms(country, 1)
        assert f"{name.removeprefix('province/')} cannot start: KeyError: 'a bug'" in alarm
        said: list[str] = []
        RollCall(tmp_path, CODES, said.append).tell()
        assert said == [f"NOT SERVING 未服务: {alarm}"]


def test_whoever_stands_aside_no_longer_is_named_once(tmp_path: Path) -> None:
    """The last word at the terminal of `serve` was that the province did not serve, also hours after its journal had been put right."""
    said: list[str] = []
    roll = RollCall(tmp_path, CODES, said.append)
    for aside in ({"fujian": "damaged", "hq": "lost"}, {"hq": "lost"}, {}, {}):
        (tmp_path / REFUSALS).write_bytes(msgspec.json.encode(aside))
        roll.tell()
    assert said == [
        "NOT SERVING 未服务: damaged",
        "NOT SERVING 未服务: lost",
        "province fujian tries again 再次尝试",
        "the coordinator tries again 再次尝试",
    ]


async def test_an_actor_that_stood_aside_and_cannot_be_made_again_is_named(tmp_path: Path) -> None:
    """It is not in the directory under its own name: its end was no news, and its last reason the wrong one."""
    await make(tmp_path)
    AT_SIGHT["truncated"](tmp_path / "fujian.sqlite")
    async with live_country(tmp_path, *CODES) as country:
        raised = RuntimeError("The actor died because of an error raised in its creation task, …\nKeyError: 'a bug'")
        says: list[RuntimeError | None] = [None, raised]
        is_made = asyncio.Event()

        async def ready() -> None:
            if (error := says.pop(0)) is not None:
                raise error
            is_made.set()

        noting = asyncio.create_task(
            note_failed_start(ready, "province/fujian", country.supervisor, failure=RuntimeError)
        )
        await is_made.wait()
        [alarm] = await alarms(country, 1)
        assert "journal fujian" in alarm
        await country.actors["fujian"].close()
        async with asyncio.timeout(PATIENCE_S):
            await noting
        async with asyncio.timeout(PATIENCE_S):
            while "KeyError: 'a bug'" not in "".join(await alarms(country, 1)):
                pass


async def test_a_country_of_nobody_or_without_headquarters_that_could_start_does_not(tmp_path: Path) -> None:
    """Called ready, it would refuse every call, and whoever started it would not look."""
    async with live_country(tmp_path, *CODES) as country:
        roll = RollCall(tmp_path, CODES, print)
        for code in CODES:
            await never_made(country, f"province/{code}", f"of {code}")
        await alarms(country, 2)
        assert roll.nobody_serves_because().startswith("no province can serve: province fujian cannot start: of fujian")
        await never_made(country, "coordinator", "of hq")
        await alarms(country, 3)
        assert roll.nobody_serves_because().startswith("the coordinator cannot start: of hq")


async def test_a_province_that_only_hangs_is_named_and_the_others_serve(tmp_path: Path) -> None:
    """It says nothing, so after three minutes of waiting the whole country was given up, and nobody learnt for whom."""
    async with live_country(tmp_path, *CODES) as country:
        await country.actors["fujian"].close()
        await state_of_fujian(country, province_pb2.PROVINCE_STATE_DEGRADED)
        said: list[str] = []
        roll = RollCall(tmp_path, CODES, said.append)
        waited: list[None] = []

        async def pause() -> None:
            waited.append(None)

        aside = await roll.call(country.address, pause, lambda: len(waited) >= 3)
        assert list(aside) == ["fujian"]
        assert await roll.call(country.address, pause, lambda: True) == aside, "of another gateway, and not said again"
        assert "docs/runbooks/process-lost.md" in aside["fujian"]
        assert (len(waited), said) == (3, [f"NOT SERVING 未服务: {aside['fujian']}"])
        assert roll.nobody_serves_because() == ""
        await country.tasks.CreateTask(create(2, "jiangxi"), **as_("branch-jiangxi"))
        await country.actors["jiangxi"].close()
        note(tmp_path, jiangxi="of jiangxi")
        assert roll.nobody_serves_because().startswith("no province can serve: province fujian")


async def test_a_coordinator_that_only_hangs_is_named_and_the_country_serves(tmp_path: Path) -> None:
    """Nobody waited for it, so nobody learnt that branches share by what they last knew, and that their journals' heads are not kept."""
    async with live_country(tmp_path, *CODES) as country:
        said: list[str] = []
        waited: list[None] = []

        async def pause() -> None:
            waited.append(None)
            await asyncio.sleep(0)

        roll = RollCall(tmp_path, CODES, said.append)
        async with asyncio.timeout(PATIENCE_S):
            assert await roll.call_headquarters(pause, lambda: False) == {}
        await leave(country, country.coordinator)
        waited.clear()
        aside = await roll.call_headquarters(pause, lambda: len(waited) >= 3)
        reason = "the coordinator has not come up and says nothing; what to do: docs/runbooks/process-lost.md"
        assert (aside, said) == ({HQ: reason}, [f"NOT SERVING 未服务: {reason}"])
        assert roll.nobody_serves_because() == ""
        await country.tasks.CreateTask(create(1), **as_("branch-fujian"))


async def leave(country: LiveCountry, coordinator: CoordinatorActor) -> None:
    """End the coordinator and wait until the directory knows."""
    gone = asyncio.Event()

    def changed(_entry: Entry, present: bool) -> None:
        if not present:
            gone.set()

    directory = DirectoryClient(country.directory / DIRECTORY_SOCKET, "test", register=None, on_change=changed)
    directory.start()
    await directory.ready()
    await coordinator.close()
    async with asyncio.timeout(PATIENCE_S):
        await gone.wait()
    await directory.close()


async def state_of_fujian(country: LiveCountry, state: province_pb2.ProvinceState) -> None:
    """Wait until the overview shows Fujian so."""
    watch = country.monitor.WatchOverview(monitor_pb2.WatchOverviewRequest(interval_ms=200), **as_("ops"))
    async with asyncio.timeout(PATIENCE_S):
        while state not in [p.state for p in (await watch.read()).provinces if p.province == "fujian"]:
            pass
    watch.cancel()


def note(directory: Path, **aside: str) -> None:
    """What the supervisor would write down."""
    (directory / REFUSALS).write_bytes(msgspec.json.encode(aside))


def test_without_the_headquarters_or_with_nobody_there_is_no_start(tmp_path: Path) -> None:
    """Unchecked, an old copy of a journal would be served; and a country of nobody must not call itself ready."""
    roll = RollCall(tmp_path, CODES, print)
    assert roll.nobody_serves_because() == ""
    note(tmp_path, fujian="of fujian")
    assert roll.nobody_serves_because() == ""
    note(tmp_path, fujian="of fujian", jiangxi="of jiangxi")
    assert roll.nobody_serves_because() == "no province can serve: of fujian"
    note(tmp_path, fujian="of fujian", **{HQ: "of hq"})
    assert roll.nobody_serves_because() == "of hq"


def test_each_reason_is_said_once(tmp_path: Path) -> None:
    """Repeated every second it would bury everything else; unsaid when it changes, the duty officer would mend the wrong thing."""
    said: list[str] = []
    roll = RollCall(tmp_path, CODES, said.append)
    for reason in ("one", "one", "two"):
        note(tmp_path, fujian=reason)
        roll.tell()
    note(tmp_path)
    roll.tell()
    note(tmp_path, fujian="two")
    roll.tell()
    assert [line.rpartition(" ")[2] for line in said] == ["one", "two", "再次尝试", "two"]
