"""Unit tests run without Ray: here `import ray` fails, and so does starting a Ray that other tests imported.

Importing is refused while a test file is collected, its fixtures are set up and the test runs, but not during
teardown, where a session's fixture (of integration tests in the same process) may still need Ray.
"""

import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

REASON = "Ray in a unit test: what needs Ray belongs to tests/integration"


@contextmanager
def _without_ray() -> Iterator[None]:
    """Makes `import ray` and its submodules raise ModuleNotFoundError, and a loaded `ray.init` raise."""
    loaded = {name: module for name, module in sys.modules.items() if name == "ray" or name.startswith("ray.")}
    ray: Any = loaded.get("ray")
    start = getattr(ray, "init", None)

    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError(REASON)

    for name in loaded:
        del sys.modules[name]
    # None is Python's own mark for "do not even look for it".
    sys.modules["ray"] = None  # pyright: ignore[reportArgumentType]
    if start is not None:
        ray.init = refuse
    try:
        yield
    finally:
        if start is not None:
            ray.init = start
        del sys.modules["ray"]
        sys.modules.update(loaded)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Collects test files, that is imports them, without Ray."""
    with _without_ray():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Sets fixtures of every scope up without Ray."""
    with _without_ray():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Runs the test without Ray."""
    with _without_ray():
        return (yield)
