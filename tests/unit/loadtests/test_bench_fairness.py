"""The sums of a run with a flood, and its verdict."""

import msgspec
import pytest

from gateway.admission import ITEMS_PER_CALL
from gateway.command.bench_fairness import checks_of
from loadtests.bench import fairness
from loadtests.bench.bulk import Done
from loadtests.bench.fairness import Fairness, Scene, Turn, summed
from loadtests.bench.offering import Offered

_EMPTY = Fairness(provinces=3, gateways=1, limit_per_second=30, share_per_second=10.0, turns=1, seconds=2.0)


def _calls(wait_us: int, refused: int = 0, otherwise: int = 0) -> Offered:
    """A branch at its share for two seconds."""
    accepted = 20 - refused - otherwise
    return Offered(
        offered=20,
        acknowledged=accepted + 5,
        accepted_us=[wait_us] * accepted,
        refused_us=[500] * refused,
        otherwise={"INTERNAL": otherwise} if otherwise else {},
    )


def _turns() -> list[Turn]:
    flood = Offered(offered=400, acknowledged=35, accepted_us=[900] * 30, refused_us=[400] * 370)
    stream = Done(counted=200, acknowledged=240)
    return [
        Turn(Scene.ALONE, [_calls(10_000), _calls(10_000)], None),
        Turn(Scene.CALLS, [_calls(12_000), _calls(15_000)], flood),
        Turn(Scene.STREAM, [_calls(18_000), _calls(18_000)], stream),
    ]


def test_the_others_waits_are_set_against_theirs_alone() -> None:
    """Waits of the flooder among them, or of one scene in another's place, would be another ratio."""
    result = summed(msgspec.structs.replace(_EMPTY), _turns())
    assert (result.p99_alone_ms, result.p99_beside_ms, result.ratio) == (10.0, 15.0, 1.5)
    assert (result.p99_beside_stream_ms, result.ratio_stream) == (18.0, 1.8)
    assert (result.others_per_second, result.refused_of_others) == (10.0, 0)
    assert result.acknowledged == 6 * 25 + 35 + 240


def test_the_median_of_the_turns_ratios_counts() -> None:
    """One turn that the machine's other guests spoil would be the verdict on all."""
    spoilt = [turn._replace(others=[_calls(900_000)] * 2) if turn.scene is Scene.CALLS else turn for turn in _turns()]
    result = summed(msgspec.structs.replace(_EMPTY, turns=3), [*_turns(), *spoilt, *_turns()])
    assert (result.ratio, result.ratios) == (1.5, [1.5, 90.0, 1.5])
    assert (result.p99_beside_ms, result.scenes["calls"].calls) == (15.0, 120)


def test_the_flooders_part_is_told_in_shares() -> None:
    """A flooder that is shut out altogether would be praised as fairness."""
    result = summed(msgspec.structs.replace(_EMPTY), _turns())
    assert (result.flooder_offered_per_second, result.flooder_accepted_per_second) == (200.0, 15.0)
    assert (result.flooder_refused_per_second, result.flooder_shares) == (185.0, 1.5)
    assert (result.stream_tasks_per_second, result.stream_shares) == (100.0, 1.25)


def test_what_became_of_the_others_calls_is_all_in_the_books() -> None:
    """A refusal, another end or no end at all of an innocent's call is what the row is about."""
    turns = _turns()
    silent = msgspec.structs.replace(_calls(9_000), offered=23)
    turns[1] = turns[1]._replace(others=[_calls(9_000, refused=2, otherwise=1), silent])
    result = summed(msgspec.structs.replace(_EMPTY), turns)
    assert (result.refused_of_others, result.otherwise, result.unanswered) == (2, {"INTERNAL": 1}, 3)


def test_items_count_as_the_gateway_counts_them() -> None:
    """The stream's shares would be told in another measure than they are given in."""
    assert fairness.ITEMS_PER_CALL == ITEMS_PER_CALL


_HELD = Fairness(
    provinces=4,
    gateways=1,
    limit_per_second=400,
    share_per_second=100.0,
    turns=2,
    seconds=8.0,
    ratio=1.6,
    ratio_stream=1.4,
    others_per_second=99.9,
    flooder_offered_per_second=1_999.0,
    flooder_accepted_per_second=99.0,
    flooder_refused_per_second=1_900.0,
    flooder_shares=0.99,
    stream_shares=1.1,
    acknowledged=10,
    in_journals=10,
    flushes=5,
    journals_ok=True,
)


def test_a_run_in_which_nobody_noticed_holds() -> None:
    """A verdict that is never good would be ignored."""
    assert all(checks_of(_HELD).values())


@pytest.mark.parametrize(
    ("check", "change"),
    [
        ("offered", {"others_per_second": 90.0}),
        ("offered", {"flooder_offered_per_second": 1_500.0}),
        ("offered", {"held_back": 1}),
        ("ratio", {"ratio": 2.01}),
        ("ratio", {"ratio": 0.0}),
        ("ratio_stream", {"ratio_stream": 2.01}),
        ("ratio_stream", {"ratio_stream": 0.0}),
        ("refused", {"refused_of_others": 1}),
        ("flooder", {"flooder_shares": 0.8}),
        ("flooder", {"stream_shares": 0.8}),
        ("refusals", {"flooder_refused_per_second": 0.0}),
        ("refusals", {"without_retry_info": 1}),
        ("answered", {"unanswered": 1}),
        ("answered", {"otherwise": {"UNAVAILABLE": 1}}),
        ("durable", {"in_journals": 9}),
        ("durable", {"journals_ok": False}),
    ],
)
def test_each_bound_can_fail_by_itself(check: str, change: dict[str, object]) -> None:
    """A check that cannot fail checks nothing."""
    checks = checks_of(msgspec.structs.replace(_HELD, **change))
    assert [name for name, held in checks.items() if not held] == [check]
