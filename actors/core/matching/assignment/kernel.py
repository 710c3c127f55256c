"""Scipy's rectangular assignment kernel, without scipy.

The kernel (Crouse's shortest augmenting paths, 2016) is one small extension module that needs numpy alone. Importing it by its public
name, `scipy.optimize.linear_sum_assignment`, runs all of scipy.optimize: 2.5 s and 49 MB more, measured, in each of 36 province actors.
Loading the one file takes 3 ms and .2 MB. Should a later scipy keep it elsewhere, the public name is the way.

Refused: lapx (squares a rectangle: 10 ms against 1.7 ms at 50 x 200, contended, and no better beyond); a loop of our own over numpy rows
(every step of every path costs 10 us).
"""

import importlib
from collections.abc import Callable
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import Any, TypeAlias, cast

from actors.core.matching.assignment.result import FloatArray, IntArray

Kernel: TypeAlias = Callable[[FloatArray, bool], tuple[IntArray, IntArray]]


@cache
def assignment_kernel() -> Kernel:
    """Returns `kernel(gains, maximize) -> (rows, columns)`: every row of the shorter side gets a column of its own."""
    module = _module_alone("scipy", "optimize", "_lsap") or importlib.import_module("scipy.optimize")
    return cast(Kernel, module.linear_sum_assignment)


def _module_alone(package: str, *path: str) -> Any:
    """A module without running the packages above it; None if there is no such module."""
    spec, name = find_spec(package), package
    for part in path:
        name = f"{name}.{part}"
        spec = spec and PathFinder.find_spec(name, spec.submodule_search_locations)
    if spec is None or spec.loader is None:
        return None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
