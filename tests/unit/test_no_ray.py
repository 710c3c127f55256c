import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["ray", "ray.actor", "ray.util"])
def test_importing_ray_fails_in_unit_tests(name: str) -> None:
    """Else a unit test could start a cluster unseen and take seconds instead of microseconds."""
    with pytest.raises(ModuleNotFoundError, match="ray"):
        importlib.import_module(name)


@pytest.mark.parametrize("package", ["actors/core", "gateway/v1", "loadtests"])
def test_importing_the_package_does_not_import_ray(package: str) -> None:
    """Else a desk or a load tester, which needs the stubs only, would pay a second and 45 MB for Ray."""
    modules = sorted(
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for file in (ROOT / package).rglob("*.py")
    )
    assert modules, f"{package} holds no module"
    program = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]: importlib.import_module(name)\n"
        "print(sorted(name for name in sys.modules if name.partition('.')[0] in ('ray', 'locust')))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, *modules],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (run.returncode, run.stdout.strip()) == (0, "[]"), run.stderr
