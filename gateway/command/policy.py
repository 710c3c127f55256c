"""`sharedops policy`: how a branch shares its work, shown, tried out, changed, taken back, approved.

    sharedops policy show fujian
    sharedops policy preview fujian share_out_mode=evacuate
    sharedops policy set fujian share_out_mode=evacuate recall=unbegun --reason "snow"
    sharedops policy revisions fujian
    sharedops policy rollback fujian 3 --reason "snow is over"
    sharedops policy approve fujian 1

A change is shown first: what would move, where, why the rest stays. It names the newest revision that was seen, so a colleague's change in
between is not undone but reported.
"""

import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import grpc
import typer
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from rich.console import Console

from actors.core.matching.wording import Language
from gateway import names
from gateway.command.asking import CannotAsk, reason_of, token_or_development, why_not
from gateway.command.failing import fail
from gateway.command.policy_fields import policy_of
from gateway.command.policy_view import (
    show_policy,
    show_preview,
    show_proposal,
    show_revisions,
    show_stamp,
    stay_words,
)
from gateway.v1 import province_pb2, province_pb2_grpc
from loadtests.wire import bearer

PATIENCE_S = 15.0
#: Revisions of one page.
REVISIONS_MAX = 200
#: The largest number of a revision or a proposal that can be asked for over the wire.
NUMBER_MAX = 2**63 - 1
#: A province that has begun a moment ago hears within a second or two how the others stand.
PREVIEW_TRIES_MAX = 4
PREVIEW_PAUSE_S = 1.0
NO_PICTURE = "NO_PICTURE"
ADDRESS = "127.0.0.1:50051"
DATA_DIR = Path("data")
T = TypeVar("T")
Who = tuple[tuple[str, str], ...]
Call = Callable[[Any, Who], T]
Preview = Callable[..., province_pb2.UpdateSharingPolicyResponse]

policy = typer.Typer(
    no_args_is_help=True,
    help="Show, try out and change how a branch shares work. 共享策略.\n\nExample: sharedops policy show fujian",
)

Province = Annotated[str, typer.Argument(help="Id of a branch, for instance fujian.")]
Changes = Annotated[
    list[str] | None, typer.Argument(help="FIELD=VALUE, several; `policy show` lists the fields. Times are local.")
]
Reason = Annotated[str, typer.Option(help="Why, for the record.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
LanguageOption = Annotated[Language, typer.Option(help="Language of the labels.")]
Address = Annotated[str, typer.Option(help="The gateway of a running system.")]
Token = Annotated[str, typer.Option(envvar="SHAREDOPS_TOKEN", help="Who asks: operations staff.")]
DataDir = Annotated[
    Path,
    typer.Option(help="Without a token: the data directory of a system on this machine, for its development token."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, and never ask.")]


@policy.command()
def show(
    province: Province,
    language: LanguageOption = Language.ZH,
    address: Address = ADDRESS,
    token: Token = "",
    data_dir: DataDir = DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Show the policy in force, what is scheduled, and what waits for a second person.

    Example: sharedops policy show fujian
    """
    found = _ask(address, token, data_dir, lambda stub, who: _get(stub, who, province), as_json=as_json)
    if as_json:
        _print_json(found)
    else:
        show_policy(Console(), found, language)


@policy.command()
def preview(
    province: Province,
    changes: Changes = None,
    language: LanguageOption = Language.ZH,
    address: Address = ADDRESS,
    token: Token = "",
    data_dir: DataDir = DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Show what a change of the policy would move now: where, why, what it does to the waits, and why the rest stays. Changes nothing.

    Example: sharedops policy preview fujian share_out_mode=evacuate
    """
    found = _ask(
        address,
        token,
        data_dir,
        lambda stub, who: _patiently(stub.UpdateSharingPolicy, _previewed(province, changes or []), who),
        as_json=as_json,
    )
    if as_json:
        _print_json(found)
    else:
        show_preview(Console(), found.preview, language)


@policy.command("set")
def set_(
    province: Province,
    changes: Changes = None,
    reason: Reason = "changed by hand",
    yes: Yes = False,
    language: LanguageOption = Language.ZH,
    address: Address = ADDRESS,
    token: Token = "",
    data_dir: DataDir = DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Change fields of the policy, after showing what that moves.

    Example: sharedops policy set fujian share_out_mode=evacuate recall=unbegun --reason "snow"

    Where the policy asks for two people, an evacuation only becomes a proposal; `sharedops policy approve` by somebody else puts it in force.
    Exit code 0 if the change or the proposal is made, 1 if the system refuses or you do, 2 if the question cannot be asked.
    """

    def change(stub: Any, who: Who) -> province_pb2.UpdateSharingPolicyResponse:
        if not changes:
            raise CannotAsk("nothing to change; give FIELD=VALUE")
        request = _previewed(province, changes or [])
        known = _get(stub, who, province)
        request.sharing_policy.revision = known.newest_revision or known.revision
        if not (yes or as_json):
            _confirm(stub.UpdateSharingPolicy, request, who, language)
        request.validate_only, request.reason = False, reason
        return stub.UpdateSharingPolicy(request, metadata=who, timeout=PATIENCE_S)

    _show_change(_ask(address, token, data_dir, change, as_json=as_json), language, as_json=as_json)


@policy.command()
def revisions(
    province: Province,
    count: Annotated[int, typer.Option(min=1, max=REVISIONS_MAX, help="How many.")] = 20,
    language: LanguageOption = Language.ZH,
    address: Address = ADDRESS,
    token: Token = "",
    data_dir: DataDir = DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """List the revisions of the policy, the newest first; * is in force.

    Example: sharedops policy revisions fujian
    """
    request = province_pb2.ListSharingPolicyRevisionsRequest(name=names.policy_name(province), page_size=count)
    found = _ask(
        address,
        token,
        data_dir,
        lambda stub, who: stub.ListSharingPolicyRevisions(request, metadata=who, timeout=PATIENCE_S),
        as_json=as_json,
    )
    if as_json:
        _print_json(found)
    else:
        show_revisions(Console(), found.revisions, language)


@policy.command()
def rollback(
    province: Province,
    revision: Annotated[int, typer.Argument(min=1, max=NUMBER_MAX, help="Whose content is taken again.")],
    reason: Reason = "taken back by hand",
    yes: Yes = False,
    language: LanguageOption = Language.ZH,
    address: Address = ADDRESS,
    token: Token = "",
    data_dir: DataDir = DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Take the content of an earlier revision again, as a new one, at once and without limits in time.

    Example: sharedops policy rollback fujian 3 --reason "the snow is over"
    """

    def go_back(stub: Any, who: Who) -> province_pb2.UpdateSharingPolicyResponse:
        request = province_pb2.RollbackSharingPolicyRequest(
            name=names.policy_name(province),
            revision=revision,
            validate_only=True,
            reason=reason,
            request_id=secrets.token_hex(16),
        )
        if not (yes or as_json):
            _confirm(stub.RollbackSharingPolicy, request, who, language)
        request.validate_only = False
        return stub.RollbackSharingPolicy(request, metadata=who, timeout=PATIENCE_S)

    _show_change(_ask(address, token, data_dir, go_back, as_json=as_json), language, as_json=as_json)


@policy.command()
def approve(
    province: Province,
    proposal: Annotated[
        int, typer.Argument(min=1, max=NUMBER_MAX, help="Number of the proposal; `policy show` lists them.")
    ],
    language: LanguageOption = Language.ZH,
    address: Address = ADDRESS,
    token: Token = "",
    data_dir: DataDir = DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Put a change in force that somebody else has proposed. Whoever proposed it is refused.

    Example: sharedops policy approve fujian 1
    """
    request = province_pb2.ApproveSharingPolicyChangeRequest(
        name=names.policy_name(province), proposal=proposal, request_id=secrets.token_hex(16)
    )
    done = _ask(
        address,
        token,
        data_dir,
        lambda stub, who: stub.ApproveSharingPolicyChange(request, metadata=who, timeout=PATIENCE_S),
        as_json=as_json,
    )
    _show_change(done, language, as_json=as_json)


# --- steps ---


def _get(stub: Any, who: Who, province: str) -> province_pb2.SharingPolicy:
    request = province_pb2.GetSharingPolicyRequest(name=names.policy_name(province))
    return stub.GetSharingPolicy(request, metadata=who, timeout=PATIENCE_S)


def _previewed(province: str, changes: list[str]) -> province_pb2.UpdateSharingPolicyRequest:
    """A change that is only shown."""
    changed, paths = policy_of(names.policy_name(province), changes)
    return province_pb2.UpdateSharingPolicyRequest(
        sharing_policy=changed,
        update_mask={"paths": paths},
        validate_only=True,
        reason="preview",
        request_id=secrets.token_hex(16),
    )


def _patiently(preview: Preview, request: Message, who: Who) -> province_pb2.UpdateSharingPolicyResponse:
    """Ask for a preview, again while the province does not know yet how the others stand."""
    for _ in range(PREVIEW_TRIES_MAX - 1):
        try:
            return preview(request, metadata=who, timeout=PATIENCE_S)
        except grpc.RpcError as error:
            if reason_of(error) != NO_PICTURE:
                raise
        time.sleep(PREVIEW_PAUSE_S)
    return preview(request, metadata=who, timeout=PATIENCE_S)


def _confirm(preview: Preview, request: Message, who: Who, language: Language) -> None:
    """Show what a change would move and ask. Where that cannot be known now it is said: with the coordinator away, a branch must not wait for it."""
    try:
        show_preview(Console(), _patiently(preview, request, who).preview, language)
    except grpc.RpcError as error:
        if reason_of(error) != NO_PICTURE:
            raise
        typer.echo(stay_words(NO_PICTURE, language))
    if not typer.confirm("确认修改?" if language is Language.ZH else "Change the policy?"):
        raise typer.Exit(1)


def _ask(address: str, token: str, data_dir: Path, call: Call[T], *, as_json: bool) -> T:
    try:
        who = bearer(token_or_development(token, data_dir))
        with grpc.insecure_channel(address) as channel:
            return call(province_pb2_grpc.ProvinceServiceStub(channel), who)
    except CannotAsk as error:
        fail("policy", str(error), 2, as_json=as_json)
    except grpc.RpcError as error:
        fail("policy", why_not(error, address), 1, as_json=as_json)


def _show_change(done: province_pb2.UpdateSharingPolicyResponse, language: Language, *, as_json: bool) -> None:
    if as_json:
        _print_json(done)
        return
    show_stamp(Console(), done.sharing_policy, language)
    if done.HasField("proposal"):
        show_proposal(Console(), done.proposal, language)
    else:
        show_preview(Console(), done.preview, language)


def _print_json(message: Message) -> None:
    fields: dict[str, Any] = MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    print(json.dumps({"ok": True} | fields, ensure_ascii=False))
