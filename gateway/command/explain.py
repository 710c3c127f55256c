"""`sharedops explain TASK`: why a task went to whom, or what it waits for, in words and with every point."""

import json
import re
from pathlib import Path
from typing import Annotated, Any

import grpc
import typer
from google.protobuf.json_format import MessageToDict
from rich.console import Console

from actors.core.matching.wording import Language
from gateway import names
from gateway.command.asking import CannotAsk, token_or_development, why_not
from gateway.command.explain_view import show
from gateway.command.failing import fail
from gateway.v1 import dispatch_pb2, dispatch_pb2_grpc
from loadtests.wire import bearer

#: An explanation replays a part of a journal; seconds.
PATIENCE_S = 30.0
LANGUAGES = {Language.ZH: dispatch_pb2.LANGUAGE_ZH, Language.EN: dispatch_pb2.LANGUAGE_EN}
_TASK_ID = re.compile(rf"({names.PROVINCE_PATTERN})-[0-9]+")
_OPERATOR_ID = re.compile(rf"({names.PROVINCE_PATTERN})-{names.ID_PATTERN}")


def explain(
    task: Annotated[str, typer.Argument(help="Id or name of a task: fujian-12, or provinces/fujian/tasks/fujian-12.")],
    operator: Annotated[
        str, typer.Option(help="Also: why not this person, fujian-op-3 or provinces/fujian/operators/10086.")
    ] = "",
    language: Annotated[Language, typer.Option(help="Language of the sentences.")] = Language.ZH,
    address: Annotated[str, typer.Option(help="The gateway of a running system.")] = "127.0.0.1:50051",
    token: Annotated[
        str, typer.Option(envvar="SHAREDOPS_TOKEN", help="Who asks: operations staff, a team lead, an auditor.")
    ] = "",
    data_dir: Annotated[
        Path,
        typer.Option(
            help="Without a token: the data directory of a system on this machine, for its development token."
        ),
    ] = Path("data"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Explain a task: why this person, why not another, what would have changed it; or what it waits for.

    Example: sharedops explain fujian-12 --operator fujian-op-3 --language en

    Candidates and points are not looked up but made again from the journal as of the decision, and compared with what was recorded. Exit
    code 0 if the task is explained, 1 if the system refuses or the same version of the rules comes to another decision when it is replayed, 2
    if the question cannot be asked.
    """
    request = dispatch_pb2.ExplainTaskRequest(
        name=_name(task, _TASK_ID, names.is_task_name, "tasks", as_json=as_json),
        operator=_name(operator, _OPERATOR_ID, names.is_operator_name, "operators", as_json=as_json)
        if operator
        else "",
        language=LANGUAGES[language],
    )
    try:
        explanation = _ask(address, token_or_development(token, data_dir), request)
    except CannotAsk as error:
        fail("explain", str(error), 2, as_json=as_json)
    except grpc.RpcError as error:
        fail("explain", why_not(error, address), 1, as_json=as_json)
    differs = is_contradicted(explanation.decision)
    if as_json:
        answer: dict[str, Any] = MessageToDict(explanation, preserving_proto_field_name=True)
        print(json.dumps({"ok": not differs} | answer, ensure_ascii=False))
    else:
        show(Console(), explanation, language, request.operator)
    raise typer.Exit(1 if differs else 0)


def is_contradicted(decision: dispatch_pb2.RoutingDecision) -> bool:
    """Whether the very rules that decided come to something else now; by rules of another version that is no contradiction."""
    same_rules = decision.rules_version == decision.replay_rules_version
    return bool(decision.candidates) and same_rules and not decision.reproduced


def _name(text: str, short: re.Pattern[str], is_name: Any, collection: str, *, as_json: bool) -> str:
    """The resource name of what was typed."""
    found = short.fullmatch(text)
    name = f"provinces/{found[1]}/{collection}/{text}" if found else text
    if not is_name(name):
        fail(
            "explain",
            f"{text!r} is not the name or id of one of the {collection}; --help shows both forms",
            2,
            as_json=as_json,
        )
    return name


def _ask(address: str, token: str, request: dispatch_pb2.ExplainTaskRequest) -> dispatch_pb2.TaskExplanation:
    with grpc.insecure_channel(address) as channel:
        stub = dispatch_pb2_grpc.DispatchServiceStub(channel)
        return stub.ExplainTask(request, metadata=bearer(token), timeout=PATIENCE_S)
