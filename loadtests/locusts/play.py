"""The course of a run, on the master or on the only process: prepare, seat the desks, follow the shape, let everything end, read back, judge.

`course` is a generator of user counts, one a second for as long as the run lasts. What takes long in between (reading back) blocks only this
greenlet: users, statistics and messages go on.
"""

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from locust.env import Environment
from locust.runners import MasterRunner
from locust.stats import RequestStats

from loadtests.locusts.findings import Findings
from loadtests.locusts.ledger import Accounts, Acknowledged, together
from loadtests.locusts.link import ToolFailed, run_tool
from loadtests.locusts.metering import FENCED, REFUSED
from loadtests.locusts.objectives import MEASURED_BY, Objectives, percentile_ms
from loadtests.locusts.orders import Connection
from loadtests.locusts.places import BRANCH_KINDS, Places, Terms
from loadtests.locusts.preparing import Prepared, Wanted
from loadtests.locusts.reading_back import Inquiry, Question, Rest, Rested
from loadtests.locusts.shapes import PEAK, Shape, why_not_silent
from loadtests.locusts.staffing import longest_work_s, people_needed, seconds_per_minute
from loadtests.locusts.verdict import Figures, Verdict, judge

#: Time to enrol a country's people.
PREPARE_MAX_S = 180.0
#: Everybody must be signed in by then.
SEATED_MAX_S = 90.0
#: Every process must have answered by then (`clients.DRAIN_MAX_S`, and then some).
ANSWER_MAX_S = 120.0
#: Statistics of workers come every three seconds.
STATISTICS_MAX_S = 15.0
READ_BACK_MAX_S = 1_800.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What was asked for."""

    connection: Connection
    shape: Shape
    #: Tasks a second at the top of a new-year peak.
    peak_per_second: float
    #: Played minutes in a real minute.
    time_factor: float
    objectives: Objectives
    #: Province whose desks fall silent when the shape says so; empty: Fujian, or else the first.
    silent_province: str = ""
    #: How long everything may take to be decided after the last task has come.
    drain_s: float = 120.0
    seed: int = 1


class Play:
    """One run.

    Args:
        set_seats: told how many users of each kind of seat there are, before the first one comes.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        environment: Environment,
        settings: Settings,
        set_seats: Callable[[dict[str, int]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        assert environment.runner is not None
        self._runner = environment.runner
        self._stats: RequestStats = environment.stats
        self._settings = settings
        self._set_seats = set_seats
        self._clock = clock
        self._places: Places | None = None
        self._terms: Terms | None = None
        self._silent = ""
        #: Processes that have answered the latest question.
        self._drained: dict[str, int] = {}
        self._accounts = Accounts()
        self._troubles: list[str] = []
        self.has_begun = False
        self.verdict: Verdict | None = None

    @property
    def connection(self) -> Connection:
        """To the system."""
        return self._settings.connection

    # --- the course ---

    def course(self) -> Iterator[int]:
        """User counts, one a second."""
        settings, shape = self._settings, self._settings.shape
        self.has_begun = True
        prepared = self._prepare()
        if prepared is None:
            return
        places = self._places = Places(prepared.weights, prepared.people)
        self._set_seats(places.seats)
        seats, people = sum(places.seats.values()), sum(map(len, prepared.people.values()))
        yield from self._until(
            seats, lambda: self._count("Work sign_in") >= people, SEATED_MAX_S, "not all desks opened"
        )
        began_s = self._clock()
        while (minute := (self._clock() - began_s) / 60 * settings.time_factor) < shape.minutes:
            self._silence(shape.is_silent(minute), prepared)
            yield seats + round(shape.multiple(minute) * self._systems(prepared))
        self._silence(False, prepared)
        yield seats
        self._drained = {}
        self._runner.send_message("drain")
        yield from self._until(
            seats, lambda: len(self._drained) >= self._processes(), ANSWER_MAX_S, "no answer to drain"
        )
        if unanswered := sum(self._drained.values()):
            self._troubles.append(f"{unanswered} calls were never answered")
        _log.info("All branch systems have their answers; waiting until everything is decided")
        self._wait_for_rest(prepared.open_tasks)
        accounts = self._accounts
        self._runner.send_message("account")
        yield from self._until(
            seats, lambda: len(accounts.given) >= self._processes(), ANSWER_MAX_S, "no account given"
        )
        if missing := accounts.missing():
            self._troubles.append(
                f"{len(missing)} processes with users have ended; what they were acknowledged is not known"
            )
        whole = together(list(accounts.given.values()))
        yield from self._until(
            seats,
            lambda: self._stats.total.num_requests >= whole.rows,
            STATISTICS_MAX_S,
            "statistics of a worker are missing",
        )
        _log.info("Reading back %d tasks", len(whole.tasks))
        self.verdict = judge(self._figures(), self._read_back(whole, prepared), settings.objectives)

    def judge_early(self) -> Verdict:
        """The verdict of a run that ended before its time."""
        self.verdict = judge(self._figures(), None, self._settings.objectives)
        return self.verdict

    def _systems(self, prepared: Prepared) -> int:
        """Branch systems on an ordinary average: one for each branch, and one of each kind at least."""
        return max(len(prepared.weights), len(BRANCH_KINDS))

    def _prepare(self) -> Prepared | None:
        settings = self._settings
        top = settings.shape.top / PEAK * settings.peak_per_second
        wanted = Wanted(connection=settings.connection, people_min=people_needed(top), seed=settings.seed)
        try:
            prepared = run_tool("loadtests.locusts.preparing", wanted, Prepared, PREPARE_MAX_S)
        except ToolFailed as failed:
            prepared = Prepared(problem=str(failed))
        problem = prepared.problem or why_not_silent(
            settings.shape, settings.silent_province, prepared.weights, settings.time_factor
        )
        if problem:
            self._troubles.append(problem)
            return None
        people = sum(map(len, prepared.people.values()))
        _log.info(
            "%d provinces, %d operators (%d enrolled now), %d tasks open",
            *(len(prepared.weights), people, prepared.enrolled, prepared.open_tasks),
        )
        self._terms = Terms(
            run=f"l{secrets.token_hex(3)}",
            tasks_per_second=settings.peak_per_second / PEAK / self._systems(prepared),
            pace_s=seconds_per_minute(people, top),
            promise_s=settings.objectives.promise_s,
            is_month_end=settings.shape.is_month_end,
        )
        return prepared

    def _until(self, users: int, is_done: Callable[[], bool], within_s: float, problem: str) -> Iterator[int]:
        """Keep so many users until something has come about, or note the problem."""
        late_s = self._clock() + within_s
        while not is_done():
            if self._clock() > late_s:
                self._troubles.append(f"{problem} within {within_s:.0f} s")
                return
            yield users

    def _silence(self, is_silent: bool, prepared: Prepared) -> None:
        """Cut a province's desks off, or connect them again."""
        if is_silent == bool(self._silent):
            return
        usual = "fujian" if "fujian" in prepared.weights else next(iter(prepared.weights))
        province = self._silent or self._settings.silent_province or usual
        _log.info("The desks of %s %s", province, "fall silent" if is_silent else "are back")
        self._silent = province if is_silent else ""
        self._runner.send_message("silence", {"province": province, "is_silent": is_silent})

    def _wait_for_rest(self, open_before: int) -> None:
        assert self._terms is not None
        rest = Rest(
            connection=self._settings.connection,
            open_before=open_before,
            still_s=longest_work_s(self._terms.pace_s),
            within_s=self._settings.drain_s,
        )
        try:
            rested = run_tool(
                "loadtests.locusts.reading_back", Question(rest=rest), Rested, self._settings.drain_s + ANSWER_MAX_S
            )
        except ToolFailed as failed:
            self._troubles.append(str(failed))
            return
        _log.info("%d tasks open after %.1f s", rested.open_tasks, rested.after_s)

    def _read_back(self, whole: Acknowledged, prepared: Prepared) -> Findings | None:
        assert self._terms is not None
        inquiry = Inquiry(
            connection=self._settings.connection,
            run=self._terms.run,
            provinces=list(prepared.weights),
            acknowledged=whole,
        )
        try:
            return run_tool("loadtests.locusts.reading_back", Question(inquiry=inquiry), Findings, READ_BACK_MAX_S)
        except ToolFailed as failed:
            self._troubles.append(str(failed))
            return None

    # --- messages ---

    def place_wanted(self, msg: Any, **_more: Any) -> None:
        """A user asks for a place."""
        place = self._places.take(msg.data["kind"]) if self._places is not None else None
        given = {"ticket": msg.data["ticket"], "place": "", "terms": ""}
        if place is not None:
            given["place"] = msgspec.json.encode(place).decode()
            given["terms"] = msgspec.json.encode(self._terms).decode()
            self._accounts.has_users(msg.node_id)
        client_id = msg.node_id if isinstance(self._runner, MasterRunner) else None
        self._runner.send_message("place_given", given, client_id)

    def place_left(self, msg: Any, **_more: Any) -> None:
        """A user is gone."""
        if self._places is not None:
            self._places.leave(msg.data["number"])

    def drained(self, msg: Any, **_more: Any) -> None:
        """A process has its answers."""
        self._drained[msg.node_id] = msg.data["unanswered"]

    def accounted(self, msg: Any, **_more: Any) -> None:
        """A process gives account."""
        self._accounts.given[msg.node_id] = msgspec.json.decode(msg.data["acknowledged"], type=Acknowledged)

    # --- figures ---

    def _processes(self) -> int:
        return self._runner.worker_count if isinstance(self._runner, MasterRunner) else 1

    def _count(self, name: str) -> int:
        return sum(entry.num_requests for key, entry in self._stats.entries.items() if key[0] == name)

    def _figures(self) -> Figures:
        entries = self._stats.entries.values()
        failures = sorted(
            ((error.occurrences, f"{error.name}: {error.error}") for error in self._stats.errors.values()), reverse=True
        )
        return Figures(
            calls=self._stats.total.num_requests,
            failures=failures,
            refused=sum(entry.num_requests for entry in entries if entry.method == REFUSED),
            fenced=sum(entry.num_requests for entry in entries if entry.method == FENCED),
            held_back=sum(entry.num_requests for entry in entries if entry.method == "held back"),
            measured={
                objective: percentile_ms([entry.response_times for entry in entries if entry.name in names], 0.99)
                for objective, names in MEASURED_BY.items()
            },
            troubles=self._troubles,
        )
