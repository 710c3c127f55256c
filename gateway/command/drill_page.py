"""A drill's report as one self-contained page: figures, who helped, and a timeline drawn as inline SVG. No script, nothing from elsewhere."""

import html
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import gmtime, strftime

from actors.core.drills.figures import FIGURES
from gateway.command.drill_outcome import outcome_of, shown_figure, shown_value, verdict_of
from gateway.v1 import drill_pb2

#: Size of the picture and the room around its curve, pixels.
WIDTH, HEIGHT = 920, 300
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 120, 40
#: Local time of the reports: Asia/Shanghai has had no summer time since 1991.
SHANGHAI_S = 8 * 3600

MOMENTS = {
    "started": "started 开始",
    "struck": "fault 故障",
    "served": "served again 恢复服务",
    "detected": "detected 发现",
    "first_reassigned": "first reassigned 首件改派",
    "all_moved": "all moved 全部转出",
    "lifted": "fault gone 解除",
    "recovered": "recovered 恢复",
    "settled": "settled 结束观察",
    "peak": "longest wait 等候最长",
    "eased": "waits are back 等候回落",
}
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:960px;color:#1c2733;background:#fff}
table{border-collapse:collapse;width:100%;margin:1em 0}td,th{border-bottom:1px solid #d8dee6;padding:.35em .6em;text-align:left}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.ok{color:#0a6b3d}.missed{color:#b3261e;font-weight:bold}
svg{width:100%;height:auto}svg text{font:11px system-ui,sans-serif;fill:#1c2733}
"""


def write_page(path: Path, drill: drill_pb2.Drill) -> None:
    """Write the page of a drill."""
    path.write_text(page_of(drill), encoding="utf-8")


def page_of(drill: drill_pb2.Drill) -> str:
    """The page as text."""
    outcome = outcome_of(drill)
    mark = "ok" if outcome["passed"] else "missed"
    title = f"{drill.name} · {outcome['kind']} · {outcome['province']}"
    parts = [
        f'<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>{_text(title)}</title>',
        f"<style>{_STYLE}</style></head><body><h1>{_text(title)}</h1>",
        f'<p class="{mark}">{_text(verdict_of(outcome))}</p>',
        f"<p>{_text(_when(drill.start_time_ms))} · {_text(drill.creator)}</p>",
        f"<p>{_text(drill.reason)}</p>" if drill.reason else "",
        _picture(drill),
        _figures(drill),
        _helpers(drill),
        "".join(f"<p>{_text(note)}</p>" for note in drill.report.notes),
        "</body></html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _text(value: object) -> str:
    return html.escape(str(value))


def _when(at_ms: int) -> str:
    return strftime("%Y-%m-%d %H:%M:%S", gmtime(at_ms / 1000 + SHANGHAI_S)) + " Asia/Shanghai" if at_ms else "not begun"


def _figures(drill: drill_pb2.Drill) -> str:
    values = {one.figure: one.value for one in drill.report.figures}
    judged = {one.objective.figure: one for one in drill.report.judgements}
    rows = [
        _row(figure, values.get(figure), judged.get(figure))
        for figure in FIGURES
        if figure in values or figure in judged
    ]
    head = "<tr><th>figure 指标</th><th>what it is</th><th class='n'>target 目标</th><th class='n'>measured 实测</th><th></th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"


def _row(figure: str, value: int | None, judgement: drill_pb2.DrillJudgement | None) -> str:
    target = verdict = mark = ""
    if judgement is not None:
        bound, is_upper = judgement.objective, judgement.objective.HasField("at_most")
        target = f"{'≤' if is_upper else '≥'} {shown_value(figure, bound.at_most if is_upper else bound.at_least)}"
        verdict, mark = ("ok", "ok") if judgement.met else ("missed 未达标", "missed")
    shown = "–" if value is None else shown_value(figure, value)
    return (
        f"<tr><td>{_text(shown_figure(figure)[0])}</td><td>{_text(FIGURES[figure])}</td><td class='n'>{_text(target)}</td>"
        f"<td class='n'>{_text(shown)}</td><td class='{mark}'>{_text(verdict)}</td></tr>"
    )


def _helpers(drill: drill_pb2.Drill) -> str:
    rows = "".join(
        f"<tr><td>{_text(helper.province)}</td><td class='n'>{helper.task_count}</td></tr>"
        for helper in drill.report.helpers
    )
    return f"<table><tr><th>helped 承接省</th><th class='n'>tasks 件数</th></tr>{rows}</table>" if rows else ""


def _picture(drill: drill_pb2.Drill) -> str:
    """Tasks taken over in the course of time, and of a surge the waits, with a line for every moment."""
    moments = list(drill.report.timeline)
    if not moments:
        return ""
    first, last = moments[0].time_ms, max(moments[-1].time_ms, moments[0].time_ms + 1)
    lines = "".join(_lines(moments, first, last))
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="timeline">{_fault(drill, first, last)}{lines}'
        f"{_curve(drill, first, last)}{_waits(drill, first, last)}{_axis(first, last)}</svg>"
    )


def _x(at_ms: int, first: int, last: int) -> float:
    place = min(max(at_ms, first), last) - first
    return round(LEFT + (WIDTH - LEFT - RIGHT) * place / (last - first), 1)


def _lines(moments: list[drill_pb2.DrillMoment], first: int, last: int) -> Iterator[str]:
    for place, moment in enumerate(moments):
        x, y = _x(moment.time_ms, first, last), 14 + 13 * place
        # Labels of the right half stand left of their line.
        anchor, shift = ("end", -4) if x > WIDTH / 2 else ("start", 4)
        label = f"{MOMENTS.get(moment.what, moment.what)} {(moment.time_ms - first) / 1000:.1f} s"
        yield f'<line x1="{x}" x2="{x}" y1="{y}" y2="{HEIGHT - BOTTOM}" stroke="#7a8797" stroke-dasharray="3 3"/>'
        yield f'<text x="{x + shift}" y="{y + 4}" text-anchor="{anchor}">{_text(label)}</text>'


def _fault(drill: drill_pb2.Drill, first: int, last: int) -> str:
    """The time in which the fault was there, as a shade."""
    if not drill.lift_time_ms:
        return ""
    left, right = _x(drill.strike_time_ms, first, last), _x(drill.lift_time_ms, first, last)
    return (
        f'<rect x="{left}" y="{TOP}" width="{max(1.0, right - left):.1f}" height="{HEIGHT - TOP - BOTTOM}" '
        f'fill="#f6d5d2"/>'
    )


def _curve(drill: drill_pb2.Drill, first: int, last: int) -> str:
    points = drill.report.moved
    if not points:
        return ""
    most = points[-1].task_count
    scale = (HEIGHT - TOP - BOTTOM) / most
    drawn = " ".join(
        f"{_x(drill.strike_time_ms + point.after_ms, first, last)},{HEIGHT - BOTTOM - point.task_count * scale:.1f}"
        for point in points
    )
    return (
        f'<polyline points="{drawn}" fill="none" stroke="#1f5fa8" stroke-width="2"/>'
        f'<text x="{LEFT - 6}" y="{TOP + 4}" text-anchor="end">{most}</text>'
        f'<text x="{LEFT - 6}" y="{HEIGHT - BOTTOM}" text-anchor="end">0</text>'
    )


def _waits(drill: drill_pb2.Drill, first: int, last: int) -> str:
    """Expected wait of a surge and its release threshold, on a scale of their own at the right."""
    points = drill.report.waits
    if not points:
        return ""
    most = max(1, *(max(point.wait_ms, point.release_ms) for point in points))
    scale = (HEIGHT - TOP - BOTTOM) / most

    def drawn(heights: Iterable[int], stroke: str) -> str:
        places = " ".join(
            f"{_x(drill.strike_time_ms + point.after_ms, first, last)},{HEIGHT - BOTTOM - height * scale:.1f}"
            for point, height in zip(points, heights, strict=True)
        )
        return f'<polyline points="{places}" fill="none" {stroke}/>'

    return (
        drawn((point.wait_ms for point in points), 'stroke="#b3261e" stroke-width="2"')
        + drawn((point.release_ms for point in points), 'stroke="#b3261e" stroke-dasharray="2 4"')
        + f'<text x="{WIDTH - RIGHT}" y="{TOP + 4}" text-anchor="end">{most / 1000:.0f} s expected wait 预计等候 (red; dotted: release 停止阈值)</text>'
    )


def _axis(first: int, last: int) -> str:
    y = HEIGHT - BOTTOM
    seconds = (last - first) / 1000
    return (
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#1c2733"/>'
        f'<text x="{LEFT}" y="{y + 16}">0 s</text>'
        f'<text x="{WIDTH - RIGHT}" y="{y + 16}" text-anchor="end">{seconds:.1f} s</text>'
        f'<text x="{LEFT}" y="{y + 32}">tasks taken over by other provinces 已由外省承接的件数</text>'
    )
