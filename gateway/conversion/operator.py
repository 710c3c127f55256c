"""Operators and task kinds, both ways."""

import hashlib

import msgspec

from actors.core.country import TaskKind
from actors.core.ids import KindId, OperatorId, ProvinceCode, SiteId
from actors.core.operators import Certificate, KindExperience, Operator, Shift
from actors.core.replies import SessionReply
from actors.core.task import Task, TaskState
from gateway import names
from gateway.conversion.enums import LINES_IN, LINES_OUT, PRESENCES_OUT
from gateway.conversion.task import skills_in, skills_out
from gateway.v1 import operator_pb2


def operator_in(operator: OperatorId, province: ProvinceCode, entry: operator_pb2.Operator) -> Operator:
    """A roster entry. The message has passed `validation`; output-only fields are ignored.

    Args:
        operator: domain id, from the name or from CreateOperator's operator_id.
        province: whose roster it is.
    """
    return Operator(
        operator=operator,
        province=province,
        # Desks of operators without a site stand together: the province's only site bears its name.
        site=SiteId(entry.site or province),
        display_name=entry.display_name,
        team=entry.team,
        kinds={KindId(kind.kind): _experience_in(kind) for kind in entry.kinds},
        authority={LINES_IN[authority.line]: authority.level for authority in entry.authorities},
        skills=skills_in(entry.skills),
        local_rule_provinces=tuple(ProvinceCode(code) for code in entry.local_rule_provinces),
        clearance=entry.clearance or 1,
        languages=tuple(entry.languages),
        capacity=entry.capacity or 1,
        share_opt_in=entry.share_opt_in,
        auto_accept=entry.auto_accept,
        probation=entry.probation,
        certificates=tuple(Certificate(LINES_IN[held.line], held.expire_time_ms) for held in entry.certificates),
        hired_ms=entry.hire_time_ms,
        training_hours_90d=entry.training_hours_90d,
        hourly_cost_fen=entry.hourly_cost_fen,
        daily_quota_milli=entry.daily_quota_milli,
        shift=_shift_in(entry.shift) if entry.HasField("shift") else None,
        conflicts=tuple(entry.conflicts),
        training_kinds=tuple(KindId(kind) for kind in entry.training_kinds),
        mentor=entry.mentor,
    )


def _shift_in(shift: operator_pb2.Shift) -> Shift:
    return Shift(shift.start_minute, shift.end_minute, shift.break_start_minute, shift.break_end_minute)


def _shift_out(shift: Shift) -> operator_pb2.Shift:
    return operator_pb2.Shift(
        start_minute=shift.start_minute,
        end_minute=shift.end_minute,
        break_start_minute=shift.break_start_minute,
        break_end_minute=shift.break_end_minute,
    )


def _experience_in(kind: operator_pb2.KindExperience) -> KindExperience:
    # Nobody passes none of their checks: 0 says that there were none, with or without experience.
    return KindExperience(done_count=kind.experience_count, quality_permille=kind.quality_permille or -1)


def operator_out(person: Operator) -> operator_pb2.Operator:
    """A roster entry with its presence."""
    return operator_pb2.Operator(
        name=names.operator_name(person.operator),
        operator_id=names.operator_local_id(person.operator),
        province=person.province,
        site=person.site,
        display_name=person.display_name,
        kinds=[
            operator_pb2.KindExperience(
                kind=kind, experience_count=done.done_count, quality_permille=max(0, done.quality_permille)
            )
            for kind, done in person.kinds.items()
        ],
        authorities=[
            operator_pb2.LineAuthority(line=LINES_OUT[line], level=level) for line, level in person.authority.items()
        ],
        skills=skills_out(person.skills),
        local_rule_provinces=person.local_rule_provinces,
        clearance=person.clearance,
        languages=person.languages,
        capacity=person.capacity,
        share_opt_in=person.share_opt_in,
        auto_accept=person.auto_accept,
        probation=person.probation,
        team=person.team,
        etag=person.etag,
        presence=PRESENCES_OUT[person.presence],
        certificates=[
            operator_pb2.Certificate(line=LINES_OUT[held.line], expire_time_ms=held.expires_ms)
            for held in person.certificates
        ],
        hire_time_ms=person.hired_ms,
        training_hours_90d=person.training_hours_90d,
        hourly_cost_fen=person.hourly_cost_fen,
        daily_quota_milli=person.daily_quota_milli,
        shift=_shift_out(person.shift) if person.shift else None,
        conflicts=person.conflicts,
        training_kinds=person.training_kinds,
        mentor=person.mentor,
    )


def operator_brief_out(person: Operator, *, created: bool) -> operator_pb2.OperatorBrief:
    """An operator's name and version after a write."""
    return operator_pb2.OperatorBrief(name=names.operator_name(person.operator), etag=person.etag, created=created)


def workload_out(reply: SessionReply) -> operator_pb2.OperatorWorkload:
    """What an operator holds now."""
    person, held = reply.operator, sorted(reply.held, key=lambda task: (task.held_since_ms, task.token))
    return operator_pb2.OperatorWorkload(
        operator=names.operator_name(person.operator),
        presence=PRESENCES_OUT[person.presence],
        capacity=person.capacity,
        offered_count=_count(held, TaskState.OFFERED),
        assigned_count=_count(held, TaskState.ASSIGNED),
        in_progress_count=_count(held, TaskState.IN_PROGRESS),
        tasks=[names.task_name(task.task_id) for task in held],
        sign_in_time_ms=person.signed_in_ms if person.signed_in else 0,
    )


def _count(tasks: list[Task], state: TaskState) -> int:
    return sum(task.state is state for task in tasks)


def kind_in(kind: KindId, entry: operator_pb2.TaskKind, *, standard_revision: int = 1) -> TaskKind:
    """A task kind. The message has passed `validation`; output-only fields are ignored."""
    return TaskKind(
        kind=kind,
        line=LINES_IN[entry.line],
        display_name=entry.display_name,
        display_name_zh=entry.display_name_zh,
        standard_minutes=entry.standard_minutes,
        sla_minutes=entry.sla_minutes,
        required_authority=entry.required_authority,
        required_skills=skills_in(entry.required_skills),
        tariff_fen=entry.tariff_fen,
        operating_standard=entry.operating_standard,
        operating_standard_revision=standard_revision,
        standard_minutes_by_complexity=tuple(entry.standard_minutes_by_complexity),
        breach_points=entry.breach_points,
    )


def kind_out(kind: TaskKind) -> operator_pb2.TaskKind:
    """A task kind with its operating standard."""
    return operator_pb2.TaskKind(
        name=names.kind_name(kind.kind),
        task_kind_id=kind.kind,
        display_name=kind.display_name,
        display_name_zh=kind.display_name_zh,
        line=LINES_OUT[kind.line],
        standard_minutes=kind.standard_minutes,
        sla_minutes=kind.sla_minutes,
        required_authority=kind.required_authority,
        required_skills=skills_out(kind.required_skills),
        tariff_fen=kind.tariff_fen,
        operating_standard=kind.operating_standard,
        operating_standard_revision=kind.operating_standard_revision,
        etag=kind_etag(kind),
        standard_minutes_by_complexity=kind.standard_minutes_by_complexity,
        breach_points=kind.breach_points,
    )


def kind_etag(kind: TaskKind) -> str:
    """Opaque mark of a kind's content; the table of kinds has one revision for all, which would change with every other kind."""
    return hashlib.blake2b(msgspec.msgpack.encode(kind), digest_size=8).hexdigest()
