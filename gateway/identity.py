"""Who calls: bearer tokens from a file, each an identity with a role and a province.

The file holds SHA-256 digests only, so that reading it lets nobody in:

    [[token]]
    sha256 = "…"
    role = "branch"            # branch, operator, team_lead, ops, auditor, finance
    province = "fujian"        # or "*": every province, as ops, auditor and finance always are
    subject = "fujian-core"    # reaches the journal as branch:fujian-core
    operators = ["fujian-op-7"] # optional: operators that an operator token may act for; none: all of the province

Tokens are random, at least 128 bits, so a plain digest is enough: there is nothing to guess from a dictionary.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from gateway import names
from gateway.errors import GatewayError, GatewayReason

#: Stands for every province in an identity.
EVERY_PROVINCE = "*"
#: ``role:subject`` is at most 64 characters wherever an identity is shown.
SUBJECT_LENGTH_MAX = 50
#: Longer credentials are refused before they are hashed.
TOKEN_LENGTH_MAX = 512

_SUBJECT = re.compile(rf"[A-Za-z0-9._-]{{1,{SUBJECT_LENGTH_MAX}}}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PROVINCE = re.compile(names.PROVINCE_PATTERN)
_OPERATOR = re.compile(names.ID_PATTERN)


class Role(StrEnum):
    """What kind of user or system an identity is; `gateway.permissions` says what each may do."""

    BRANCH = "branch"
    OPERATOR = "operator"
    TEAM_LEAD = "team_lead"
    OPS = "ops"
    AUDITOR = "auditor"
    FINANCE = "finance"


#: Roles of the whole country.
_NATIONAL = (Role.OPS, Role.AUDITOR, Role.FINANCE)


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """An authenticated caller."""

    role: Role
    subject: str
    #: Province code, or `EVERY_PROVINCE`.
    province: str
    #: Domain ids of the operators that an operator identity may act for; empty: all of its province.
    operators: tuple[str, ...] = ()

    @property
    def who(self) -> str:
        """How the identity reaches the journal."""
        return f"{self.role.value}:{self.subject}"

    @property
    def share(self) -> str:
        """Whose part of the admission the identity's calls take: all identities of a province have one together, a national one its own."""
        return self.who if self.province == EVERY_PROVINCE else self.province

    def is_of(self, province: str) -> bool:
        """Whether the identity belongs to `province`, or to all."""
        return self.province in (province, EVERY_PROVINCE)


class TokenFileError(Exception):
    """The token file cannot be used; the message says which entry and why, never a token."""


class Tokens:
    """The identities that tokens stand for.

    Args:
        by_digest: identities by the lower-case hexadecimal SHA-256 of their token.
    """

    def __init__(self, by_digest: Mapping[str, Identity]) -> None:
        self._by_digest: dict[str, tuple[str, Identity | None]] = {
            digest: (digest, identity) for digest, identity in by_digest.items()
        }

    @classmethod
    def load(cls, path: Path) -> "Tokens":
        """Read a token file.

        Raises:
            TokenFileError: it is not there, not TOML, or an entry is wrong.
        """
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise TokenFileError(f"{path.name} cannot be read: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise TokenFileError(f"{path.name} is not TOML: {error}") from error
        entries = content.get("token")
        if not isinstance(entries, list):
            raise TokenFileError(f"{path.name} holds no [[token]] entries")
        by_digest: dict[str, Identity] = {}
        for number, entry in enumerate(entries, start=1):
            digest, identity = _entry(entry, f"{path.name}, token {number}")
            if digest in by_digest:
                raise TokenFileError(f"{path.name}, token {number}: the same sha256 stands twice")
            by_digest[digest] = identity
        return cls(by_digest)

    def identify(self, metadata: Iterable[tuple[str, str | bytes]]) -> Identity:
        """The caller, from the ``authorization: Bearer ...`` entry of a call's metadata.

        Raises:
            GatewayError: UNAUTHENTICATED; the message does not say whether the token is unknown or malformed.
        """
        values = [value for key, value in metadata if key == "authorization"]
        if len(values) != 1 or not isinstance(values[0], str):
            raise _unauthenticated("Send the metadata entry authorization: Bearer TOKEN, once.")
        scheme, _, token = values[0].partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(token) <= TOKEN_LENGTH_MAX:
            raise _unauthenticated("Send the metadata entry authorization: Bearer TOKEN.")
        # The table is searched by digest: its timing could tell something of a hash, and nobody can choose a token by its hash.
        # The comparison that decides takes the same time for every digest.
        shown = digest_of(token)
        known, identity = self._by_digest.get(shown, _NOBODY)
        if identity is None or not hmac.compare_digest(known, shown):
            raise _unauthenticated("The token is not known.")
        return identity


_NOBODY: tuple[str, Identity | None] = ("", None)


def digest_of(token: str) -> str:
    """Lower-case hexadecimal SHA-256 of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _unauthenticated(message: str) -> GatewayError:
    return GatewayError(GatewayReason.UNAUTHENTICATED, message)


def _entry(entry: object, place: str) -> tuple[str, Identity]:
    if not isinstance(entry, dict):
        raise TokenFileError(f"{place}: not a table")
    unknown = sorted(set(entry) - {"sha256", "role", "province", "subject", "operators"})
    if unknown:
        raise TokenFileError(f"{place}: unknown key {unknown[0]}")
    digest = _text(entry, "sha256", _DIGEST, place)
    role = entry.get("role")
    if role not in list(Role):
        raise TokenFileError(f"{place}: role must be one of {', '.join(Role)}")
    province = entry.get("province")
    if province != EVERY_PROVINCE:
        province = _text(entry, "province", _PROVINCE, place)
        # Nothing keeps these within a province: their owner would be told of less than the token opens.
        if role in _NATIONAL:
            raise TokenFileError(
                f'{place}: role {role} is of the whole country; its province must be "{EVERY_PROVINCE}"'
            )
    operators = entry.get("operators", [])
    if not isinstance(operators, list) or not all(_is_operator_id(operator) for operator in operators):
        raise TokenFileError(f"{place}: operators must be a list of operator ids")
    if "operators" in entry and not operators:
        raise TokenFileError(f"{place}: operators is empty; leave it out for everybody of the province")
    # Elsewhere the list would bind nobody, or name people that no province has.
    if operators and (role != Role.OPERATOR or province == EVERY_PROVINCE):
        raise TokenFileError(f"{place}: only a token of role operator and of one province has operators")
    return digest, Identity(
        role=Role(role),
        subject=_text(entry, "subject", _SUBJECT, place),
        province=province,
        operators=tuple(names.operator_id(province, operator) for operator in operators),
    )


def _is_operator_id(value: object) -> bool:
    return isinstance(value, str) and _OPERATOR.fullmatch(value) is not None


def _text(entry: Mapping[str, Any], key: str, pattern: re.Pattern[str], place: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise TokenFileError(f"{place}: {key} is missing or malformed")
    return value


# --- the caller of the running call ---

_caller: ContextVar[Identity] = ContextVar("caller")


def set_caller(identity: Identity) -> None:
    """Say who calls; once per call, by the gate, in the task that serves the call."""
    _caller.set(identity)


def caller() -> Identity:
    """Who calls.

    Raises:
        LookupError: nobody was authenticated: a bug of ours, since every call passes the gate.
    """
    return _caller.get()


# --- tokens for development ---

#: Roles with one token per province, and the word for them in ``dev-tokens.json``.
_PROVINCIAL = ((Role.BRANCH, "branch"), (Role.OPERATOR, "desk"), (Role.TEAM_LEAD, "team_lead"))


def make_development_tokens(path: Path, provinces: Sequence[str]) -> dict[str, Any]:
    """Make one token per role and province: digests to `path`, the plain tokens to ``dev-tokens.json`` beside it.

    For a machine of one's own: whoever can read that second file is everybody. Both files have mode 0600 and must not exist yet.

    Returns:
        The plain tokens: ``{"ops": ..., "auditor": ..., "finance": ..., "branch": {province: ...}, "desk": {...},
        "team_lead": {...}}``.

    Raises:
        FileExistsError: one of the files is there already.
    """
    plain: dict[str, Any] = {}
    lines = ["# Development tokens, made by sharedops. Plain text in dev-tokens.json.", ""]
    for role in _NATIONAL:
        plain[role.value] = _new_token(lines, role, EVERY_PROVINCE, f"dev-{role.value}")
    for role, word in _PROVINCIAL:
        plain[word] = {code: _new_token(lines, role, code, f"dev-{code}-{word}") for code in provinces}
    _write_private(path.with_name("dev-tokens.json"), json.dumps(plain, indent=1) + "\n")
    _write_private(path, "\n".join(lines))
    return plain


def _new_token(lines: list[str], role: Role, province: str, subject: str) -> str:
    token = secrets.token_hex(20)
    lines += [
        "[[token]]",
        f'sha256 = "{digest_of(token)}"',
        f'role = "{role.value}"',
        f'province = "{province}"',
        f'subject = "{subject}"',
        "",
    ]
    return token


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
