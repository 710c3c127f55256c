"""Bearer tokens."""

import json
import stat
from pathlib import Path

import pytest

from gateway.errors import GatewayError
from gateway.identity import Identity, Role, TokenFileError, Tokens, digest_of, make_development_tokens

ENTRY = '[[token]]\nsha256 = "{digest}"\nrole = "{role}"\nprovince = "{province}"\nsubject = "{subject}"\n'


def entry(**changes: str) -> str:
    """An entry of a token file."""
    fields = {"digest": digest_of("secret"), "role": "branch", "province": "fujian", "subject": "core"} | changes
    return ENTRY.format(**fields)


def load(tmp_path: Path, text: str) -> Tokens:
    """The tokens of a file with this text."""
    path = tmp_path / "tokens.toml"
    path.write_text(text)
    return Tokens.load(path)


def test_a_token_stands_for_its_identity(tmp_path: Path) -> None:
    """The identity reaches the journal with every event; a wrong one cannot be mended there."""
    tokens = load(tmp_path, entry(role="operator") + 'operators = ["fujian-op-1", "10086"]\n')
    found = tokens.identify((("user-agent", "x"), ("authorization", "Bearer secret")))
    assert found == Identity(
        role=Role.OPERATOR, subject="core", province="fujian", operators=("fujian-op-1", "fujian-~10086")
    )
    assert found.who == "operator:core"


@pytest.mark.parametrize(
    "metadata",
    [
        (),
        (("authorization", "Bearer wrong"),),
        (("authorization", "Bearer "),),
        (("authorization", "secret"),),
        (("authorization", "Basic secret"),),
        (("authorization", b"Bearer secret"),),
        (("authorization", "Bearer secret"), ("authorization", "Bearer secret")),
        (("authorization", f"Bearer {digest_of('secret')}"),),
        (("authorization", "Bearer " + "x" * 100_000),),
    ],
)
def test_everything_else_is_nobody(tmp_path: Path, metadata: tuple[tuple[str, str | bytes], ...]) -> None:
    """A credential that is almost right, or the digest from a stolen file, must not let anybody in."""
    with pytest.raises(GatewayError, match="UNAUTHENTICATED"):
        load(tmp_path, entry()).identify(metadata)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not toml [",
        "token = 3",
        "token = [3]",
        entry(role="king"),
        entry(digest="abc"),
        entry(digest=digest_of("secret").upper()),
        entry(province="Fujian"),
        entry(subject="a:b"),
        entry(subject="x" * 51),
        entry() + entry(),
        entry(role="operator") + 'operators = "fujian-op-1"\n',
        entry(role="operator") + "operators = []\n",
        entry(role="operator") + 'operators = ["op 1"]\n',
        entry(role="operator") + "operators = [7]\n",
        entry().replace('"core"', "7"),
        entry(role="operator", province="*") + 'operators = ["fujian-op-1"]\n',
        entry(role="team_lead") + 'operators = ["fujian-op-1"]\n',
        *(entry(role=role, province="fujian") for role in ("ops", "auditor", "finance")),
        entry() + "admin = true\n",
    ],
)
def test_a_token_file_with_a_mistake_is_refused_whole(tmp_path: Path, text: str) -> None:
    """A misspelt key that is skipped (operators, say) would give a token more rights than its owner was told."""
    with pytest.raises(TokenFileError) as caught:
        load(tmp_path, text)
    assert digest_of("secret") not in str(caught.value)


def test_a_share_is_a_provinces_or_a_national_identitys() -> None:
    """A branch would get more by more tokens, or all national callers would have to do with one share."""
    of_fujian = [Identity(role=role, subject="a", province="fujian") for role in (Role.BRANCH, Role.OPERATOR)]
    national = [Identity(role=Role.OPS, subject=subject, province="*") for subject in ("a", "b")]
    assert [identity.share for identity in (*of_fujian, *national)] == ["fujian", "fujian", "ops:a", "ops:b"]


def test_a_missing_token_file_is_told_as_that(tmp_path: Path) -> None:
    """A traceback at start-up is no message."""
    with pytest.raises(TokenFileError, match="cannot be read"):
        Tokens.load(tmp_path / "tokens.toml")


def test_development_tokens_cover_every_role_and_province(tmp_path: Path) -> None:
    """The demo and the README's examples take their tokens from here."""
    plain = make_development_tokens(tmp_path / "tokens.toml", ["fujian", "jiangxi"])
    assert plain == json.loads((tmp_path / "dev-tokens.json").read_text())
    tokens = Tokens.load(tmp_path / "tokens.toml")

    def who(token: str) -> tuple[Role, str]:
        found = tokens.identify((("authorization", f"Bearer {token}"),))
        return found.role, found.province

    assert {word: who(plain[word]) for word in ("ops", "auditor", "finance")} == {
        "ops": (Role.OPS, "*"),
        "auditor": (Role.AUDITOR, "*"),
        "finance": (Role.FINANCE, "*"),
    }
    for code in ("fujian", "jiangxi"):
        assert [who(plain[word][code]) for word in ("branch", "desk", "team_lead")] == [
            (Role.BRANCH, code),
            (Role.OPERATOR, code),
            (Role.TEAM_LEAD, code),
        ]


def test_token_files_are_private_and_hold_no_token_in_plain_text(tmp_path: Path) -> None:
    """Whoever can read the plain tokens is everybody; the file that stays in production must not have them."""
    plain = make_development_tokens(tmp_path / "tokens.toml", ["fujian"])
    for name in ("tokens.toml", "dev-tokens.json"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    text = (tmp_path / "tokens.toml").read_text()
    assert plain["ops"] not in text
    with pytest.raises(FileExistsError):
        make_development_tokens(tmp_path / "tokens.toml", ["fujian"])
