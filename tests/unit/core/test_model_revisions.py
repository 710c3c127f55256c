import msgspec
import pytest

from actors.core import commands as c
from actors.core import events as e
from actors.core.country import Line
from actors.core.headquarters import AnyHqEvent, Headquarters, capture, decode_events, decode_snapshot, encode, restore
from actors.core.matching.model import MatchingModel, Weighting, trivial_model
from actors.core.matching.shipped import shipped_model
from actors.core.model_revisions import (
    MODEL_BYTES_MAX,
    MODEL_NOTES_MAX,
    MODEL_REVISIONS_MAX,
    VIOLATIONS_MAX,
    MatchingModelPut,
    ModelDecision,
    ModelRequest,
    ModelRevisions,
)
from actors.core.refusal import Reason, Refused
from actors.core.replies import Done
from actors.core.state import ProvinceState
from tests.unit.core.harness import FUJIAN, Branch


def ageing(per_minute: int) -> MatchingModel:
    """A model that differs from others in one number."""
    return msgspec.structs.replace(trivial_model(), ageing_per_minute=per_minute)


def asked(request_id: str = "", *, who: str = "ops:li", revision: int = 0, at_ms: int = 7) -> ModelRequest:
    """Who asks, and what they saw."""
    return ModelRequest(who=who, request_id=request_id, at_ms=at_ms, revision=revision)


def settle(models: ModelRevisions, decided: ModelDecision) -> MatchingModel | Reason:
    """Let it happen; the model that is answered with, or why not."""
    if isinstance(decided, Refused):
        assert decided.message
        return decided.reason
    if isinstance(decided, MatchingModelPut):
        models.apply(decided)
        return decided.model
    return decided


def put(models: ModelRevisions, per_minute: int, request: ModelRequest | None = None) -> MatchingModel | Reason:
    """Ask for `ageing(per_minute)` and let it happen."""
    return settle(models, models.put(ageing(per_minute), request or asked()))


def test_a_change_is_a_new_revision_and_the_old_one_stays() -> None:
    """A decision of last week could not be explained if its model had been overwritten."""
    models = ModelRevisions()
    assert (models.revision, models.current) == (0, None)
    for number in (1, 2, 3):
        stored = put(models, number * 100)
        assert isinstance(stored, MatchingModel)
        assert (stored.revision, stored.updated_ms, stored.updated_by) == (number, 7, "ops:li")
    assert [model.ageing_per_minute for model in models.before(0, 10)] == [300, 200, 100]
    found = models.find(2)
    assert isinstance(found, MatchingModel) and found.ageing_per_minute == 200
    assert models.current is models.find(0)


def test_the_same_content_again_is_no_revision() -> None:
    """A nightly job would push every older revision out of what is kept."""
    models = ModelRevisions()
    first = put(models, 100)
    assert put(models, 100, asked("other", at_ms=9)) == first
    assert models.revision == 1


def test_a_request_that_found_its_model_in_force_is_remembered() -> None:
    """Repeated after somebody else has changed the model, it would change it back."""
    hq, replayed = Headquarters(), Headquarters()

    def happen(per_minute: int, request: ModelRequest) -> MatchingModel | Reason:
        decided = hq.models.put(ageing(per_minute), request)
        if isinstance(decided, MatchingModelPut):
            for event in decode_events(encode([decided])):
                replayed.apply(event)
        return settle(hq.models, decided)

    first = happen(100, asked("a"))
    assert happen(100, asked("r", at_ms=9)) == first
    happen(200, asked("b"))
    for models in (hq.models, replayed.models, restore(decode_snapshot(encode(capture(hq)))).models):
        assert put(models, 100, asked("r", at_ms=10)) == first
        assert put(models, 201, asked("r")) is Reason.REQUEST_ID_REUSED
        assert put(models, 100, asked("a")) == first, "whoever made the revision is remembered, too"
        assert (models.revision, [model.ageing_per_minute for model in models.before(0, 9)]) == (2, [200, 100])


def test_requests_that_made_no_revision_are_bounded_and_go_with_what_they_found() -> None:
    """Everything has a named bound; and a note without its revision would be taken for one."""
    models = ModelRevisions()
    put(models, 1)
    for number in range(MODEL_NOTES_MAX + 1):
        put(models, 1, asked(f"r-{number}"))
    assert len(models.noted) == MODEL_NOTES_MAX
    for number in range(2, MODEL_REVISIONS_MAX + 2):
        put(models, number)
    assert models.noted == {}
    assert len(models.kept) == MODEL_REVISIONS_MAX


def test_a_revision_read_earlier_is_refused() -> None:
    """Two people at once: the second must see the first one's change."""
    models = ModelRevisions()
    put(models, 100)
    put(models, 200)
    assert put(models, 300, asked(revision=1)) is Reason.ETAG_MISMATCH
    assert settle(models, models.roll_back(1, asked(revision=1))) is Reason.ETAG_MISMATCH
    assert models.revision == 2


def test_a_repeated_request_is_done_once_although_the_revision_moved_on() -> None:
    """The retry of a change that succeeded would be refused: its own success has moved the revision on."""
    models = ModelRevisions()
    put(models, 100)
    changed = put(models, 200, asked("r", revision=1))
    put(models, 300)
    assert put(models, 200, asked("r", revision=1, at_ms=99)) == changed
    assert models.revision == 3
    assert put(models, 201, asked("r")) is Reason.REQUEST_ID_REUSED
    assert settle(models, models.roll_back(1, asked("r"))) is Reason.REQUEST_ID_REUSED
    assert isinstance(put(models, 201, asked("r", who="ops:wu")), MatchingModel)


def test_going_back_is_a_new_revision_with_the_old_content() -> None:
    """Numbers that go back would make provinces keep what was rolled back: they take over what is newer."""
    models = ModelRevisions()
    put(models, 100)
    put(models, 200)
    back = settle(models, models.roll_back(1, asked("b", at_ms=8)))
    assert isinstance(back, MatchingModel)
    assert (back.revision, back.ageing_per_minute, back.updated_ms) == (3, 100, 8)
    assert settle(models, models.roll_back(1, asked("b"))) == back
    assert settle(models, models.roll_back(99, asked())) is Reason.UNKNOWN_REVISION


def test_a_model_with_mistakes_is_refused_and_names_them() -> None:
    """Every province would decide by it within a second."""
    wrong = msgspec.structs.replace(
        trivial_model(),
        weightings={f"no_such_{number}": Weighting(curve=((0, 1),), weights={Line.CLAIMS: 1}) for number in range(20)},
    )
    refused = ModelRevisions().put(wrong, asked())
    assert isinstance(refused, Refused) and refused.reason is Reason.BAD_MODEL
    assert len(refused.metadata) == VIOLATIONS_MAX
    assert refused.message == refused.metadata["violation_1"] == "no_such_0 is not a parameter."
    long = msgspec.structs.replace(trivial_model(), note="n" * MODEL_BYTES_MAX)
    refused = ModelRevisions().put(long, asked())
    assert isinstance(refused, Refused) and refused.reason is Reason.BAD_MODEL


def test_only_so_many_revisions_are_kept() -> None:
    """Everything has a named bound."""
    models = ModelRevisions()
    for number in range(1, MODEL_REVISIONS_MAX + 2):
        put(models, number, asked(f"r-{number}"))
    assert len(models.kept) == MODEL_REVISIONS_MAX
    assert [model.revision for model in models.before(3, 10)] == [2]
    for refused in (models.roll_back(1, asked()), models.find(1)):
        assert isinstance(refused, Refused) and refused.reason is Reason.UNKNOWN_REVISION
        assert (refused.metadata, "oldest that is kept is 2" in refused.message) == ({"oldest_revision": "2"}, True)
    never = models.find(MODEL_REVISIONS_MAX + 2)
    assert isinstance(never, Refused) and (never.reason, never.metadata) == (Reason.UNKNOWN_REVISION, {})
    assert isinstance(models.find(2), MatchingModel)


def test_the_next_headquarters_knows_the_revisions_and_their_requests() -> None:
    """A coordinator that forgot them would give revision 1 again, and provinces would not take it."""
    hq = Headquarters()
    events: list[AnyHqEvent] = []
    for number in (1, 2, 3):
        decided = hq.models.put(ageing(number), asked(f"r-{number}"))
        assert isinstance(decided, MatchingModelPut)
        hq.apply(decided)
        events.append(decided)
    replayed = Headquarters()
    for event in decode_events(encode(events)):
        replayed.apply(event)
    restored = restore(decode_snapshot(encode(capture(hq))))
    for again in (replayed, restored):
        assert list(again.models.kept.values()) == list(hq.models.kept.values())
        assert put(again.models, 2, asked("r-2")) == hq.models.find(2)
    old = encode(
        {name: value for name, value in msgspec.to_builtins(capture(Headquarters())).items() if name != "models"}
    )
    assert restore(decode_snapshot(old)).models.revision == 0


@pytest.mark.parametrize("model", [shipped_model(), trivial_model()], ids=["shipped", "trivial"])
def test_what_is_shipped_may_be_put(model: MatchingModel) -> None:
    """Somebody who reads the model and writes it back would be refused."""
    assert isinstance(ModelRevisions().put(model, asked()), MatchingModelPut)


def test_a_province_takes_over_what_is_newer_and_nothing_else() -> None:
    """A late message of the coordinator would put an old model in force again."""
    assert ProvinceState(FUJIAN).model == MatchingModel(revision=0)
    branch = Branch()
    model = msgspec.msgpack.decode(msgspec.msgpack.encode(shipped_model()), type=MatchingModel)
    newer = msgspec.structs.replace(model, revision=4)
    for offered, events in ((newer, 1), (newer, 0), (msgspec.structs.replace(model, revision=3), 0)):
        branch.did(c.AdoptMatchingModel(who="system:coordinator", model=offered), Done)
        assert len(branch.events) == events
    assert branch.log[-1] == e.MatchingModelAdopted(at_ms=branch.wall_ms, who="system:coordinator", model=newer)
    assert branch.state.model == newer
    assert branch.province.summary(branch.now).model_revision == 4
