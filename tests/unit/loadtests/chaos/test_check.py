"""The checker finds each planted contradiction, and nothing where there is none."""

from msgspec import structs

from gateway.v1 import task_pb2
from loadtests.chaos import check
from loadtests.chaos.history import REFUSED, UNKNOWN
from loadtests.chaos.journals import Journals, Listed
from tests.unit.loadtests.chaos.told import ANNE, APPROVED, BO, TASK, happened, history, journals, operation


def _violations(operations: list, found: Journals) -> dict[str, int]:
    return {each.name: each.violations for each in check.check_all(operations, found) if each.violations}


def test_a_history_that_agrees_with_the_journals_passes_and_everything_was_looked_at() -> None:
    """Would break if a check cried wolf, or passed because it looked at nothing."""
    checks = check.check_all([*history(), operation("get", 7.0, outcome=REFUSED)], journals())
    assert {each.name: each.listed for each in checks if each.violations} == {}
    assert {each.name for each in checks if not each.examined} == {"same_answer"}


def test_an_acknowledged_creation_that_is_in_no_journal_is_lost() -> None:
    """Would break if an acknowledgement were not held against the journals."""
    gone = operation("create", 1.5, task="provinces/fujian/tasks/fujian-2", external_id="x-2", content="c2")
    assert _violations([*history(), gone], journals()) == {"lost": 1}


def test_a_creation_of_unknown_outcome_proves_nothing() -> None:
    """Would break if a request that was never answered had to be there."""
    maybe = operation("create", 1.5, task="", external_id="x-2", outcome=UNKNOWN)
    assert _violations([*history(), maybe], journals()) == {}


def test_another_content_than_acknowledged_is_found() -> None:
    """Would break if a task could be swapped for another under its name."""
    found = journals()
    found.tasks[TASK] = Listed(name=TASK, external_id="x-1", content="other", state=task_pb2.TASK_STATE_COMPLETED)
    assert _violations(history(), found) == {"lost": 1}


def test_another_task_than_acknowledged_is_found() -> None:
    """Would break if two creations could be answered with one name."""
    twin = operation("create", 1.5, external_id="x-2", content="c1")
    assert "lost" in _violations([*history(), twin], journals())


def test_an_acknowledged_end_that_was_not_kept_is_lost() -> None:
    """Would break if a cancellation could be forgotten."""
    assert _violations([*history(), operation("cancel", 4.0)], journals()) == {"lost": 1}


def test_one_external_id_with_two_tasks_is_found() -> None:
    """Would break if a repeated request could create a second task."""
    found = journals()
    second = happened("TaskCreated", "fujian", 9, external_id="x-1", generation=1)
    found.events["fujian"].append(structs.replace(second, task="provinces/fujian/tasks/fujian-2"))
    assert _violations(history(), found) == {"created_once": 1}


def test_two_decisions_are_found() -> None:
    """Would break if the second decision of a task went unseen because another province made it."""
    found = journals()
    found.events["fujian"] += [
        happened("OfferMade", "fujian", 6, operator=ANNE, token=9),
        happened("TaskCompleted", "fujian", 7, operator=ANNE, verdict=APPROVED),
    ]
    # Once because there are two, once because the one that Bo was told of is not the only one.
    assert _violations(history(), found)["decided_twice"] == 2


def test_a_decision_beside_a_cancellation_is_found() -> None:
    """Would break if a task could end in two ways."""
    found = journals()
    found.events["fujian"].append(happened("TaskCancelled", "fujian", 6))
    assert _violations(history(), found) == {"decided_twice": 1}


def test_a_completion_acknowledged_to_another_than_the_one_who_decided_is_found() -> None:
    """Would break if two people could both be told that they decided a task."""
    second = operation("complete", 7.0, operator=ANNE, token=3, verdict=APPROVED, amount_fen=7)
    assert _violations([*history(), second], journals()) == {"decided_twice": 1, "token_order": 1, "stale_accepted": 1}


def test_an_old_token_acknowledged_is_stale_and_out_of_order() -> None:
    """Would break if a desk that had lost its lease could still decide."""
    late = operation("complete", 8.0, operator=ANNE, token=1, verdict=APPROVED, amount_fen=7, identity="desk:fujian")
    violations = _violations([*history(), late], journals())
    assert violations["stale_accepted"] == 1
    assert violations["token_order"] == 1


def test_a_decision_by_somebody_who_no_longer_held_the_task_is_found_in_the_journal_alone() -> None:
    """Would break if a stale decision could hide behind a client that never learned of its success."""
    found = journals()
    found.events["jiangxi"].insert(2, happened("AssignmentReleased", "jiangxi", 2, operator=BO))
    assert "stale_accepted" in _violations([history()[0]], found)


def test_a_token_that_falls_from_one_province_to_the_next_is_found() -> None:
    """Would break if a move could forget the token."""
    found = journals()
    found.events["jiangxi"][1] = happened("OfferMade", "jiangxi", 2, operator=BO, token=1)
    assert _violations([history()[0]], found) == {"token_order": 1}


def test_tokens_told_one_after_the_other_may_not_fall() -> None:
    """Would break if an older assignment were confirmed after a newer one had been."""
    again = operation("start", 7.0, identity="desk:fujian", operator=ANNE, token=1)
    assert _violations([*history(), again], journals()) == {"token_order": 1}


def test_tokens_told_at_the_same_time_have_no_order() -> None:
    """Would break if a slow answer were taken for a falling token."""
    slow = operation("start", 4.0, identity="desk:fujian", operator=ANNE, token=1, ended_s=9.0)
    assert _violations([*history(), slow], journals()) == {}


def test_another_answer_to_the_same_request_id_is_found() -> None:
    """Would break if a repeated request could be answered anew."""
    again = operation("create", 9.0, request_id="create-1.0", external_id="x-1", content="c1", answer="a2")
    again.is_repetition = True
    assert _violations([*history(), again], journals()) == {"same_answer": 1}


def test_a_refusal_after_the_acknowledgement_is_found_and_silence_is_not() -> None:
    """Would break if a request that had succeeded could later be told that it had not."""
    refused = operation("create", 9.0, request_id="create-1.0", external_id="x-1", outcome=REFUSED, answer="")
    assert _violations([*history(), refused], journals()) == {"same_answer": 1}
    unknown = operation("create", 9.0, request_id="create-1.0", external_id="x-1", outcome=UNKNOWN, answer="")
    assert _violations([*history(), unknown], journals()) == {}


def test_the_same_answer_again_is_right() -> None:
    """Would break if every repetition were taken for a contradiction."""
    again = operation("create", 9.0, request_id="create-1.0", external_id="x-1", content="c1")
    assert _violations([*history(), again], journals()) == {}
    assert check.same_answer([*history(), again]).examined == 1


def test_an_internal_error_is_found() -> None:
    """Would break if a bug of the server could pass for a refusal."""
    bug = operation("get", 9.0, outcome=UNKNOWN, reason="INTERNAL: incident 12345678")
    assert _violations([*history(), bug], journals()) == {"definite_status": 1}


def test_verify_must_say_yes_and_count_the_same() -> None:
    """Would break if the disk and the wire could differ unseen."""
    report: dict[str, object] = {"ok": True, "problems": [], "frames": 8, "tasks_created": 1, "tasks_decided": 1}
    counts = check.counted(journals())
    assert check.verified(report, counts).violations == 0
    assert check.verified(report | {"tasks_decided": 0}, counts).violations == 1
    assert check.verified(report | {"ok": False, "problems": ["jiangxi: broken"]}, counts).violations == 1
    assert check.verified({"ok": False}, {}).violations == 1


def test_a_ledger_that_does_not_sum_to_nothing_is_found() -> None:
    """Would break if money could appear."""
    assert check.ledger({"ledger_sum_fen": 0, "ledger_legs": 2}).violations == 0
    assert check.ledger({"ledger_sum_fen": 5}).violations == 1
    assert check.ledger({}).violations == 1
