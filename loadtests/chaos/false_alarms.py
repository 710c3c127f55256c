"""The row "false alarms": what looks like an outage and is none must never empty a province.

On one running system, with people who hold work at their desks, four things happen one after the other:

* the gateway is killed: for a moment nobody in the country is heard, and everybody comes back by a new connection;
* the network of every site holds everything back for two seconds, again and again, and then lets it through in order, as a switch that
  starts anew does. The desks of a province share one stream, so all of them fall silent together: the worst case;
* the two desks of a small site fall silent, for longer than their leases last. Two people may be at lunch;
* everybody signs out, as at half past five. The wall clock need not say 17:30: the people are gone by intent (SignOut), then their streams end,
  and that is all by which the system could tell a closing time from a power failure.

After each of them the row waits for longer than any limit by which silence is judged, and asks the journals (by the stream of events) and the
national picture whether any province was declared UNREACHABLE or any site lost. That the harm was real is checked, too: another gateway process
serves, the cables did hold something back, the two desks lost what they held, nobody is signed in. And since a watch that sees nothing would pass
all this, at the end one site really falls silent: it must be declared, in time, to the same watch.

Nothing may leave a province here (policy CLOSED), so that people hold what they hold whoever is called out.

Example: python -m loadtests.chaos.false_alarms --json
"""

import asyncio
import random
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from gateway.v1 import event_pb2, monitor_pb2, province_pb2
from loadtests.chaos.findings import Findings, RowFailed, check_journals, run_row, verified
from loadtests.chaos.leases import Leases
from loadtests.chaos.processes import GATEWAY
from loadtests.chaos.provinces import read_provinces_option
from loadtests.chaos.proxy import Mode, Proxy
from loadtests.chaos.site_outage import SEEN_MAX_S
from loadtests.chaos.stage import Stage, staged, until
from loadtests.handling import Behaviour

#: Longer than all that silence is judged by: three seconds make a lost site, ten end a lease, fifteen are left to desks whose gateway died.
WATCH_S = 20.0
HICCUP_S = 2.0
#: A hiccup that we ourselves made longer than this was none of two seconds.
HICCUP_MAX_S = 2.2
HICCUPS = 6
#: Pause before the next hiccup, shortest and longest: each meets the desks' heartbeats at another moment.
BETWEEN_S = (2.5, 3.5)
#: What is waited for otherwise (a new gateway, signed-out people, work on the desks) has happened by then.
READY_MAX_S = 60.0
#: People are heard for so long before their site falls silent.
HEARD_S = 3.0
#: Desks of the small site.
FEW = 2
#: Tasks per person: enough for everybody to have one.
TASKS_EACH = 2
SEED = 20260911
#: Hardly anybody finishes a task during the run.
SLOW = Behaviour(seconds_per_minute=60.0)
DEFAULT_PROVINCES = "fujian,jiangxi,zhejiang"


@dataclass(slots=True)
class Alarms:
    """Outages that were declared since `begin`, as events and pictures show them.

    Args:
        clock: monotonic seconds.
    """

    clock: Callable[[], float]
    #: Province -> seconds from `begin` until it was first shown UNREACHABLE.
    unreachable: dict[str, float] = field(default_factory=dict)
    #: Province and words of each site that was called lost.
    sites_lost: list[str] = field(default_factory=list)
    _began_s: float = 0.0

    def begin(self) -> None:
        """Forget what was seen; time counts from now."""
        self._began_s = self.clock()
        self.unreachable.clear()
        self.sites_lost.clear()

    def take(self, event: event_pb2.Event) -> None:
        """Take in an event of any province."""
        if event.type == "SiteLost":
            self.sites_lost.append(f"{event.province}: {event.reason}")
        elif event.type == "ProvinceStatusChanged" and event.reason.startswith("unreachable"):
            self._declare(event.province)

    def take_picture(self, picture: monitor_pb2.Overview) -> None:
        """Take in a national picture."""
        for province in picture.provinces:
            if province.state == province_pb2.PROVINCE_STATE_UNREACHABLE:
                self._declare(province.province)

    def _declare(self, province: str) -> None:
        self.unreachable.setdefault(province, self.clock() - self._began_s)


class Country:
    """People at work in every province, each province behind a cable of its own, and what is seen of it.

    The first province is whole and falls silent in the end; the last has a small site.
    """

    def __init__(self, stage: Stage, findings: Findings, tell: Callable[[str], None]) -> None:
        self._stage = stage
        self._findings = findings
        self._tell = tell
        self._rng = random.Random(SEED)
        self.alarms = Alarms(time.monotonic)
        #: Whoever signs out gives back what they hold; that is no loss.
        self._leases = {
            code: Leases(lambda reason, is_begun: reason == "signed_out") for code in stage.system.provinces
        }
        self._cables = {code: Proxy(stage.system.grpc) for code in stage.system.provinces}
        self._signed_in = 0
        self._small = stage.system.provinces[-1]

    async def open(self) -> None:
        """Enrol and seat everybody and give them work.

        Raises:
            RowFailed: not everybody signed in, or nobody took any work up.
        """
        stage = self._stage
        await stage.enrol(SEED)
        for code in stage.system.provinces:
            await stage.set_policy(code, share_out_mode=province_pb2.SHARE_OUT_MODE_CLOSED)
        stage.watch(self._take, after_position=0)
        stage.follow_pictures(self._take_picture)
        for code, cable in self._cables.items():
            await cable.start()
            places = slice(FEW) if code == self._small else slice(None)
            stage.open_desks(code, SLOW, places=places, through=cable.address)
        await stage.all_signed_in()
        kinds = [kind.kind for kind in stage.kinds if not kind.authority]
        for code in stage.system.provinces:
            await stage.create(code, stage.tasks(TASKS_EACH * len(stage.benches[code].seats), kinds))
        if await until(lambda: all(self._at_work(code) >= FEW for code in self._cables), READY_MAX_S) is None:
            raise RowFailed(f"not everywhere {FEW} people took work up within {READY_MAX_S:.0f} s")
        people = sum(len(bench.seats) for bench in stage.benches.values())
        at_work = sum(map(self._at_work, self._cables))
        self._tell(f"{people} people are at their desks, {at_work} of them hold work")
        self._findings.figures |= {"provinces": len(self._cables), "people": people, "people_at_work": at_work}

    async def close(self) -> None:
        """Everybody signs out, then the cables are pulled out."""
        await self._leave()
        await asyncio.gather(*(cable.close() for cable in self._cables.values()))

    async def _leave(self) -> None:
        """Sign everybody out and end their streams."""
        await asyncio.gather(*(self._stage.close_desks(name) for name in list(self._stage.benches)))

    def _at_work(self, code: str) -> int:
        """People of a province who hold something."""
        return sum(bool(seat.held) for seat in self._stage.benches[code].seats.values())

    def _take(self, event: event_pb2.Event) -> None:
        self.alarms.take(event)
        self._leases[event.province].take(event)

    def _take_picture(self, picture: monitor_pb2.Overview) -> None:
        self.alarms.take_picture(picture)
        self._signed_in = picture.totals.signed_in_operators

    def _lost(self) -> int:
        """Leases that people have lost so far."""
        return sum(len(leases.lost) for leases in self._leases.values())

    async def _watched(self, name: str, what: str) -> None:
        """Wait for longer than any limit, and note what was declared."""
        await asyncio.sleep(WATCH_S)
        report(self._findings, name, self.alarms)
        self._tell(f"{what}: {len(self.alarms.unreachable)} provinces declared UNREACHABLE")

    # --- what looks like an outage ---

    async def lose_gateway(self) -> None:
        """Kill the gateway that everybody sits behind."""
        stage, lost = self._stage, self._lost()
        victim = stage.system.find(GATEWAY)
        if victim is None:
            raise RowFailed("there is no gateway")
        reconnects = {code: bench.counts.reconnects for code, bench in stage.benches.items()}
        self.alarms.begin()
        if not victim.signal(signal.SIGKILL):
            raise RowFailed("the gateway was gone before it was killed")
        back_s = await until(lambda: stage.system.find(GATEWAY) not in (None, victim), READY_MAX_S)
        if back_s is None:
            raise RowFailed(f"no gateway came back within {READY_MAX_S:.0f} s")
        await self._watched("gateway_killed", f"a gateway killed under everybody, the next there after {back_s:.1f} s")
        again = sum(bench.counts.reconnects > reconnects[code] for code, bench in stage.benches.items())
        self._findings.exactly("gateway_killed_desks_back_by_a_new_stream", again, len(stage.benches))
        self._findings.exactly("gateway_killed_leases_lost", self._lost() - lost, 0)

    async def hiccup(self) -> None:
        """Hold every cable for two seconds, several times."""
        lost, held, longest_s = self._lost(), 0, 0.0
        self.alarms.begin()
        for _ in range(HICCUPS):
            await asyncio.sleep(self._rng.uniform(*BETWEEN_S))
            longest_s = max(longest_s, await self._hold())
            held += sum(cable.held_back.is_set() for cable in self._cables.values())
        await self._watched("hiccup", f"{HICCUPS} times no network for {HICCUP_S:.0f} s at every site")
        self._findings.exactly("hiccups_that_held_something_back", held, HICCUPS * len(self._cables))
        self._findings.at_most("hiccup_longest_seconds", longest_s, HICCUP_MAX_S)
        self._findings.exactly("hiccup_leases_lost", self._lost() - lost, 0)

    async def _hold(self) -> float:
        """One hiccup of all cables; how long it was, seconds."""
        began_s = time.monotonic()
        for cable in self._cables.values():
            cable.set_mode(Mode.HOLD)
        await asyncio.sleep(HICCUP_S)
        for cable in self._cables.values():
            cable.set_mode(Mode.PASS)
        return time.monotonic() - began_s

    async def silence_the_few(self) -> None:
        """Let the two desks of the small site fall silent for longer than a lease."""
        bench, leases = self._stage.benches[self._small], self._leases[self._small]
        held, lost = len(leases.held), len(leases.lost)
        self.alarms.begin()
        bench.freeze()
        await self._watched("two_desk_site", f"the {FEW} desks of {self._small} silent for {WATCH_S:.0f} s")
        bench.thaw()
        self._findings.at_least("two_desk_site_tasks_in_hand", held, FEW)
        self._findings.exactly("two_desk_site_leases_lost", len(leases.lost) - lost, held)

    async def sign_everybody_out(self) -> None:
        """Let everybody go home."""
        people = self._signed_in
        self.alarms.begin()
        await self._leave()
        await self._watched("sign_out", f"{people} people signed out at once")
        self._findings.at_least("sign_out_people", people, FEW)
        self._findings.exactly("sign_out_still_signed_in", self._signed_in, 0)

    # --- what is one ---

    async def silence_a_site(self) -> None:
        """Let people come back to one province and then fall silent for good."""
        stage, struck = self._stage, self._stage.system.provinces[0]
        bench = stage.open_desks(struck, SLOW, through=self._cables[struck].address)
        await stage.all_signed_in()
        await asyncio.sleep(HEARD_S)
        self.alarms.begin()
        bench.freeze()
        await until(lambda: struck in self.alarms.unreachable, WATCH_S)
        report_outage(self._findings, struck, self.alarms)
        after_s = self.alarms.unreachable.get(struck)
        told = "never declared" if after_s is None else f"declared UNREACHABLE after {after_s:.1f} s"
        self._tell(f"the {len(bench.seats)} desks of {struck} silent: {told}")


def report(findings: Findings, name: str, alarms: Alarms) -> None:
    """Nothing may have been declared."""
    findings.exactly(f"{name}_declared", len(alarms.unreachable), 0)
    findings.exactly(f"{name}_sites_lost", len(alarms.sites_lost), 0)
    if alarms.unreachable or alarms.sites_lost:
        findings.figures[f"{name}_found"] = [*alarms.unreachable, *alarms.sites_lost][:10]


def report_outage(findings: Findings, struck: str, alarms: Alarms) -> None:
    """The province that is silent must have been declared in time, and no other."""
    findings.at_most("silent_site_declared_seconds", alarms.unreachable.get(struck), SEEN_MAX_S)
    findings.exactly("silent_site_others_declared", len(alarms.unreachable.keys() - {struck}), 0)


async def play(directory: Path, tell: Callable[[str], None], provinces: Sequence[str]) -> Findings:
    """All of it on one system, then the journals."""
    findings = Findings("false_alarms")
    async with staged(directory, provinces, tell) as stage:
        country = Country(stage, findings, tell)
        try:
            await country.open()
            await country.lose_gateway()
            await country.hiccup()
            await country.silence_the_few()
            await country.sign_everybody_out()
            await country.silence_a_site()
        finally:
            await country.close()
        created = len(stage.created)
    check_journals(findings, await verified(stage.system.data_dir), created)
    return findings


def main(
    provinces: Annotated[
        str, typer.Option(help="A number or codes, comma-separated; at least two.")
    ] = DEFAULT_PROVINCES,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")] = False,
) -> None:
    """Do to a running system what looks like an outage and is none; no province may be declared UNREACHABLE.

    Example: python -m loadtests.chaos.false_alarms --provinces fujian,jiangxi --json

    Exit code 0 only if nothing was declared, and the site that really fell silent at the end was.
    """
    codes = read_provinces_option(provinces)
    if len(codes) == 1:
        raise typer.BadParameter(
            "one province is whole, another has a small site: two at least", param_hint="--provinces"
        )
    run_row(lambda directory, tell: play(directory, tell, codes), as_json=as_json)


if __name__ == "__main__":
    typer.run(main)
