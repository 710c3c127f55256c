"""ProvinceService: the state of a branch and how it shares work, for operations staff."""
# ruff: noqa: N802 - the contract names the methods

import asyncio

import msgspec

from actors import protocol
from actors.core import commands as c
from actors.core import records
from actors.core.country import ProvinceStatus, ShareOutMode
from actors.core.ids import ProvinceCode
from actors.core.policy_revisions import POLICY_REVISIONS_MAX
from actors.core.replies import Done, PolicyPreview, PolicyRevisionPage, ProvinceReply
from gateway import conversion, masks, names, pages, permissions, validation
from gateway.answers import Provinces, check_known, expect
from gateway.calls import Context, deadline_of
from gateway.errors import GatewayError, invalid
from gateway.filters import check_order, parse
from gateway.identity import caller
from gateway.merging import fingerprint_of, merge_until_current
from gateway.services import calendar
from gateway.services.flow_memory import flow_memory
from gateway.v1 import province_pb2, province_pb2_grpc
from gateway.validation.checks import located
from gateway.validation.province import POLICY_FIELDS, PROVINCE_FIELDS, WHOLE_POLICY

_SERVICE = "/sharedops.v1.ProvinceService/"
#: A read waits no longer for a province that does not answer, and says DEGRADED.
_READ_PATIENCE_S = 2.0
#: Revisions in a page when the request does not say.
_REVISIONS_DEFAULT = 20
#: Failures that mean: the actor does not answer now.
_SILENCE = ("UNAVAILABLE", "DEADLINE_EXCEEDED")


class ProvinceService(province_pb2_grpc.ProvinceServiceServicer):
    """Provinces, their sharing policies and their calendars."""

    def __init__(self, provinces: Provinces) -> None:
        self._provinces = provinces

    # --- reading ---

    async def GetProvince(self, request: province_pb2.GetProvinceRequest, context: Context) -> province_pb2.Province:
        """Read one province; DEGRADED when its actor does not answer."""
        validation.check(request)
        code = self._admit("GetProvince", names.parse_province(request.name), "name")
        return await self._shown(code, deadline_of(context))

    async def ListProvinces(
        self, request: province_pb2.ListProvincesRequest, context: Context
    ) -> province_pb2.ListProvincesResponse:
        """A page of the provinces; those that do not answer are DEGRADED."""
        validation.check(request)
        permissions.admit(caller(), f"{_SERVICE}ListProvinces")
        wanted = parse(request.filter, province_pb2.Province, ("state",))
        order = check_order(request.order_by, ("name", "state"))
        place = pages.first_place(request.page_token, request.filter, order)
        page_size, deadline = pages.page_size_of(request.page_size), deadline_of(context)
        codes = [ProvinceCode(code) for code in self._provinces.codes()]
        shown = await asyncio.gather(*(self._shown(code, deadline) for code in codes))
        found = sorted((province for province in shown if wanted.fits(province)), key=lambda p: _rank(p, order))
        left = [province for province in found if _rank(province, order) > (place.part, place.after)]
        response = province_pb2.ListProvincesResponse(provinces=left[:page_size])
        if len(left) > page_size:
            response.next_page_token = pages.next_token(place, *_rank(left[page_size - 1], order))
        return response

    async def GetSharingPolicy(
        self, request: province_pb2.GetSharingPolicyRequest, context: Context
    ) -> province_pb2.SharingPolicy:
        """Read a sharing policy."""
        validation.check(request)
        code = self._admit("GetSharingPolicy", names.parse_policy(request.name), "name")
        deadline = deadline_of(context)
        found = await self._read(code, deadline)
        return conversion.policy_shown(code, found, await self._approver(code, found.policy.revision, deadline))

    # --- state ---

    async def UpdateProvince(
        self, request: province_pb2.UpdateProvinceRequest, context: Context
    ) -> province_pb2.Province:
        """Change the names of a province."""
        validation.check(request)
        code = self._admit("UpdateProvince", names.parse_province(request.province.name), "province.name")
        deadline = deadline_of(context)

        async def attempt() -> protocol.Response:
            known = await self._read(code, deadline)
            changed = masks.merged(conversion.province_out(known), request.province, request.update_mask.paths)
            empty = [(field, "cannot be empty") for field in PROVINCE_FIELDS if not getattr(changed, field)]
            if empty:
                raise invalid(located("province", empty))
            command = c.ConfigureProvince(
                who=caller().who,
                request_id=request.request_id,
                fingerprint=fingerprint_of(request),
                settings=msgspec.structs.replace(
                    known.settings, display_name=changed.display_name, display_name_zh=changed.display_name_zh
                ),
                base=known.settings,
            )
            return await self._provinces.call(code, command, deadline=deadline)

        expect(await merge_until_current(attempt, is_pinned=False), Done)
        return conversion.province_out(await self._read(code, deadline))

    async def SuspendProvince(
        self, request: province_pb2.SuspendProvinceRequest, context: Context
    ) -> province_pb2.Province:
        """Stop handing out work."""
        validation.check(request)
        code = self._admit("SuspendProvince", names.parse_province(request.name), "name")
        return await self._set_status(code, ProvinceStatus.SUSPENDED, request, deadline_of(context))

    async def DrainProvince(
        self, request: province_pb2.DrainProvinceRequest, context: Context
    ) -> province_pb2.Province:
        """Work off what is there and take nothing new."""
        validation.check(request)
        code = self._admit("DrainProvince", names.parse_province(request.name), "name")
        return await self._set_status(code, ProvinceStatus.DRAINING, request, deadline_of(context))

    async def ResumeProvince(
        self, request: province_pb2.ResumeProvinceRequest, context: Context
    ) -> province_pb2.Province:
        """Go back to ACTIVE; after an evacuation by hand, to sharing by overflow. Other modes stay."""
        validation.check(request)
        code = self._admit("ResumeProvince", names.parse_province(request.name), "name")
        return await self._set_status(code, ProvinceStatus.ACTIVE, request, deadline_of(context), ends_evacuation=True)

    # --- sharing ---

    async def EvacuateProvince(
        self, request: province_pb2.EvacuateProvinceRequest, context: Context
    ) -> province_pb2.EvacuateProvinceResponse:
        """Give all movable work away, or show what would move: the sharing policy's mode EVACUATE."""
        validation.check(request)
        code = self._admit("EvacuateProvince", names.parse_province(request.name), "name")
        deadline = deadline_of(context)
        known = await self._read(code, deadline)
        preview = await self._evacuate(code, request, deadline)
        return province_pb2.EvacuateProvinceResponse(
            province=conversion.province_out(known),
            preview=conversion.preview_out(preview),
            proposal=conversion.proposal_out(code, preview.proposal),
        )

    async def UpdateSharingPolicy(
        self, request: province_pb2.UpdateSharingPolicyRequest, context: Context
    ) -> province_pb2.UpdateSharingPolicyResponse:
        """Put a new revision of the policy in force, or show what it would move."""
        validation.check(request)
        update = request.sharing_policy
        code = self._admit("UpdateSharingPolicy", names.parse_policy(update.name), "sharing_policy.name")
        deadline = deadline_of(context)

        async def attempt() -> protocol.Response:
            now = await self._read(code, deadline)
            policy = now.policy
            paths = masks.paths_of(request.update_mask.paths, update, POLICY_FIELDS)
            changed = masks.merged(conversion.policy_out(code, policy), update, paths)
            wrong = WHOLE_POLICY(changed) or self._unknown_hosts(changed)
            if wrong:
                raise invalid(located("sharing_policy", wrong))
            wanted = conversion.policy_in(changed)
            command = c.UpdateSharingPolicy(
                who=caller().who,
                # What is only shown must not use up the id of the change that may follow.
                request_id="" if request.validate_only else request.request_id,
                fingerprint=fingerprint_of(request),
                policy=wanted,
                revision=update.revision or now.policy_newest,
                validate_only=request.validate_only,
                reason=request.reason,
                memory=await flow_memory(self._provinces, wanted.share_out_mode, deadline),
            )
            return await self._provinces.call(code, command, deadline=deadline)

        reply = await merge_until_current(attempt, is_pinned=bool(update.revision))
        return conversion.policy_change_out(code, expect(reply, PolicyPreview, kinds_field="sharing_policy.kinds"))

    async def RollbackSharingPolicy(
        self, request: province_pb2.RollbackSharingPolicyRequest, context: Context
    ) -> province_pb2.UpdateSharingPolicyResponse:
        """Go back to an earlier revision, or show what that would move."""
        validation.check(request)
        code = self._admit("RollbackSharingPolicy", names.parse_policy(request.name), "name")
        command = c.RollBackSharingPolicy(
            who=caller().who,
            request_id="" if request.validate_only else request.request_id,
            to_revision=request.revision,
            validate_only=request.validate_only,
            reason=request.reason,
        )
        deadline = deadline_of(context)
        memory = await flow_memory(self._provinces, None, deadline)
        # What the coordinator remembers is no part of what was asked: a repetition must get the same answer.
        command = msgspec.structs.replace(command, fingerprint=records.fingerprint(command), memory=memory)
        return await self._changed(code, command, deadline)

    async def ApproveSharingPolicyChange(
        self, request: province_pb2.ApproveSharingPolicyChangeRequest, context: Context
    ) -> province_pb2.UpdateSharingPolicyResponse:
        """Put a change in force that somebody else has proposed."""
        validation.check(request)
        code = self._admit("ApproveSharingPolicyChange", names.parse_policy(request.name), "name")
        command = c.ApproveSharingPolicyChange(
            who=caller().who, request_id=request.request_id, proposal=request.proposal
        )
        return await self._changed(code, command, deadline_of(context))

    async def ListSharingPolicyRevisions(
        self, request: province_pb2.ListSharingPolicyRevisionsRequest, context: Context
    ) -> province_pb2.ListSharingPolicyRevisionsResponse:
        """A page of the revisions of a policy, the newest first."""
        validation.check(request)
        code = self._admit("ListSharingPolicyRevisions", names.parse_policy(request.name), "name")
        place = pages.first_place(request.page_token, request.name)
        command = c.ListSharingPolicyRevisions(
            before=pages.number_of(place),
            page_size=min(request.page_size or _REVISIONS_DEFAULT, POLICY_REVISIONS_MAX),
        )
        reply = await self._provinces.call(code, command, deadline=deadline_of(context))
        page = expect(reply, PolicyRevisionPage)
        response = province_pb2.ListSharingPolicyRevisionsResponse(
            revisions=[conversion.policy_revision_out(code, kept, page.in_force) for kept in page.revisions]
        )
        if page.has_more:
            response.next_page_token = pages.next_token(place, "", str(page.revisions[-1].policy.revision))
        return response

    # --- hours and days ---

    async def GetCalendar(self, request: province_pb2.GetCalendarRequest, context: Context) -> province_pb2.Calendar:
        """When a branch is open."""
        validation.check(request)
        code = self._admit("GetCalendar", names.parse_calendar(request.name), "name")
        return conversion.calendar_out(code, await calendar.get_calendar(self._provinces, code, deadline_of(context)))

    async def UpdateCalendar(
        self, request: province_pb2.UpdateCalendarRequest, context: Context
    ) -> province_pb2.Calendar:
        """Put a new revision of the calendar in force, or show what would be open."""
        validation.check(request)
        code = self._admit("UpdateCalendar", names.parse_calendar(request.calendar.name), "calendar.name")
        reply = await calendar.update_calendar(self._provinces, code, caller().who, request, deadline_of(context))
        return conversion.calendar_out(code, reply)

    # --- steps ---

    def _admit(self, method: str, code: ProvinceCode, field: str) -> ProvinceCode:
        permissions.check_province(caller(), f"{_SERVICE}{method}", code)
        check_known(self._provinces, code, field)
        return code

    async def _read(self, code: ProvinceCode, deadline: float) -> ProvinceReply:
        return expect(await self._provinces.call(code, c.GetProvince(), deadline=deadline), ProvinceReply)

    async def _approver(self, code: ProvinceCode, revision: int, deadline: float) -> str:
        """Who approved a revision of the policy; empty: nobody had to.

        It is asked for by itself and is no part of `ProvinceReply`: that is journaled, too, as the answer to a request id.
        """
        command = c.ListSharingPolicyRevisions(before=revision + 1, page_size=1)
        page = expect(await self._provinces.call(code, command, deadline=deadline), PolicyRevisionPage)
        return next((kept.approved_by for kept in page.revisions if kept.policy.revision == revision), "")

    async def _shown(self, code: ProvinceCode, deadline: float) -> province_pb2.Province:
        """The province, or that it does not answer: a picture with a gap beats no picture."""
        patience = min(deadline, asyncio.get_running_loop().time() + _READ_PATIENCE_S)
        try:
            return conversion.province_out(await self._read(code, patience))
        except GatewayError as error:
            if error.code.name not in _SILENCE:
                raise
            return conversion.degraded_province_out(code)

    async def _set_status(
        self,
        code: ProvinceCode,
        status: ProvinceStatus,
        request: province_pb2.SuspendProvinceRequest
        | province_pb2.DrainProvinceRequest
        | province_pb2.ResumeProvinceRequest,
        deadline: float,
        *,
        ends_evacuation: bool = False,
    ) -> province_pb2.Province:
        command = c.SetProvinceStatus(
            who=caller().who,
            request_id=request.request_id,
            status=status,
            reason=request.reason,
            ends_evacuation=ends_evacuation,
        )
        reply = await self._provinces.call(code, command, deadline=deadline)
        return conversion.province_out(expect(reply, ProvinceReply))

    async def _evacuate(
        self, code: ProvinceCode, request: province_pb2.EvacuateProvinceRequest, deadline: float
    ) -> PolicyPreview:
        """Change the mode of the policy, or only show what that would move."""

        async def attempt() -> protocol.Response:
            now = await self._read(code, deadline)
            policy = now.policy
            command = c.UpdateSharingPolicy(
                who=caller().who,
                # What is only shown must not use up the id of the change that may follow.
                request_id="" if request.validate_only else request.request_id,
                fingerprint=fingerprint_of(request),
                # At once and until further notice, whatever window is open now.
                policy=msgspec.structs.replace(
                    policy, share_out_mode=ShareOutMode.EVACUATE, effective_from_ms=0, effective_until_ms=0
                ),
                revision=now.policy_newest,
                validate_only=request.validate_only,
                reason=request.reason,
            )
            return await self._provinces.call(code, command, deadline=deadline)

        return expect(await merge_until_current(attempt, is_pinned=False), PolicyPreview)

    async def _changed(
        self,
        code: ProvinceCode,
        command: c.RollBackSharingPolicy | c.ApproveSharingPolicyChange,
        deadline: float,
    ) -> province_pb2.UpdateSharingPolicyResponse:
        """Carry out a change of the policy that merges nothing."""
        reply = await self._provinces.call(code, command, deadline=deadline)
        approved_by = command.who if isinstance(command, c.ApproveSharingPolicyChange) else ""
        return conversion.policy_change_out(code, expect(reply, PolicyPreview), approved_by)

    def _unknown_hosts(self, policy: province_pb2.SharingPolicy) -> list[tuple[str, str]]:
        known = frozenset(self._provinces.codes())
        return [
            (f"{field}[{place}]", f"there is no province {code}")
            for field in ("allowed_hosts", "blocked_hosts")
            for place, code in enumerate(getattr(policy, field))
            if code not in known
        ]


def _rank(province: province_pb2.Province, order: str) -> tuple[str, str]:
    return (f"state {province.state}" if order == "state" else "", province.name)
