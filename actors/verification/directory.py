"""A whole data directory."""

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from actors.core.headquarters import AnchoredHead
from actors.core.ids import ProvinceCode
from actors.store import HQ, Store, read_store
from actors.verification.country import Country
from actors.verification.hq import HqFacts, read_anchors, read_revisions
from actors.verification.province import BROKEN, Facts
from actors.verification.report import PROBLEMS_MAX, STATISTICS_COMPARED, Report
from actors.verification.workers import Errand, Findings, Workers

#: Times that the journals of a running system are read on.
ROUNDS_MAX = 10


def verify_directory(directory: Path, *, processes: int | None = None, is_thorough: bool = False) -> Report:
    """Check the whole directory.

    Args:
        processes: that read; None: one a core, or none besides this one when there is little to read.
        is_thorough: learn the statistics again from all frames and compare those of the snapshots, at twice the cost.

    Raises:
        StoreError: there is no store there.
        OSError: its journals may not even be looked for.
        ReadingFailed: a process that reads died.
    """
    started_s = time.perf_counter()
    store = read_store(directory)
    # Before the journals themselves, which may only have grown since.
    anchors = _anchors(store)
    with Workers(_errands(store, anchors, is_thorough=is_thorough), processes) as workers:
        facts, hq, disagreements = read_until_agreed(workers)
        report = Report(processes=workers.processes)
    if is_thorough:
        report.statistics = STATISTICS_COMPARED
    missing = [f"{name}: the journal is missing" for name in _missing(store, anchors)]
    strange = [f"{name}: a journal of a province that store.json does not name" for name in store.strange_journals()]
    if hq is not None:
        hq.problems += _ahead(facts, hq, store.journal_path(HQ))
    _fill(report, facts, hq, missing, disagreements)
    report.problems = (strange + report.problems)[:PROBLEMS_MAX]
    report.seconds = round(time.perf_counter() - started_s, 3)
    report.events_per_second = int(report.events / report.seconds) if report.seconds else 0
    return report


def _anchors(store: Store) -> dict[ProvinceCode, AnchoredHead]:
    path = store.journal_path(HQ)
    return read_anchors(path, store.identity.provinces) if path.exists() else {}


def _missing(store: Store, anchors: Mapping[ProvinceCode, AnchoredHead]) -> list[str]:
    """Journals that were made once: of a country of which somebody has never come up, those that the headquarters have seen."""
    anchored = [code for code in anchors if not store.journal_path(code).exists()]
    return list(dict.fromkeys([*store.missing_journals(), *anchored]))


def _errands(store: Store, anchors: Mapping[ProvinceCode, AnchoredHead], *, is_thorough: bool) -> list[Errand]:
    hq_path = store.journal_path(HQ)
    errands = [
        Errand(
            path=str(path),
            store_id=store.store_id,
            province=code,
            anchor=anchors.get(code),
            is_thorough=is_thorough,
        )
        for code in store.identity.provinces
        if (path := store.journal_path(code)).exists()
    ]
    if hq_path.exists():
        errands.append(Errand(path=str(hq_path), store_id=store.store_id))
    return errands


class Reading(Protocol):
    """Whoever reads the journals: the first time everything, then what came since."""

    def read(self) -> Findings:
        """One reading of all."""
        ...


def read_until_agreed(workers: Reading) -> tuple[list[Facts], HqFacts | None, list[str]]:
    """Read until all journals agree or nothing new comes; the disagreements that outlasted a whole further round.

    Journals are read one after the other, so beside a running system a task may be seen at its new host and still at its old one.
    Such a sight is gone when both have been read on; a real problem stays.
    """
    found = workers.read()
    hq, lasting = found.hq, Country(found.facts).disagreements()
    for _ in range(ROUNDS_MAX):
        if not lasting or any(one.is_broken for one in found.facts):
            break
        before = sum(one.frames for one in found.facts)
        found = workers.read()
        seen = dict.fromkeys(Country(found.facts).disagreements())
        if sum(one.frames for one in found.facts) == before:
            lasting = list(seen)
            break
        lasting = [problem for problem in lasting if problem in seen]
    return found.facts, hq, lasting


def _ahead(facts: list[Facts], hq: HqFacts, path: Path) -> list[str]:
    """Provinces with revisions that the headquarters never gave out.

    Beside a running system its journal may have been read before a change that provinces have taken over since, so it is asked once more
    when one seems to be ahead.
    """
    kinds, model = hq.revision, hq.model_revision
    if any(one.kinds_revision > max(kinds, 1) or one.model_revision > max(model, 1) for one in facts):
        # What is wrong with the journal itself has been found by now.
        with suppress(*BROKEN):
            kinds, model = read_revisions(path)
    problems = [
        f"{one.province}: has revision {one.kinds_revision} of the task kinds, {HQ} only {kinds}"
        for one in facts
        if one.kinds_revision > max(kinds, 1)
    ]
    return problems + [
        f"{one.province}: has revision {one.model_revision} of the matching model, {HQ} only {model}"
        for one in facts
        if one.model_revision > max(model, 1)
    ]


def _fill(report: Report, facts: list[Facts], hq: HqFacts | None, missing: list[str], disagreements: list[str]) -> None:
    country = Country(facts)
    country.fill(report)
    problems = missing + [problem for one in facts for problem in one.problems]
    if hq is not None:
        report.hq_events = hq.events
        report.records += hq.records
        report.snapshots += hq.snapshots
        problems += hq.problems
    if missing or any(one.is_broken for one in facts):
        # What a damaged journal no longer says would look like hundreds of lost tasks.
        problems.append("the provinces were not compared with each other: that needs all journals whole")
    else:
        # Of the last reading; if nothing lasted, what it missed was on its way.
        report.tasks_lost = country.lost_count if disagreements else 0
        problems += disagreements
    problems += country.double_endings()
    if report.ledger_sum_fen:
        problems.append(f"the ledger sums to {report.ledger_sum_fen} fen")
    report.problems = problems[:PROBLEMS_MAX]
