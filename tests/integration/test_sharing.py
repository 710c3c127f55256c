"""Work that nobody at home can take up finds somebody elsewhere: the real coordinator, two real provinces, one desk."""

import grpc

from gateway.v1 import task_pb2
from tests.integration.branch import Branch, Desk
from tests.integration.country import Country
from tests.integration.until import until


def test_work_goes_to_where_somebody_is_on_duty_and_its_outcome_comes_home(country: Country) -> None:
    """Would break if summaries, plan, advice or moves did not fit together: the task would wait at home for ever."""
    with grpc.insecure_channel(country.grpc) as channel:
        branch, desk = Branch(channel, country, "fujian"), Desk(channel, country, "jiangxi", "jiangxi-op-1")
        # Others of fujian's tasks wait since earlier tests: the most urgent leaves first, for whom the desk has room.
        name = branch.create(priority=9, green_channel=True).name
        tokens: list[int] = []

        def taken() -> bool:
            # Signing in again is also a sign of life, and tells what was offered.
            session = desk.sign_in()
            tokens.extend(desk.accept(name, offer.token).token for offer in session.offers if offer.task.name == name)
            tokens.extend(assignment.token for assignment in session.assignments if assignment.task.name == name)
            return bool(tokens)

        until(taken, within_s=20)
        shared = branch.get(name)
        assert (shared.host_province, shared.placement) == ("jiangxi", task_pb2.PLACEMENT_SHARED)
        desk.start(name, tokens[-1])
        desk.complete(name, tokens[-1])
        desk.sign_out()
        decided = branch.get(name)
        assert decided.state == task_pb2.TASK_STATE_COMPLETED
        assert (decided.home_province, decided.decision.operator) == ("fujian", desk.operator)
