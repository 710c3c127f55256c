"""Ordinary work at a told load."""

import itertools

import pytest

from gateway.command.drill_load import load_of, pauses_s
from loadtests.catalogue import Branch, Kind, Line
from loadtests.handling import expected_minutes
from loadtests.roster import make_roster

KINDS = [
    Kind(kind="claims-medical", line=Line.CLAIMS),
    Kind(kind="claims-accident", line=Line.CLAIMS),
    Kind(kind="servicing-address", line=Line.SERVICING),
    Kind(kind="underwriting-life", line=Line.UNDERWRITING),
]
PEOPLE = make_roster(1, [Branch(province="shandong"), Branch(province="xizang")], KINDS)


@pytest.mark.parametrize("share", [0.5, 0.75])
def test_everybody_is_as_busy_as_was_told(share: float) -> None:
    """A drill at "75 %" in which the large branches idle and the small ones are in arrears shows another country."""
    load = load_of(PEOPLE, KINDS, share, per_s=8.0)
    assert sum(one.per_s for one in load.arrivals) == pytest.approx(8.0)
    for one in load.arrivals:
        line = next(kind.line for kind in KINDS if kind.kind == one.kinds[0])
        places = sum(person.capacity for person in PEOPLE if (person.province, person.line) == (one.province, line))
        handle_s = expected_minutes(line, 0) * load.behaviour.seconds_per_minute
        assert one.per_s * handle_s == pytest.approx(share * places)
        assert one.at_once == round(share * places)


def test_a_line_without_work_is_idle() -> None:
    """Its people must not be counted as those of others."""
    load = load_of(PEOPLE, KINDS[:2], 0.75, per_s=8.0)
    assert {one.kinds for one in load.arrivals} == {("claims-medical", "claims-accident")}


def test_thresholds_and_standard_times_are_as_compressed_as_the_work() -> None:
    """The system would wait a quarter of an hour for what here takes half a minute, and share nothing."""
    load = load_of(PEOPLE, KINDS, 0.75, per_s=8.0)
    minute_ms = load.behaviour.seconds_per_minute * 1_000
    assert (load.activation_ms, load.release_ms) == (round(15 * minute_ms), round(5 * minute_ms))
    slow = load_of(PEOPLE, KINDS, 0.75, per_s=0.05)
    claims_s = expected_minutes(Line.CLAIMS, 0) * slow.behaviour.seconds_per_minute
    assert slow.standard_minutes(Line.CLAIMS) == round(claims_s / 60) > 1
    assert load_of(PEOPLE, KINDS, 0.75, per_s=1_000.0).standard_minutes(Line.CLAIMS) == 1


def test_arrivals_are_a_stream_that_can_be_repeated() -> None:
    """Evenly spaced arrivals never queue: waits would look better than on any real day."""
    one = load_of(PEOPLE, KINDS, 0.75, per_s=8.0).arrivals[0]
    first, again, other = (list(itertools.islice(pauses_s(one, seed), 2_000)) for seed in (1, 1, 2))
    assert first == again != other
    assert sum(first) / len(first) == pytest.approx(1 / one.per_s, rel=0.1)
