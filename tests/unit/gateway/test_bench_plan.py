"""`sharedops bench plan`: the pictures that it plans for, and what it says of the plans."""

import json

import msgspec
from typer.testing import CliRunner

from actors.core.country import Line
from actors.core.ids import KindId, ProvinceCode
from actors.core.sharing.flows import FlowMemory, Link, MoveFlow
from actors.core.sharing.links import PARTNERS_MAX
from gateway.command import app
from gateway.command.bench_plan import broken_promises, measure
from gateway.command.bench_plan_pictures import pictures


def test_pictures_are_those_of_a_busy_country_and_the_same_for_the_same_seed() -> None:
    """A bench on a calm or a changing country measures nothing that one could compare."""
    first, again = list(pictures(20, 12, 3, seed=7)), list(pictures(20, 12, 3, seed=7))
    assert first == again != list(pictures(20, 12, 3, seed=8))
    for picture in first:
        kinds = [kind for province in picture.provinces for kind in province.kinds]
        assert len(kinds) == 20 * 12
        pressed = sum(kind.expected_wait_ms > 15 * 60_000 for kind in kinds)
        assert 0.2 < pressed / len(kinds) < 0.6


def test_the_measuring_counts_what_was_planned() -> None:
    """Times of plans that share nothing would look splendid."""
    shown = measure(provinces=12, kinds=9, plans=3, seed=1)
    assert shown["broken"] == []
    assert shown["plan_max_ms"] >= shown["plan_ms"] > 0
    assert min(shown["links"], shown["flows"], shown["tasks_moved"], shown["pressed_kinds"]) > 0


def test_a_broken_promise_is_said() -> None:
    """A check that finds nothing in a broken plan is none."""
    [picture] = pictures(3, 3, 1, seed=1)
    a, b, kind = ProvinceCode("p000"), ProvinceCode("p001"), KindId("claims-2")
    link = Link(opened_ms=0, lent_ms=0)
    memory = FlowMemory(
        links={(Line.CLAIMS, a, b): link, (Line.CLAIMS, b, a): link}
        | {(Line.SERVICING, a, ProvinceCode(f"q{number}")): link for number in range(PARTNERS_MAX + 1)}
    )
    flow = MoveFlow(source=a, host=b, kind=kind, count=1_000, reason="")
    broken = broken_promises(picture, [flow], memory)
    assert len(broken) == 5
    assert broken_promises(picture, [msgspec.structs.replace(flow, count=0)], FlowMemory()) == []


def test_the_command_prints_one_json_line() -> None:
    """What CI and a reader's script take in."""
    run = CliRunner().invoke(app, ["bench", "plan", "--provinces", "6", "--kinds", "6", "--plans", "2", "--json"])
    assert run.exit_code == 0
    shown = json.loads(run.output.splitlines()[-1])
    assert (shown["provinces"], shown["lines"], shown["kinds"], shown["broken"]) == (6, 3, 6, [])
