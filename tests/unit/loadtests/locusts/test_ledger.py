import itertools

from loadtests.locusts.ledger import Accounts, Acknowledged, Ledger, Thinned, is_chosen, together


def test_a_small_run_is_kept_whole() -> None:
    """Would break if a run that fits were read back only in part."""
    ledger = Ledger(kept_max=10)
    for number in range(10):
        ledger.created(f"task-{number}", f"id-{number}")
    account = ledger.read(rows=3)
    assert (account.created, len(account.tasks), account.halvings, account.rows) == (10, 10, 0, 3)


def test_creator_and_decider_keep_the_same_tasks_of_a_large_one() -> None:
    """Would break if a task were kept by the process that made it and its decision dropped by the one whose desk took it."""
    creator, decider = Ledger(kept_max=50), Ledger(kept_max=200)
    names = [f"provinces/fujian/tasks/fujian-{number}" for number in range(1_000)]
    for name in names:
        creator.created(name, name[-6:])
        decider.decided(name, "somebody", 1, 5)
    whole = together([creator.read(1), decider.read(2)], kept_max=100)
    assert (whole.created, whole.decided, whole.rows) == (1_000, 1_000, 3)
    assert 0 < len(whole.tasks) <= 50
    assert set(whole.tasks) == set(whole.decisions) == {name for name in names if is_chosen(name, whole.halvings)}
    assert whole.problems == []


def test_a_smaller_share_is_part_of_a_larger_one() -> None:
    """Would break if thinning again chose other names."""
    names = [str(number) for number in range(2_000)]
    shares = [{name for name in names if is_chosen(name, halvings)} for halvings in range(8)]
    assert shares[0] == set(names)
    assert all(smaller < larger for larger, smaller in itertools.pairwise(shares))
    kept: Thinned[int] = Thinned(kept_max=100)
    for name in names:
        kept.put(name, 0)
    assert set(kept.kept) == shares[kept.halvings]


def test_what_two_processes_claim_is_a_contradiction() -> None:
    """Would break if two desks could both be told that they decided a task, unseen, because they are in two processes."""
    first = Acknowledged(created=1, tasks={"a": "1"}, decisions={"a": ("x", 1, 1)})
    second = Acknowledged(created=1, tasks={"a": "1"}, decisions={"a": ("y", 1, 1)})
    assert len(together([first, second]).problems) == 2
    alone = Ledger()
    alone.decided("a", "x", 1, 1)
    alone.decided("a", "y", 1, 1)
    assert len(alone.read(0).problems) == 1


def test_a_process_that_has_ended_owes_its_account() -> None:
    """What a worker was acknowledged that died in the middle of a run went with it, and the others' accounts passed for the whole."""
    accounts = Accounts()
    for process in ("worker-1", "worker-2", "worker-1"):
        accounts.has_users(process)
    assert accounts.missing() == ["worker-1", "worker-2"]
    accounts.given["worker-2"] = Acknowledged(created=5)
    # A process without users has nothing to account for, and says so.
    accounts.given["worker-3"] = Acknowledged()
    assert accounts.missing() == ["worker-1"]
