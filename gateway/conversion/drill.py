"""Drills: what ops ask for in, the drill and its report out."""

from actors.core.drills.record import (
    Drill,
    DrillKind,
    DrillPhase,
    DrillReport,
    DrillSpec,
    DrillState,
    Judgement,
    Objective,
)
from actors.core.ids import ProvinceCode
from gateway import names
from gateway.v1 import drill_pb2

KINDS_OUT: dict[DrillKind, drill_pb2.DrillKind] = {
    DrillKind.SITE_OUTAGE: drill_pb2.DRILL_KIND_SITE_OUTAGE,
    DrillKind.SNOW: drill_pb2.DRILL_KIND_SNOW,
    DrillKind.ACTOR_KILL: drill_pb2.DRILL_KIND_ACTOR_KILL,
    DrillKind.ACTOR_FREEZE: drill_pb2.DRILL_KIND_ACTOR_FREEZE,
    DrillKind.COORDINATOR_KILL: drill_pb2.DRILL_KIND_COORDINATOR_KILL,
    DrillKind.GATEWAY_KILL: drill_pb2.DRILL_KIND_GATEWAY_KILL,
    DrillKind.GATEWAY_PARTITION: drill_pb2.DRILL_KIND_GATEWAY_PARTITION,
    DrillKind.REGIONAL: drill_pb2.DRILL_KIND_REGIONAL,
    DrillKind.SURGE: drill_pb2.DRILL_KIND_SURGE,
}
KINDS_IN: dict[int, DrillKind] = {wire: kind for kind, wire in KINDS_OUT.items()}

STATES_OUT: dict[DrillState, drill_pb2.DrillState] = {
    DrillState.PENDING: drill_pb2.DRILL_STATE_PENDING,
    DrillState.RUNNING: drill_pb2.DRILL_STATE_RUNNING,
    DrillState.SUCCEEDED: drill_pb2.DRILL_STATE_SUCCEEDED,
    DrillState.FAILED: drill_pb2.DRILL_STATE_FAILED,
    DrillState.ABORTED: drill_pb2.DRILL_STATE_ABORTED,
}
PHASES_OUT: dict[DrillPhase, drill_pb2.DrillPhase] = {
    DrillPhase.NONE: drill_pb2.DRILL_PHASE_UNSPECIFIED,
    DrillPhase.STRIKING: drill_pb2.DRILL_PHASE_STRIKING,
    DrillPhase.STRUCK: drill_pb2.DRILL_PHASE_STRUCK,
    DrillPhase.LIFTED: drill_pb2.DRILL_PHASE_LIFTED,
    DrillPhase.MEASURING: drill_pb2.DRILL_PHASE_MEASURING,
}

_DEFAULTS = DrillSpec(kind=DrillKind.SITE_OUTAGE)


def drill_in(drill: drill_pb2.Drill) -> DrillSpec:
    """What ops asked for. The message has passed `validation`."""
    return DrillSpec(
        kind=KINDS_IN[drill.kind],
        # Each once, in the order given.
        provinces=tuple(dict.fromkeys(ProvinceCode(code) for code in drill.provinces)),
        duration_ms=drill.duration_ms or _DEFAULTS.duration_ms,
        provinces_max=drill.provinces_max or _DEFAULTS.provinces_max,
        operators_max_permille=drill.operators_max_permille or _DEFAULTS.operators_max_permille,
        abort_below_permille=drill.abort_below_permille,
        may_overlap=drill.may_overlap,
        objectives=tuple(_objective_in(objective) for objective in drill.objectives),
        baseline_ms=drill.baseline_ms or _DEFAULTS.baseline_ms,
        factor_permille=drill.factor_permille or _DEFAULTS.factor_permille,
        shadow_tasks=drill.shadow_tasks,
        note=drill.note,
    )


def _objective_in(objective: drill_pb2.DrillObjective) -> Objective:
    return Objective(
        figure=objective.figure,
        at_most=objective.at_most if objective.HasField("at_most") else None,
        at_least=objective.at_least if objective.HasField("at_least") else None,
    )


def drill_out(drill: Drill) -> drill_pb2.Drill:
    """A drill; one that was only checked has no name."""
    spec = drill.spec
    return drill_pb2.Drill(
        name=names.drill_name(drill.drill_id) if drill.drill_id else "",
        kind=KINDS_OUT[spec.kind],
        provinces=spec.provinces,
        duration_ms=spec.duration_ms,
        provinces_max=spec.provinces_max,
        operators_max_permille=spec.operators_max_permille,
        abort_below_permille=spec.abort_below_permille,
        may_overlap=spec.may_overlap,
        objectives=[_objective_out(objective) for objective in spec.objectives],
        baseline_ms=spec.baseline_ms,
        factor_permille=spec.factor_permille if spec.factor_permille != _DEFAULTS.factor_permille else 0,
        shadow_tasks=spec.shadow_tasks,
        note=spec.note,
        state=STATES_OUT[drill.state],
        phase=PHASES_OUT[drill.phase],
        create_time_ms=drill.created_ms,
        creator=drill.created_by,
        start_time_ms=drill.started_ms,
        strike_time_ms=drill.struck_ms,
        lift_time_ms=drill.lifted_ms,
        end_time_ms=drill.ended_ms,
        reason=drill.reason,
        report=_report_out(drill.report) if drill.report is not None else None,
    )


def _objective_out(objective: Objective) -> drill_pb2.DrillObjective:
    return drill_pb2.DrillObjective(figure=objective.figure, at_most=objective.at_most, at_least=objective.at_least)


def _judgement_out(judgement: Judgement) -> drill_pb2.DrillJudgement:
    return drill_pb2.DrillJudgement(
        objective=_objective_out(judgement.objective), value=judgement.value, met=judgement.met
    )


def _report_out(report: DrillReport) -> drill_pb2.DrillReport:
    return drill_pb2.DrillReport(
        passed=report.passed,
        figures=[drill_pb2.DrillFigure(figure=figure, value=value) for figure, value in report.figures.items()],
        judgements=[_judgement_out(judgement) for judgement in report.judgements],
        helpers=[drill_pb2.DrillHelper(province=code, task_count=count) for code, count in report.helpers.items()],
        timeline=[drill_pb2.DrillMoment(time_ms=moment.at_ms, what=moment.what) for moment in report.timeline],
        moved=[drill_pb2.DrillMovedPoint(after_ms=after_ms, task_count=count) for after_ms, count in report.moved],
        waits=[
            drill_pb2.DrillWaitPoint(after_ms=after_ms, wait_ms=wait_ms, release_ms=release_ms)
            for after_ms, wait_ms, release_ms in report.waits
        ],
        notes=report.notes,
    )
