"""`sharedops calendar`: what it says of calendars that it was answered, and what when it cannot ask."""

import io
import json
from pathlib import Path

import grpc
import grpc.aio
import pytest
from rich.console import Console
from typer.testing import CliRunner

from actors.core.matching.wording import Language
from gateway.command import app
from gateway.command.calendar import known_until, summary_of, table_of
from gateway.v1 import operator_pb2, province_pb2, province_pb2_grpc

#: 2026-02-24 08:30 in Shanghai.
AFTER_THE_FESTIVAL_MS = 1_771_893_000_000
CLOSED = province_pb2.Calendar(
    name="provinces/fujian/calendar",
    revision=3,
    openings=[
        {"line": operator_pb2.LINE_SERVICING, "open": True, "next_opening_time_ms": 1},
        {"line": operator_pb2.LINE_UNDERWRITING, "next_opening_time_ms": AFTER_THE_FESTIVAL_MS},
        {"line": operator_pb2.LINE_CLAIMS},
    ],
    gains=[
        {"date": "2026-02-13", "line": operator_pb2.LINE_UNDERWRITING, "task_count": 2, "gained_minutes": 1_700},
        {"date": "2026-02-14", "line": operator_pb2.LINE_CLAIMS, "task_count": 1, "gained_minutes": 30},
    ],
)


@pytest.mark.parametrize(
    ("language", "words"), [(Language.ZH, "营业 40 天内不开"), (Language.EN, "open not within 40 days")]
)
def test_a_row_says_what_is_open_when_the_rest_opens_and_what_was_gained(language: Language, words: str) -> None:
    """Ops would read the instants of the wire, or of Greenwich."""
    screen = io.StringIO()
    Console(file=screen, width=140, color_system=None).print(table_of([CLOSED], language))
    [row] = [line for line in screen.getvalue().splitlines() if "fujian" in line]
    assert all(word in row for word in (*words.split(" ", 1), "02-24 08:30", "3 / 1,730"))


def test_json_sums_what_it_shows() -> None:
    """A report that is read by a program needs the sums and the days."""
    told = json.loads(json.dumps(summary_of([CLOSED, province_pb2.Calendar(name="provinces/jiangxi/calendar")])))
    assert (told["ok"], told["gained_task_count"], told["gained_minutes"]) == (True, 3, 1_730)
    assert [entry["province"] for entry in told["provinces"]] == ["fujian", "jiangxi"]
    assert [entry["date"] for entry in told["provinces"][0]["gains"]] == ["2026-02-13", "2026-02-14"]
    assert told["provinces"][0]["openings"][1]["open"] is False


def test_it_says_until_when_the_holidays_are_known() -> None:
    """On the first of January every branch would count as open, and nobody would have been told."""
    ahead = province_pb2.Calendar(
        name="provinces/fujian/calendar",
        hours=[{"line": operator_pb2.LINE_CLAIMS}],
        national_days=[{"date": "2026-10-10"}, {"date": "2027-01-01"}],
        openings=CLOSED.openings,
    )
    behind = province_pb2.Calendar()
    behind.CopyFrom(ahead)
    behind.ClearField("national_days")
    behind.national_days.add(date="2026-10-10")
    assert known_until([CLOSED]) == ""
    assert known_until([ahead, CLOSED]) == "2027-01-01"
    assert known_until([ahead, behind]) == "2026-10-10"
    assert table_of([ahead], Language.EN).caption == "days of the country are known until 2027-01-01"


def test_without_a_token_nothing_is_asked(tmp_path: Path) -> None:
    """A traceback helps nobody who has typed the wrong directory."""
    result = CliRunner().invoke(app, ["calendar", "--data-dir", str(tmp_path), "--json"])
    assert result.exit_code == 2
    assert "no development tokens" in json.loads(result.output)["problem"]


def test_without_an_answer_it_says_where_it_asked() -> None:
    """Mostly the system is not running, or listens elsewhere."""
    result = CliRunner().invoke(app, ["calendar", "--address", "127.0.0.1:1", "--token", "t", "--json"])
    assert result.exit_code == 1
    assert "no answer from 127.0.0.1:1" in json.loads(result.output)["problem"]


class OneAway:
    """Answers for every branch but Fujian, which is away."""

    def GetCalendar(self, request: province_pb2.GetCalendarRequest, **_how: object) -> province_pb2.Calendar:  # noqa: N802
        """See the contract."""
        if "fujian" in request.name:
            raise grpc.aio.AioRpcError(
                grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata(), details="It is away."
            )
        return province_pb2.Calendar(name=request.name, openings=CLOSED.openings)


@pytest.mark.parametrize(("asked", "shown"), [("fujian,jiangxi", ["jiangxi"]), ("fujian", None)])
def test_a_branch_that_is_away_hides_no_other(
    asked: str, shown: list[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One damaged journal, and nobody was told when any of thirty-five branches opened."""
    monkeypatch.setattr(province_pb2_grpc, "ProvinceServiceStub", lambda _channel: OneAway())
    result = CliRunner().invoke(app, ["calendar", asked, "--token", "t", "--json"])
    told = json.loads(result.stdout)
    assert (result.exit_code, told["ok"]) == (1, False)
    if shown is None:
        assert "It is away." in told["problem"]
    else:
        assert [entry["province"] for entry in told["provinces"]] == shown
        assert "It is away." in told["missing"]["fujian"]
        assert "sharedops calendar: fujian: " in result.stderr
