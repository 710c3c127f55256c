"""Journals that were written before reviews, matching models and the facts that matching goes by."""

from base64 import b85decode

import pytest

from actors.core import codec, snapshot
from actors.core.applying import apply
from actors.core.country import Line
from actors.core.ids import OperatorId, ProvinceCode, TaskId
from actors.core.invariants import validate
from actors.core.matching.record import MatchingModel
from actors.core.replies import ReviewReply
from actors.core.state import ProvinceState
from actors.core.statistics.cells import LineTodayCell, OperatorCell
from actors.core.statistics.decay import local_hour_of_week
from actors.core.task import PriorReason, TaskState
from tests.unit.core.harness import FUJIAN, START_MS, Branch
from tests.unit.core.test_reviewing import review

#: A frame of the version before: a kind, a person who signs in, and a task from its creation to its decision.
_FRAME = (
    "mxQErd2nU0RAF;#OKEOob3tTpaCBv4rD1emZF2#ra%FaDb7^mG0i|ncZe(+jgQRO|Ze*@wY+-3_b1iLUWNBkzY@}>yZe^xpY+-3_bE<S<a%pB}"
    "UuI=)%>?3uq;z?3Ww1|hWpZJ3Z*oO$a&K&GWn`scbYE?A0;OecbaHv#00gLSaAk5~bZ>H`V`yb=sBm&`c4=;7Wu|6zYH49^q;qL>WubGWYiVv|"
    "bAhg7Y+-3_b1iLUWNBkzY=Np|Z*FB@V{dhCbOVK?ba`-PuupJha$$6Da#Lw%Ze?UiZlz&#Uu|;(sBds(a$$6Da-?HuWp1Z)Wpi_BZ*HS!FEOZa"
    "a%FR6ZewMsVRm6@Y++(-WrU=3d2nT`RAF;#Lvm$dbY*0vVRT<@a|EY!VRLI=X=JEob!us0ZY?pSb8uy2-T(rmYiVv|u48OrX>D^YZDnL>V_|Hl"
    "aB^vHa%psV0)?b>d2nT{RAF;#L349yXKrO=rD1emZF2>ubYXLAUuk5hW_4<5VQwuksBds(a$$6Da-?HuWp1T(Z);_40fVG;d2nU1L349yXKrm}"
    "Zgf+0VRCe3WTjzrUu|;+r*vU+YhP((sAhF)X<=?HF@&Uad2nT|RAF;#LvL+xY-Mz1WTjzrUu|;-r*vU+YhP((sAhF)X<=?HF{or^V`+0~Z*GRC"
    "c4cy8X=8M#VQ_GAZ+2y5sBds(a$$6Da-?HuWp1c&a&LBNZewMpW_4<5VQ!~%X>Da+ZF2{yXkl(-Y-L|<a{;h-Z*ps2b#7^Nb6;&~Y;0-G3B&"
)
#: The slices of a snapshot after that frame: head and people.
_HEAD = (
    "-T)P(ba`-Pq)269WT<d*Z+2;JV`Zjhb!us0Zm4r*baZKMXLE$8aB^>UX>Ma>re<|&X<=@xWNCA7Y+-p{ZeeX@re<|&X<=@!WNCA7Y+-p{ZeeX@"
    "UwUY!W_4<5VQ!^!X>?_Ckfv;DZE19Kj<IiMW@U0;WOZ_3bZKvHUu|>Ebuh7PWnpt=Uu1Q1VRUJ4ZeMM4%_k7DXk}q?bYf*;bYEt2Wpij>ZF9{D"
    "#IJK{bY)+2X>4U~V`X1$bIl95wR357WnXh?Y-Mg^WnXY*a&2jBY-P;@Ag*(1bY)*;WpitDUu|h_1FmyvbY)+1Wps6NZeMM4%?r4(Z(?(0a&~2M"
    "UvqR}Y;0d`bIk+jvS(p*Wp`nDUvp_}Wo~0-Uu|>E1>CK0VRUF;XL4a<WnXP`%{rK|WMyM)X>Mg-ZDnn5a(Q2EbIt$+li;s%Wpib2WM5%sbY*g1"
    "ZF9{5^s{nhb7gL1Utwl+WpZC_VR&C{bIlWot!;01WnXe-baHuLZF9{7=%s6EZe(+jgQRO|Ze*@wY+-3_b1iLUWNBkzY@}>yZe^xpY+-3_bE<S<"
    "a%pB}UuI=)%>?4EYiVv|b6;|0c4>2IZ*Bpmb97;Jb#ta+V{~bDWvz2`VRUtKUvgz(b8l{-uXA)^baiuIb7^j4WnXP`0H$znY-wY8fU0b7b97&G"
    "X>?_CfU9(2b8BC2b!}p0asi}acVT&er*3a_X=7z`kfwBRbYX0Bfv#h0VQFo1Ep26FX=7n*f~{m_V`*e%WM5-%b#8P4sc2ztWNc+$ZF2#uVqt7y"
    "ZewL%W@T=Gt88UtXJv9<Y-MM20Ig$kWnpw>WM5-%b#8P4tz>0mX=G(&Ut@1|Zgc^(WMyM%WMyPub7*05Wn^DtZ*^{T0JL*-VRUtKUt(ouZ*pZ{"
    "Z*_EGXJw{gV{~bDWd"
)
_PEOPLE = (
    "f~0hLaAl@YWp8k7WvOp)WpZJ3Z*p^y-T(=xZ*XODVRUbDq+@7hZm4i_Z+2;JV`Zjhb!us0ZlrT*bY-D)rE6(!WOIS8V{Bn*ZF4PcWn^h%VQhn{"
    "WN&U|Ut@1|Zgd2$ZDnC|b#i57Ut@1|Zgc^%ZDnC|b#i57Uua=&WNc+$ZF2#raB^jHWo~0-sbO|uX>4I)Y-Oi&Wpi_BZ*HS!FEOlhX=iR_WM64+"
    "Uu|;(t!ZRzWnXh?ZewL%ZF2{$WMyM%WMyPuV{dhCbO8"
)
#: A task that its branch had accepted an hour before it was created, by a version that did not count from there.
_ACCEPTED = (
    "k%gpmd2nT`RAF;#Lvm$dbY*0vVRT<@bI$+(0h^0-7yzSpXm6`xa$#;`XgXtWa%HD<VRLI=X=JEob!us0ZY?pSb8uy2-T(rmYiVv|u48OrX>D^Y"
    "ZDnL>V_|HyVPj)uaCBv4Utx4#Vsc?_V`yJ(bI$+(0h^0GDS!"
)
#: Somebody goes three days later, written by a version that believed the clock about how long they had been there.
_GONE = (
    "k%gpmd2nU1PjF>&VRUbDQ)y>zWn@ovbfsZ*Uu|>G0004-n&&J4qjzX;t#5E;a$$6DaynyZWp1c%aAk5~bZ>H`V`yb=rgCLrb8l{{b7^O8Wn^D(b#w"
)
#: A task that was booked for two hours later, and one that Jiangxi had decided the day before it was noted, as a version counted them that looked at the
#: instant of the event alone.
_COUNTED = (
    "lZT{qd2nT`RAF;#Lvm$dbY*0vVRT<@bI$+(0h^0-7yzSpXm6`xa$#;`XgXtWa%HD<VRLI=X=JEob!us0ZY?pSb8uy2-T(rmYiVv|u48OrX>D^YZDnL>"
    "V_|HqZf|s7Vr6D;a%Ep_bI$+(0h^2A^#G}JV`yb$b!=s1!>(&-Ze(*`a%FaDb7^mG0feM<d2nU3RAF;#Q)6glWOZz1Qe|OdXk}!jVRT<@bI$+(0h^2A"
    "^#G%HXm6}@d2@7SZ8~FYZ)0nxbYXLAUuk5hW_4<5VQwukgrszNaAmAdb#!BIZDmexbY*0vVRT<@bI$+(0h^GTbO57wXm7A^a&LBNZewLSYH49^XLxC("
    "bYXLA-T)J)bYXLAUuk5iW_4<5VQwuqH>7B9ZDporb!us0ZlrT?Wn<m|0i<hbZe*@wY+-3_b1iLUWNBkzY@}>yZe^xpY+-3_bE;!<Wnpw>WM6G_&j0`c"
    "n~QW90IFkhWnpw>WM5)=t739tZewUVV{dY0q-bw*bf;=*VQy!5X{B>?VRU7wV{dJ6Y-Mz1WT|j$VPj=&Wo~q)b7*05Wn`*nWo~71VRUJ4ZUUurZ);_4"
    "0;hIma&u{KZU?GuZ+2y0V{dhCbOEVxb!ByBWM6G_&j0`cn~QW90H|+pWpZJ3Z*r<?X<=?>cxf$faII)%Y-C?^X>Ma>Uu|>G0004-i*y(Os&jN<a&%>6"
    "Uu|>G0004-i*y(OsAOehX>)0BZiT0IWpZR`V|1utaBy;Oc4cI!Z*XODVRUbDs%mLrZfAIDEpKqBaB^>UX>Ma>r)p_oZfAIDr*vs;WnXP`&j0`cn~QW9"
    "0I+v&a%*38ZfSILUu|h@Y-!C0(5q%?ZfSF9Wn^D%bI$+(0h^0-7yt"
)


def replayed() -> ProvinceState:
    """The province after the old frame."""
    state = ProvinceState(FUJIAN)
    for event in codec.decode_events(b85decode(_FRAME)):
        apply(state, event)
    return state


def test_a_frame_of_the_version_before_replays() -> None:
    """A field without a default would keep every province of an upgraded system from starting."""
    state = replayed()
    assert validate(state) == []
    chen = state.operators[OperatorId("chen")]
    assert (chen.certificates, chen.shift, chen.conflicts, chen.break_end_ms) == ((), None, (), 0)
    assert (state.decided_count, state.reviewed_count, state.model) == (1, 0, MatchingModel(revision=0))
    [kind] = state.kinds.values()
    assert kind.minutes_for(4) == kind.standard_minutes


def test_a_snapshot_of_the_version_before_is_restored() -> None:
    """`verify` reads the snapshots of before; a start learns from the frames instead, since those snapshots hold no statistics."""
    state = snapshot.restore([b85decode(_HEAD), b85decode(_PEOPLE)])
    assert validate(state) == []
    assert state.operators == replayed().operators
    assert (state.province, state.decided_count, state.model.revision) == (ProvinceCode("fujian"), 1, 0)


def test_a_decision_of_the_version_before_can_be_reviewed() -> None:
    """The first reviews after an upgrade are of decisions made before it."""
    branch = Branch()
    branch.province.state = replayed()
    branch.shadow = replayed()
    closed = branch.closed(TaskId("fujian-1"))
    assert (closed.state, closed.spec.prior_reason) == (TaskState.COMPLETED, PriorReason.NONE)
    reply = branch.did(review(closed.task_id), ReviewReply)
    assert (reply.reviewed.operator, reply.reviewed.signed_in_for_ms) == ("chen", 0)


def test_a_task_of_the_version_before_keeps_its_promise() -> None:
    """What was learned of it, and the rounds in which it was matched, would come out another way when its journal is read again."""
    state = Branch().state
    [event] = codec.decode_events(b85decode(_ACCEPTED))
    apply(state, event)
    task = state.tasks[TaskId("fujian-1")]
    assert task.spec.accepted_at_branch_ms == START_MS - 3_600_000
    assert task.promised_from_ms == START_MS


def test_a_session_of_the_version_before_teaches_what_it_did() -> None:
    """The next snapshot, and the rounds held since, would come out another way when its journal is read again."""
    state = replayed()
    [event] = codec.decode_events(b85decode(_GONE))
    minutes = (event.at_ms - state.operators[OperatorId("chen")].signed_in_ms) / 60_000
    apply(state, event)
    statistics = state.statistics
    stored = statistics.by_operator.record(statistics.rows[OperatorId("chen")])[OperatorCell.SIGNED_IN_MINUTES]
    assert minutes > 2 * 24 * 60
    assert stored / statistics.clock.work == pytest.approx(minutes)


def test_arrivals_and_decisions_of_the_version_before_count_when_they_did() -> None:
    """The next snapshot, and the rounds held since, would come out another way when its journal is read again."""
    state = Branch().state
    created, reached, noted = codec.decode_events(b85decode(_COUNTED))
    apply(state, created)
    arrivals = list(state.statistics.arrivals.record(0, Line.CLAIMS))
    assert arrivals[local_hour_of_week(START_MS)] > 0
    apply(state, reached)
    assert list(state.statistics.arrivals.record(0, Line.CLAIMS)) == arrivals
    apply(state, noted)
    assert state.statistics.today.record(0, Line.CLAIMS)[LineTodayCell.DECIDED] == 1
