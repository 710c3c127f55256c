"""`sharedops policy` against the services: what ops type at night must do what it says."""

import asyncio
import io
import json
import re
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from actors.core.matching.wording import Language
from actors.core.matching.wording.staying import stay_words
from actors.core.policy_revisions import PROPOSAL_TERM_MS
from actors.core.staying import StayReason
from gateway.command import app
from gateway.command.asking import CannotAsk
from gateway.command.policy import PREVIEW_PAUSE_S, PREVIEW_TRIES_MAX
from gateway.command.policy_fields import instant_ms, policy_of, time_of
from gateway.command.policy_view import show_preview, show_revisions
from gateway.v1 import province_pb2, task_pb2
from tests.unit.gateway.served import Gateway, as_, gateway


@pytest.fixture
async def served() -> AsyncIterator[Gateway]:
    """The services before a country of a few provinces."""
    async with gateway("fujian", "jiangxi") as opened:
        yield opened


async def run(served: Gateway, *words: str, who: str = "ops", typed: str = "") -> tuple[int, str]:
    """Exit code and output of `sharedops policy`."""
    asked = ["policy", *words, "--address", served.address, "--token", who]
    done = await asyncio.to_thread(CliRunner().invoke, app, asked, input=typed)
    return done.exit_code, done.output


async def run_json(served: Gateway, *words: str, who: str = "ops") -> dict[str, Any]:
    """The JSON object of a command that succeeds."""
    code, output = await run(served, *words, "--json", who=who)
    assert code == 0, output
    return json.loads(output.splitlines()[-1])


async def test_a_change_is_shown_made_listed_and_taken_back(served: Gateway) -> None:
    """The main way, as in the documentation."""
    create = task_pb2.CreateTaskRequest(
        parent="provinces/fujian", request_id="r", task={"external_id": "c-1", "kind": "claims-medical"}
    )
    await served.tasks.CreateTask(create, **as_("branch-fujian"))
    shown = await run_json(served, "preview", "fujian", "share_out_mode=evacuate")
    assert (shown["ok"], shown["preview"]["moving_count"], shown["preview"]["staying_count"]) == (True, "0", "1")
    assert shown["preview"]["stays"] == [{"reason": "NOBODY_ELIGIBLE", "task_count": "1"}]
    changed = await run_json(served, "set", "fujian", "reserve_operators=3", "recall=unbegun", "--reason", "new year")
    assert (changed["sharing_policy"]["revision"], changed["sharing_policy"]["recall"]) == ("2", "RECALL_UNBEGUN")
    back = await run_json(served, "rollback", "fujian", "1", "--reason", "too many")
    assert (back["sharing_policy"]["revision"], back["sharing_policy"]["reserve_operators"]) == ("3", 0)
    listed = await run_json(served, "revisions", "fujian")
    assert [(kept["policy"]["revision"], kept["reason"]) for kept in listed["revisions"]] == [
        ("3", "too many"),
        ("2", "new year"),
        ("1", ""),
    ]


async def test_two_people_at_two_terminals(served: Gateway) -> None:
    """One proposes, is refused the approval, and the other approves."""
    await run_json(served, "set", "fujian", "needs_two_people=yes")
    proposed = await run_json(served, "set", "fujian", "share_out_mode=evacuate", "--reason", "snow")
    assert proposed["proposal"]["proposal"] == "1"
    code, output = await run(served, "approve", "fujian", "1", "--json")
    assert (code, json.loads(output)["ok"]) == (1, False)
    code, output = await run(served, "show", "fujian", "--language", "en")
    assert code == 0
    told = re.search(
        r"waits for a second person: 1, EVACUATE, proposed by ops:test ([-\d]+ [:\d]+), snow, expires ([-\d]+ [:\d]+)",
        " ".join(output.split()),
    )
    assert told is not None and instant_ms(told[2]) - instant_ms(told[1]) == PROPOSAL_TERM_MS
    assert "approved by" not in output
    done = await run_json(served, "approve", "fujian", "1", who="ops-2")
    changed = done["sharing_policy"]
    assert (changed["share_out_mode"], changed["approver"]) == ("SHARE_OUT_MODE_EVACUATE", "ops:second")
    assert (await run_json(served, "show", "fujian"))["approver"] == "ops:second"
    for language, approved in (("en", "approved by ops:second"), ("zh", "复核人 ops:second")):
        code, output = await run(served, "show", "fujian", "--language", language)
        assert code == 0 and approved in output


@pytest.mark.parametrize(
    ("language", "approved"), [(Language.ZH, "复核人 ops:second"), (Language.EN, "approved by ops:second")], ids=str
)
def test_the_revisions_say_who_approved(language: Language, approved: str) -> None:
    """A name behind a plus was for the reader to guess."""
    revisions = [
        province_pb2.SharingPolicyRevision(
            policy=province_pb2.SharingPolicy(revision=number, updater="ops:test"), approver=approver
        )
        for number, approver in ((2, "ops:second"), (1, ""))
    ]
    screen = io.StringIO()
    show_revisions(Console(file=screen, width=140, color_system=None), revisions, language)
    assert screen.getvalue().count(approved) == screen.getvalue().count(approved.split(maxsplit=1)[0]) == 1


@pytest.mark.parametrize(("count", "told"), [(0, "0 tasks would"), (1, "1 task would"), (2, "2 tasks would")])
def test_one_task_is_not_told_as_several(count: int, told: str) -> None:
    """Whoever tries it with one task reads this first."""
    screen = io.StringIO()
    show_preview(Console(file=screen, color_system=None), province_pb2.MovePreview(moving_count=count), Language.EN)
    assert screen.getvalue().startswith(told)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (Language.ZH, "0 件将转出, 0 件留下; 本省预计等候: 不知多久 -> 3 秒"),
        (Language.EN, "0 tasks would leave, 0 stay; expected wait here: no known end -> 3 s"),
    ],
    ids=str,
)
def test_a_wait_without_end_is_told_in_words(language: Language, told: str) -> None:
    """Two dashes with an arrow between them said nothing."""
    screen = io.StringIO()
    preview = province_pb2.MovePreview(expected_wait_before_ms=-1, expected_wait_after_ms=3_000)
    show_preview(Console(file=screen, width=140, color_system=None), preview, language)
    assert screen.getvalue() == f"{told}\n"


async def test_a_token_of_another_system_is_told_with_where_tokens_come_from(served: Gateway) -> None:
    """Whoever runs a second system beside the first asks it with the first one's token."""
    code, output = await run(served, "show", "fujian", who="another-system")
    assert code == 1
    assert "The token is not known." in output and "--data-dir" in output


async def test_a_policy_that_nobody_has_changed_has_one_dash_for_who_and_when(served: Gateway) -> None:
    """Two dashes looked as if something had been lost."""
    code, output = await run(served, "show", "fujian", "--language", "en")
    assert code == 0 and output.startswith("provinces/fujian/sharingPolicy: revision 1, OVERFLOW; changed by -\n")
    code, output = await run(served, "revisions", "fujian", "--language", "en")
    assert code == 0 and "- -" not in output


async def test_a_person_is_asked_before_anything_changes(served: Gateway) -> None:
    """A slip of the finger at night would send a province's work away."""
    words = ("set", "fujian", "share_out_mode=evacuate", "--language", "en")
    code, output = await run(served, *words, typed="n\n")
    assert code == 1
    assert "0 tasks would leave, 0 stay" in output
    assert (await run_json(served, "show", "fujian"))["revision"] == "1"
    code, _ = await run(served, *words, typed="y\n")
    assert code == 0
    assert (await run_json(served, "show", "fujian"))["share_out_mode"] == "SHARE_OUT_MODE_EVACUATE"
    code, output = await run(served, "revisions", "fujian", "--language", "en")
    assert "2*" in output


async def test_a_branch_that_knows_nobody_yet_is_asked_again_and_can_be_changed_all_the_same(
    served: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ops at night would take "nothing would leave" for an answer, or could not evacuate without the coordinator."""
    asked: list[float] = []
    monkeypatch.setattr(sys.modules["gateway.command.policy"].time, "sleep", asked.append)
    create = task_pb2.CreateTaskRequest(
        parent="provinces/fujian", request_id="r", task={"external_id": "c-1", "kind": "claims-medical"}
    )
    await served.tasks.CreateTask(create, **as_("branch-fujian"))
    served.country.forget_others("fujian")
    code, output = await run(served, "preview", "fujian", "share_out_mode=evacuate")
    assert code == 1
    assert "has not heard yet how the others stand" in output and "sharedops serve" not in output
    assert asked == [PREVIEW_PAUSE_S] * (PREVIEW_TRIES_MAX - 1)
    words = ("set", "fujian", "share_out_mode=evacuate", "--language", "en")
    code, output = await run(served, *words, typed="y\n")
    assert code == 0
    assert "does not know yet how the others stand" in output
    assert (await run_json(served, "show", "fujian"))["share_out_mode"] == "SHARE_OUT_MODE_EVACUATE"


async def test_a_window_is_typed_in_local_time(served: Gateway) -> None:
    """Five in the morning would begin at one in the afternoon."""
    await run_json(served, "set", "fujian", "effective_from=2030-12-01 05:00", "effective_until=2030-12-01 18:30")
    shown = await run_json(served, "show", "fujian")
    assert (shown["revision"], shown["newest_revision"]) == ("1", "2")
    limits = shown["scheduled"][0]["policy"]
    assert limits["effective_from_ms"] == "1922302800000"
    assert time_of(int(limits["effective_until_ms"])) == "2030-12-01 18:30:00"
    code, output = await run(served, "show", "fujian", "--language", "en")
    assert code == 0
    assert "2030-12-01 05:00:00 .. 2030-12-01 18:30:00" in " ".join(output.split())


@pytest.mark.parametrize(
    "typed",
    [
        "mode=evacuate",
        "share_out_mode",
        "share_out_mode=sideways",
        "recall=always",
        "needs_two_people=perhaps",
        "reserve_operators=many",
        "reserve_operators=99999999999",
        "max_amount_fen=9" + "9" * 30,
        "effective_from=tomorrow",
    ],
)
async def test_what_cannot_be_asked_is_said_before_anything_is(served: Gateway, typed: str) -> None:
    """A word that is passed over would change something else than was meant."""
    code, output = await run(served, "set", "fujian", typed, "--json")
    assert code == 2
    assert json.loads(output)["ok"] is False
    assert served.country is not None


def test_fields_are_typed_as_people_write_them() -> None:
    """Lists, truth, prefixes and emptiness."""
    policy, paths = policy_of(
        "provinces/fujian/sharingPolicy",
        ["share_out_mode=SHARE_OUT_MODE_BEST_MATCH", "blocked_hosts=hubei, hunan", "kinds=", "needs_two_people=no"],
    )
    assert policy.share_out_mode == province_pb2.SHARE_OUT_MODE_BEST_MATCH
    assert list(policy.blocked_hosts) == ["hubei", "hunan"]
    assert paths == ["share_out_mode", "blocked_hosts", "kinds", "needs_two_people"]
    assert instant_ms("") == 0
    with pytest.raises(CannotAsk, match="nonsense"):
        policy_of("provinces/fujian/sharingPolicy", ["nonsense"])


@pytest.mark.parametrize("language", Language)
def test_every_reason_to_stay_has_words(language: Language) -> None:
    """Ops would read a word of the program."""
    words = [stay_words(reason.value.upper(), language) for reason in StayReason]
    assert len(set(words)) == len(list(StayReason))
    assert all(word.isascii() == (language is Language.EN) for word in words)
    assert stay_words("NEW_ONE", language) == "NEW_ONE"
