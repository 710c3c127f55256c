from actors.core.country import TimeLimits
from actors.core.ids import SessionId
from actors.core.presence import Presence

LIMITS = TimeLimits()
A, B = SessionId("gateway-1/a"), SessionId("gateway-2/b")


def test_silence_is_counted_from_the_last_time_heard() -> None:
    """The lease of a desk that renews would run out under the operator's hands."""
    presence = Presence(0)
    presence.hear((A,), 1_000)
    assert (presence.silent_ms(A, 1_000), presence.silent_ms(A, 4_000)) == (0, 3_000)


def test_a_restart_gives_a_new_term_but_no_new_work() -> None:
    """A restart must not void leases, nor send work to desks nobody has heard."""
    presence = Presence(100_000)
    assert presence.silent_ms(A, 103_000) == 3_000
    assert not presence.is_fresh(A, 100_000, LIMITS)
    presence.hear((A,), 103_000)
    assert presence.is_fresh(A, 103_000, LIMITS)


def test_freshness_ends_by_its_limit() -> None:
    """A desk just silent enough would be given work that it loses again."""
    presence = Presence(0)
    presence.hear((A,), 0)
    assert presence.is_fresh(A, LIMITS.heartbeat_fresh_ms, LIMITS)
    assert not presence.is_fresh(A, LIMITS.heartbeat_fresh_ms + 1, LIMITS)
    assert not presence.is_fresh(None, 0, LIMITS)


def test_a_desk_never_heard_since_the_restart_says_nothing_about_its_site() -> None:
    """After a night's rest, or while gateways still start, every province would declare itself without power."""
    presence = Presence(0)
    assert not presence.path_known(A, 3_000, LIMITS)
    assert not presence.path_known(A, 10**9, LIMITS)
    presence.hear((A,), 3_000)
    assert presence.path_known(A, 3_000, LIMITS)


def test_a_lost_gateway_makes_silence_meaningless_for_a_while() -> None:
    """The death of a gateway would look like the death of every site behind it."""
    presence = Presence(0)
    presence.hear((A, B), 0)
    presence.lose_path("gateway-1/", (A, B), 1_000)
    assert not presence.path_known(A, 1_000 + LIMITS.path_grace_ms, LIMITS)
    assert presence.path_known(A, 1_001 + LIMITS.path_grace_ms, LIMITS)
    assert presence.path_known(B, 1_000, LIMITS)
    presence.hear((A,), 2_000)
    assert presence.path_known(A, 2_000, LIMITS)


def test_our_own_standstill_is_nobodys_silence() -> None:
    """An observer that slept for ten seconds would see the whole country dead."""
    presence = Presence(0)
    presence.hear((A,), 1_000)
    presence.lose_path("gateway-1/", (A,), 1_500)
    presence.forgive(20_000)
    assert presence.silent_ms(A, 22_000) == 1_000
    assert presence.silent_ms(B, 22_000) == 2_000
    # The desks of a lost gateway could not come back while we slept: their grace goes on, too.
    assert not presence.path_known(A, 1_500 + 20_000 + LIMITS.path_grace_ms, LIMITS)


def test_our_own_standstill_is_no_gateways_either() -> None:
    """It would be taken off twice: a desk that was silent before would be alive by our standing still."""
    presence = Presence(0)
    presence.report("gateway-1", (A,), 1_000, LIMITS)
    for now_ms in (2_000, 3_000):
        presence.report("gateway-1", (), now_ms, LIMITS)
    presence.forgive(20_000)
    presence.report("gateway-1", (), 23_000, LIMITS)
    assert presence.silent_ms(A, 23_000) == 2_000
    assert presence.path_known(A, 23_000, LIMITS)


def test_sessions_that_nobody_is_signed_in_by_are_forgotten() -> None:
    """Otherwise the memory of sessions grows with every reconnect."""
    presence = Presence(0)
    presence.hear((A, B), 5_000)
    presence.lose_path("gateway-", (A, B), 5_500)
    presence.forget_all_but({B: None})
    assert presence.session_count == 1
    assert (presence.silent_ms(A, 6_000), presence.silent_ms(B, 6_000)) == (6_000, 1_000)
    assert (presence.path_lost(A, 6_000, LIMITS), presence.path_lost(B, 6_000, LIMITS)) == (False, True)


def test_new_terms_begin_for_those_that_a_lost_frame_had_forgotten() -> None:
    """A sign-out that was never written would leave the session silent since the process began, and sign it out for that."""
    presence = Presence(0)
    presence.hear((B,), 7_200_000)
    presence.begin_new_terms(7_201_000)
    assert presence.silent_ms(A, 7_202_000) == 1_000
    assert presence.is_fresh(B, 7_202_000, LIMITS)


def test_a_gateway_that_stands_still_makes_nobody_silent() -> None:
    """A gateway that is stopped for three seconds would look like an outage of every site behind it."""
    presence, limits = Presence(0), TimeLimits()
    desk = SessionId("g1/1")
    presence.report("g1", (desk,), 1_000, limits)
    assert presence.path_known(desk, 2_400, limits)
    assert not presence.path_known(desk, 4_500, limits)
    presence.report("g1", (), 5_000, limits)
    assert presence.path_known(desk, 5_000, limits)
    assert presence.silent_ms(desk, 5_000) == 0
    assert presence.silent_ms(desk, 8_000) == 3_000


def test_a_gateways_standstill_takes_nothing_but_itself_off_the_silence() -> None:
    """A desk that was silent before would be alive by its gateway's standing still, and one heard meanwhile in time to come."""
    presence, silent, heard = Presence(0), SessionId("g1/1"), SessionId("g1/2")
    presence.report("g1", (silent, heard), 1_000, LIMITS)
    for now_ms in (2_000, 3_000):
        presence.report("g1", (heard,), now_ms, LIMITS)
    # Somebody signs in by a call of their own, which needs no report.
    presence.hear((heard,), 5_000)
    presence.report("g1", (), 6_000, LIMITS)
    assert (presence.silent_ms(silent, 6_000), presence.silent_ms(heard, 6_000)) == (2_000, 0)
    assert presence.silent_ms(heard, 9_000) == 3_000


def test_a_gateway_that_hears_nobody_says_so_and_silence_counts() -> None:
    """A report without sessions is what makes silence a fact: the gateway lives, the desks do not."""
    presence, limits = Presence(0), TimeLimits()
    desk = SessionId("g1/1")
    presence.report("g1", (desk,), 1_000, limits)
    for now_ms in range(1_300, 5_000, 300):
        presence.report("g1", (), now_ms, limits)
    assert presence.path_known(desk, 5_000, limits)
    assert presence.silent_ms(desk, 5_000) == 4_000


def test_told_silence_ends_with_the_gateways_last_report() -> None:
    """What a gateway has heard since it spoke last is not known yet; counted as silence, it made outages of hiccups."""
    presence, desk = Presence(0), SessionId("g1/a")
    presence.report("g1", (desk,), 1_000, LIMITS)
    presence.report("g1", (), 1_300, LIMITS)
    assert presence.silent_ms(desk, 1_590) == 590
    assert presence.told_silent_ms(desk, 1_590, LIMITS) == 300
    presence.report("g1", (), 1_600, LIMITS)
    assert presence.told_silent_ms(desk, 1_600, LIMITS) == 600


def test_where_nobody_reports_silence_counts_until_now() -> None:
    """A gateway that died without a word would keep its desks for ever in the moment of its last report, and outvote the dead."""
    presence, desk = Presence(0), SessionId("g1/a")
    presence.report("g1", (desk,), 1_000, LIMITS)
    still = 1_000 + LIMITS.gateway_silence_ms
    assert presence.told_silent_ms(desk, still, LIMITS) == 0
    assert presence.told_silent_ms(desk, still + 1, LIMITS) == still + 1 - 1_000
    other = SessionId("g2/b")
    presence.hear((other,), 2_000)
    assert presence.told_silent_ms(other, 2_700, LIMITS) == 700


def test_a_desk_heard_since_the_last_report_is_not_silent() -> None:
    """A sign-in is heard by the province itself, between two reports."""
    presence, desk = Presence(0), SessionId("g1/a")
    presence.report("g1", (), 1_000, LIMITS)
    presence.hear((desk,), 1_200)
    assert presence.told_silent_ms(desk, 1_250, LIMITS) == 0
