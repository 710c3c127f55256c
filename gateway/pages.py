"""Page sizes and page tokens (AIP-158).

A token says where to go on and carries a digest of the request it belongs to, so that it cannot be used with another filter by mistake.
It is no secret: what it names is checked against the caller's rights like everything else.
"""

import base64
import binascii
import hashlib

import msgspec

from actors.core.refusal import Reason
from gateway.errors import GatewayError

PAGE_SIZE_DEFAULT = 100
PAGE_SIZE_MAX = 1_000
#: A page ends behind the entry that reaches this, bytes: clients refuse more than 4 MiB unless told otherwise.
PAGE_BYTES_MAX = 1024 * 1024
#: Longer ones do not fit into the integers of the contract.
_NUMBER_DIGITS_MAX = 18


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a listing goes on."""

    digest: bytes
    #: The part (a province) that is being read; empty: from the first.
    part: str = ""
    #: The last entry of that part that was sent.
    after: str = ""


_decoder = msgspec.msgpack.Decoder(Place)


def page_size_of(asked: int) -> int:
    """Entries per page: 0 is the default, more than the bound is the bound."""
    return min(asked, PAGE_SIZE_MAX) or PAGE_SIZE_DEFAULT


def first_place(token: str, *request: str) -> Place:
    """Where the page that a client asks for begins.

    Args:
        request: the fields that must not change from page to page.

    Raises:
        GatewayError: the token is not ours, or belongs to another request.
    """
    digest = hashlib.blake2b("\0".join(request).encode(), digest_size=8).digest()
    if not token:
        return Place(digest)
    try:
        place = _decoder.decode(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise GatewayError(Reason.BAD_PAGE_TOKEN, "The page token is not one of ours.") from error
    if place.digest != digest:
        raise GatewayError(Reason.BAD_PAGE_TOKEN, "The page token belongs to a request with other fields.")
    return place


def number_of(place: Place) -> int:
    """The last entry that was sent, where that is a number; 0: none.

    Raises:
        GatewayError: the token is not ours.
    """
    if not place.after:
        return 0
    if not place.after.isascii() or not place.after.isdecimal() or len(place.after) > _NUMBER_DIGITS_MAX:
        raise GatewayError(Reason.BAD_PAGE_TOKEN, "The page token is not one of ours.")
    return int(place.after)


def token_of(place: Place) -> str:
    """The token that leads to `place`."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(place)).decode().rstrip("=")


def next_token(place: Place, part: str, after: str) -> str:
    """The token of the page that goes on behind `after` in `part`."""
    return token_of(Place(place.digest, part, after))
