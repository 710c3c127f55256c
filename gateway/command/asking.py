"""What commands that question a running system have in common: whose token they show, and what they say when there is no answer."""

from pathlib import Path
from typing import Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from loadtests.wire import read_development_tokens


class CannotAsk(Exception):
    """The question cannot be asked as it was typed; `str` says why, for a person."""


def token_or_development(token: str, data_dir: Path) -> str:
    """The token given, or that of the operations staff of a system on this machine.

    Raises:
        CannotAsk: there is neither, or what was given cannot be a token.
    """
    if token:
        if not (token.isascii() and token.isprintable() and " " not in token):
            raise CannotAsk("the token holds blanks, line ends or characters that no token has")
        return token
    try:
        return read_development_tokens(data_dir).ops
    except PermissionError as error:
        message = f"the development tokens in {data_dir} are another user's; ask as that user, or give --token, or set SHAREDOPS_TOKEN"
        raise CannotAsk(message) from error
    except (OSError, ValueError, KeyError) as error:
        message = f"there are no development tokens in {data_dir}; give --data-dir, or --token, or set SHAREDOPS_TOKEN"
        raise CannotAsk(message) from error


def reason_of(error: grpc.RpcError) -> str:
    """The reason that a refusal names for programs (ErrorInfo); empty: none, as when nobody answered."""
    call: Any = error
    status = rpc_status.from_call(call)
    for detail in status.details if status is not None else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return info.reason
    return ""


def why_not(error: grpc.RpcError, address: str) -> str:
    """Why there is no answer, for a person."""
    call: Any = error
    if call.code() is grpc.StatusCode.UNAVAILABLE and not reason_of(error):
        return f"no answer from {address} (is sharedops serve running? --address says where): {call.details()}"
    if call.code() is grpc.StatusCode.UNAUTHENTICATED:
        return f"{call.details()} Each data directory has tokens of its own: --data-dir says which, --token another."
    return f"{call.code().name}: {call.details()}"
