"""One country of three provinces for all tests of this folder that do not break the whole of it."""

from collections.abc import Iterator

import pytest

from tests.integration.country import Country, running


@pytest.fixture(scope="session")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    """Fujian, Jiangxi and Shandong, with two sample operators each."""
    data_dir = tmp_path_factory.mktemp("country") / "data"
    with running(data_dir, ("fujian", "jiangxi", "shandong")) as started:
        yield started
        assert started.stop() == 0
