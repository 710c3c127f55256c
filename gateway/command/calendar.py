"""`sharedops calendar`: which branches are open, when the others open, and what sharing has gained while they were closed."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import grpc
import typer
from google.protobuf.json_format import MessageToDict
from rich.console import Console
from rich.table import Table

from actors.core.calendar import time_text
from actors.core.matching.wording import Language
from gateway import names
from gateway.command.asking import CannotAsk, token_or_development, why_not
from gateway.command.failing import fail
from gateway.command.province_codes import split_codes
from gateway.v1 import operator_pb2, province_pb2, province_pb2_grpc
from loadtests.wire import bearer

PATIENCE_S = 10.0
_LINES = (operator_pb2.LINE_SERVICING, operator_pb2.LINE_UNDERWRITING, operator_pb2.LINE_CLAIMS)
_WORDS = {
    "title": ("服务时段 (北京时间, 下次开门)", "Service hours (Asia/Shanghai, next opening)"),
    "branch": ("分公司", "branch"),
    "lines": (("保全", "核保", "理赔"), ("servicing", "underwriting", "claims")),
    "open": ("营业", "open"),
    "never": ("40 天内不开", "not within 40 days"),
    "known": ("全国节假日录入至 {date}", "days of the country are known until {date}"),
    "gained": ("延时服务 件 / 分钟", "gained tasks / minutes"),
}


def calendar(
    provinces: Annotated[str, typer.Argument(help="Ids of branches, with commas between; left out: all.")] = "",
    language: Annotated[Language, typer.Option(help="Language of the table.")] = Language.ZH,
    address: Annotated[str, typer.Option(help="The gateway of a running system.")] = "127.0.0.1:50051",
    token: Annotated[
        str, typer.Option(envvar="SHAREDOPS_TOKEN", help="Who asks: operations staff or an auditor.")
    ] = "",
    data_dir: Annotated[
        Path,
        typer.Option(
            help="Without a token: the data directory of a system on this machine, for its development token."
        ),
    ] = Path("data"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show which lines of which branches are open, and the service gained while they were closed.

    Example: sharedops calendar fujian,xinjiang --language en

    Gained are tasks that another branch decided while the line was closed at home, and the minutes from each decision to the line's next
    opening at home, over the days that are kept (the last 40 with any). Exit code 0 if all could be shown, 1 if the system refuses, 2 if the
    question cannot be asked.
    """
    try:
        shown, missing = _ask(address, token_or_development(token, data_dir), split_codes(provinces))
    except CannotAsk as error:
        fail("calendar", str(error), 2, as_json=as_json)
    except grpc.RpcError as error:
        fail("calendar", why_not(error, address), 1, as_json=as_json)
    if missing and not shown:
        fail("calendar", next(iter(missing.values())), 1, as_json=as_json)
    if as_json:
        print(
            json.dumps(summary_of(shown) | ({"ok": False, "missing": missing} if missing else {}), ensure_ascii=False)
        )
    else:
        Console().print(table_of(shown, language))
    for code, why in missing.items():
        typer.echo(f"sharedops calendar: {code}: {why}", err=True)
    raise typer.Exit(1 if missing else 0)


def _ask(address: str, token: str, codes: Sequence[str]) -> tuple[list[province_pb2.Calendar], dict[str, str]]:
    """The calendars, and for each branch that gave none why: one that is away must not hide the others."""
    metadata = bearer(token)
    calendars: list[province_pb2.Calendar] = []
    missing: dict[str, str] = {}
    with grpc.insecure_channel(address) as channel:
        stub = province_pb2_grpc.ProvinceServiceStub(channel)
        if not codes:
            listed = stub.ListProvinces(
                province_pb2.ListProvincesRequest(page_size=1_000), metadata=metadata, timeout=PATIENCE_S
            )
            codes = [province.province_id for province in listed.provinces]
        for code in codes:
            request = province_pb2.GetCalendarRequest(name=names.calendar_name(code))
            try:
                calendars.append(stub.GetCalendar(request, metadata=metadata, timeout=PATIENCE_S))
            except grpc.RpcError as error:
                missing[code] = why_not(error, address)
    return calendars, missing


def summary_of(calendars: Sequence[province_pb2.Calendar]) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "ok": True,
        "gained_task_count": sum(gain.task_count for calendar in calendars for gain in calendar.gains),
        "gained_minutes": sum(gain.gained_minutes for calendar in calendars for gain in calendar.gains),
        "national_days_until": known_until(calendars),
        "provinces": [
            {"province": names.parse_calendar(calendar.name)}
            | MessageToDict(calendar, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
            for calendar in calendars
        ],
    }


def known_until(calendars: Sequence[province_pb2.Calendar]) -> str:
    """The date until which the special days of the country are known to every branch with hours; empty: no branch has hours."""
    return min(
        (max((day.date for day in calendar.national_days), default="") for calendar in calendars if calendar.hours),
        default="",
    )


def table_of(calendars: Sequence[province_pb2.Calendar], language: Language) -> Table:
    """A row a branch."""
    which = 0 if language is Language.ZH else 1
    until = known_until(calendars)
    table = Table(
        title=str(_WORDS["title"][which]),
        caption=str(_WORDS["known"][which]).format(date=until) if until else None,
    )
    for column in (_WORDS["branch"][which], *_WORDS["lines"][which], _WORDS["gained"][which]):
        table.add_column(column)
    for calendar in calendars:
        openings = {opening.line: opening for opening in calendar.openings}
        tasks = sum(gain.task_count for gain in calendar.gains)
        minutes = sum(gain.gained_minutes for gain in calendar.gains)
        table.add_row(
            names.parse_calendar(calendar.name),
            *(_opening(openings[line], which) for line in _LINES),
            f"{tasks:,} / {minutes:,}",
        )
    return table


def _opening(opening: province_pb2.LineOpening, which: int) -> str:
    if opening.open:
        return str(_WORDS["open"][which])
    if not opening.next_opening_time_ms:
        return str(_WORDS["never"][which])
    # Without the year, so that five columns fit into eighty.
    return time_text(opening.next_opening_time_ms)[5:]
