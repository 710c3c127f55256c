"""What the outer supervisor knows of its gateway processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.core.ids import ProvinceCode
from actors.store import Store, open_store
from gateway.command.gateways import make_gateways


@pytest.fixture(name="store")
def new_store(tmp_path: Path) -> Iterator[Store]:
    """A store of one province."""
    store = open_store(tmp_path / "data", (ProvinceCode("fujian"),))
    yield store
    store.release()


def test_a_gateway_whose_file_was_cleared_away_is_still_known(store: Store, tmp_path: Path) -> None:
    """Systems that clear temporary files of some age took it after days: the watchdog heard no answer and ended every gateway at once."""
    address = "127.0.0.1:1"
    (gateway,) = make_gateways(store, tmp_path, grpc=address, consoles=[address], admission_per_second=0)
    said = tmp_path / "gateway-g1.json"
    assert not gateway.has_listened()
    said.touch()
    assert gateway.has_listened()
    said.unlink()
    assert gateway.has_listened()
