"""A branch system and a desk, as small as a test needs them; unary calls only."""

import uuid

import grpc

from gateway.v1 import operator_pb2, task_pb2, task_pb2_grpc, work_pb2, work_pb2_grpc
from tests.integration.country import Country

#: A kind that the sample operators may do.
KIND = "claims-medical"


class Branch:
    """Creates and reads tasks of one province."""

    def __init__(self, channel: grpc.Channel, country: Country, province: str) -> None:
        self._tasks = task_pb2_grpc.TaskServiceStub(channel)
        self._metadata = country.token("branch", province)
        self._province = province

    def create(
        self, *, external_id: str = "", request_id: str = "", timeout_s: float = 10.0, **fields: object
    ) -> task_pb2.Task:
        """Create a task."""
        task = task_pb2.Task(kind=KIND, external_id=external_id or uuid.uuid4().hex)
        for name, value in fields.items():
            setattr(task, name, value)
        request = task_pb2.CreateTaskRequest(
            parent=f"provinces/{self._province}", task=task, request_id=request_id or uuid.uuid4().hex
        )
        return self._tasks.CreateTask(request, metadata=self._metadata, timeout=timeout_s)

    def cancel(self, name: str) -> None:
        """End a task undecided."""
        request = task_pb2.CancelTaskRequest(name=name, reason="the test is over", request_id=uuid.uuid4().hex)
        self._tasks.CancelTask(request, metadata=self._metadata, timeout=10)

    def get(self, name: str) -> task_pb2.Task:
        """Read a task, wherever it is."""
        return self._tasks.GetTask(task_pb2.GetTaskRequest(name=name), metadata=self._metadata, timeout=10)


class Desk:
    """One operator who fetches work and decides it."""

    def __init__(self, channel: grpc.Channel, country: Country, province: str, operator: str) -> None:
        self._work = work_pb2_grpc.WorkServiceStub(channel)
        self._metadata = country.token("desk", province)
        self.operator = f"provinces/{province}/operators/{operator}"

    def sign_in(self) -> work_pb2.Session:
        """Begin to work."""
        request = work_pb2.SignInRequest(
            operator=self.operator,
            desk_id="desk-1",
            presence=operator_pb2.PRESENCE_AVAILABLE,
            request_id=uuid.uuid4().hex,
        )
        return self._work.SignIn(request, metadata=self._metadata, timeout=10)

    def sign_out(self) -> work_pb2.Session:
        """Stop working."""
        request = work_pb2.SignOutRequest(operator=self.operator, request_id=uuid.uuid4().hex)
        return self._work.SignOut(request, metadata=self._metadata, timeout=10)

    def fetch(self) -> work_pb2.FetchNextTaskResponse:
        """Ask for the next task."""
        request = work_pb2.FetchNextTaskRequest(operator=self.operator, request_id=uuid.uuid4().hex)
        return self._work.FetchNextTask(request, metadata=self._metadata, timeout=10)

    def accept(self, task: str, token: int) -> work_pb2.Assignment:
        """Take an offered task."""
        request = work_pb2.AcceptOfferRequest(
            operator=self.operator, task=task, token=token, request_id=uuid.uuid4().hex
        )
        return self._work.AcceptOffer(request, metadata=self._metadata, timeout=10)

    def start(self, task: str, token: int) -> work_pb2.Assignment:
        """Begin a task in hand."""
        request = work_pb2.StartAssignmentRequest(
            operator=self.operator, task=task, token=token, request_id=uuid.uuid4().hex
        )
        return self._work.StartAssignment(request, metadata=self._metadata, timeout=10)

    def complete(self, task: str, token: int) -> task_pb2.TaskBrief:
        """Decide a task in hand."""
        request = work_pb2.CompleteAssignmentRequest(
            operator=self.operator,
            task=task,
            token=token,
            verdict=task_pb2.VERDICT_APPROVED,
            request_id=uuid.uuid4().hex,
        )
        return self._work.CompleteAssignment(request, metadata=self._metadata, timeout=10)
