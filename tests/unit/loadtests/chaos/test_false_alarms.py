"""The watch for outages that are none: what counts as declared, and that it can fail."""

from actors.core.country import TimeLimits
from gateway.v1 import event_pb2, monitor_pb2, province_pb2
from loadtests.chaos.false_alarms import (
    BETWEEN_S,
    HEARD_S,
    HICCUP_MAX_S,
    HICCUP_S,
    WATCH_S,
    Alarms,
    report,
    report_outage,
)
from loadtests.chaos.findings import Findings

UNREACHABLE = province_pb2.PROVINCE_STATE_UNREACHABLE
ACTIVE = province_pb2.PROVINCE_STATE_ACTIVE


class Watched:
    """Alarms under a clock that is moved by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.alarms = Alarms(lambda: self.now_s)
        self.alarms.begin()

    def see(self, type_: str, province: str, reason: str, after_s: float = 1.0) -> None:
        self.now_s += after_s
        self.alarms.take(event_pb2.Event(type=type_, province=province, reason=reason))

    def look(self, **states: province_pb2.ProvinceState) -> None:
        provinces = [monitor_pb2.ProvinceOverview(province=code, state=state) for code, state in states.items()]
        self.alarms.take_picture(monitor_pb2.Overview(provinces=provinces))


def test_a_province_is_declared_by_its_journal_or_by_the_picture() -> None:
    """Whoever looks at one of them only would be alarmed."""
    watched = Watched()
    watched.see("ProvinceStatusChanged", "fujian", "unreachable: 9 of 9 desks silent")
    watched.look(fujian=UNREACHABLE, jiangxi=UNREACHABLE, hubei=ACTIVE)
    assert watched.alarms.unreachable == {"fujian": 1.0, "jiangxi": 1.0}


def test_other_changes_of_a_province_are_no_alarm() -> None:
    """A suspended or recovered province is none that fell silent."""
    watched = Watched()
    watched.see("ProvinceStatusChanged", "fujian", "active: desks of fujian are heard")
    watched.see("ProvinceStatusChanged", "fujian", "suspended")
    watched.see("SiteReturned", "fujian", "desks of fujian are heard again")
    watched.look(fujian=ACTIVE, jiangxi=province_pb2.PROVINCE_STATE_DEGRADED)
    assert (watched.alarms.unreachable, watched.alarms.sites_lost) == ({}, [])


def test_each_harm_is_judged_by_what_followed_it() -> None:
    """An alarm that was counted for the harm before it would be counted twice, or excuse the next one."""
    watched = Watched()
    watched.see("SiteLost", "fujian", "4 of 4 desks")
    watched.see("ProvinceStatusChanged", "fujian", "unreachable")
    watched.alarms.begin()
    assert (watched.alarms.unreachable, watched.alarms.sites_lost) == ({}, [])
    watched.see("ProvinceStatusChanged", "hubei", "unreachable", after_s=2.5)
    assert watched.alarms.unreachable == {"hubei": 2.5}


def test_a_lost_site_is_an_alarm_though_the_province_has_another() -> None:
    """The same judgement has called it out; only luck kept the province."""
    watched, findings = Watched(), Findings("row")
    watched.see("SiteLost", "fujian", "4 of 4 desks")
    report(findings, "hiccup", watched.alarms)
    assert findings.as_json()["missed"] == ["hiccup_sites_lost"]
    assert findings.figures["hiccup_found"] == ["fujian: 4 of 4 desks"]


def test_a_declared_province_fails_the_row() -> None:
    """The row's whole point."""
    watched, findings = Watched(), Findings("row")
    report(findings, "sign_out", watched.alarms)
    assert findings.held
    watched.see("ProvinceStatusChanged", "fujian", "unreachable")
    report(findings, "sign_out", watched.alarms)
    assert findings.as_json()["missed"] == ["sign_out_declared"]


def test_the_site_that_is_silent_must_be_declared_in_time_and_alone() -> None:
    """A watch that sees nothing would find no false alarm either."""
    for declared, missed in (
        ({"fujian": 3.9}, []),
        ({}, ["silent_site_declared_seconds"]),
        ({"fujian": 4.1}, ["silent_site_declared_seconds"]),
        ({"fujian": 3.0, "hubei": 3.0}, ["silent_site_others_declared"]),
    ):
        watched, findings = Watched(), Findings("row")
        for province, after_s in declared.items():
            watched.now_s = 100.0
            watched.see("ProvinceStatusChanged", province, "unreachable", after_s=after_s)
        report_outage(findings, "fujian", watched.alarms)
        assert findings.as_json()["missed"] == missed


def test_it_waits_for_longer_than_silence_is_judged_by() -> None:
    """A watch that ends before the system has made up its mind would pass whatever it decides."""
    limits = TimeLimits()
    longest_ms = max(limits.site_silence_ms, limits.lease_duration_ms, limits.path_grace_ms)
    assert longest_ms + limits.observer_stall_ms < WATCH_S * 1000
    # Hiccups are apart, and shorter than an outage.
    assert HICCUP_S < HICCUP_MAX_S < limits.site_silence_ms / 1000
    assert min(BETWEEN_S[0], HEARD_S) > 2
