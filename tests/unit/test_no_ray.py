import importlib
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["ray", "ray.actor", "ray.util"])
def test_importing_ray_fails_in_unit_tests(name: str) -> None:
    """Else a unit test could start a cluster unseen and take seconds instead of microseconds."""
    with pytest.raises(ModuleNotFoundError, match="ray"):
        importlib.import_module(name)


#: What runs in a Locust process. All other clients of the wire, those of Locust's users among them, run without.
LOCUST_SIDE = frozenset(
    {"loadtests.locustfile", "loadtests.locusts.front", "loadtests.locusts.link", "loadtests.locusts.play"}
)


def modules_of(package: str) -> list[str]:
    """The names of all modules below a folder."""
    return sorted(
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for file in (ROOT / package).rglob("*.py")
    )


def imported_with(modules: Iterable[str], *heavy: str) -> str:
    """Which modules of some heavy packages come along, as a list in text; imports happen in a process of their own."""
    program = (
        "import importlib, sys\n"
        "*names, heavy = sys.argv[1:]\n"
        "for name in names: importlib.import_module(name)\n"
        "print(sorted(name for name in sys.modules if name.partition('.')[0] in heavy.split(',')))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, *modules, ",".join(heavy)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


@pytest.mark.parametrize("package", ["actors/core", "gateway/v1", "loadtests"])
def test_importing_the_package_does_not_import_ray(package: str) -> None:
    """Else a desk or a load tester, which needs the stubs only, would pay a second and 45 MB for Ray, or for Locust and its patches."""
    modules = [name for name in modules_of(package) if name not in LOCUST_SIDE]
    assert modules, f"{package} holds no module"
    assert imported_with(modules, "ray", "locust", "gevent") == "[]"


def test_what_runs_beside_locust_does_not_import_ray() -> None:
    """Locust's own processes are clients as well; and the list above must not name what is no longer there."""
    assert set(modules_of("loadtests")) >= LOCUST_SIDE
    assert imported_with(sorted(LOCUST_SIDE), "ray") == "[]"
