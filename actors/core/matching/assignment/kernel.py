"""Scipy's two assignment kernels, each loaded as lightly as it goes.

`dense`: Crouse's shortest augmenting paths over a rectangle (2016), one small extension module that needs numpy alone. Importing it by
its public name, `scipy.optimize.linear_sum_assignment`, runs all of scipy.optimize: 2.5 s and 49 MB more, measured, in each of 36
province actors. Loading the one file takes 3 ms and .2 MB. Should a later scipy keep it elsewhere, the public name is the way.

`sparse`: Jonker and Volgenant's paths over lists of pairs, `scipy.sparse.csgraph`: 1.1 s and 33 MB, measured on a busy
machine, paid once by whoever meets an instance of many hundred tasks and people, thus not by province actors.

Refused: lapx (squares a rectangle: 8 to 12 ms against 1.7 ms at 50 x 200, contended; at 500 x 1,000 its best of four functions was a quarter
faster, but there prices come first anyway, and it would be one dependency more); a loop of our own over numpy rows
(every step of every path would be several numpy calls of a microsecond and more).
"""

import importlib
from collections.abc import Callable
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from actors.core.matching.assignment.result import FloatArray, IntArray

DenseKernel: TypeAlias = Callable[[FloatArray, bool], tuple[IntArray, IntArray]]
SparseKernel: TypeAlias = Callable[
    [FloatArray, NDArray[np.int32], NDArray[np.int32], tuple[int, int]], tuple[IntArray, IntArray]
]


@cache
def dense_kernel() -> DenseKernel:
    """Returns `kernel(gains, maximize) -> (rows, columns)`: every row of the shorter side gets a column of its own."""
    module = _module_alone("scipy", "optimize", "_lsap") or importlib.import_module("scipy.optimize")
    return cast(DenseKernel, module.linear_sum_assignment)


@cache
def sparse_kernel() -> SparseKernel:
    """Returns `kernel(gains, columns, row_starts, shape) -> (rows, columns)`: every row gets a column, gains must not be zero."""
    sparse = importlib.import_module("scipy.sparse")
    graphs = importlib.import_module("scipy.sparse.csgraph")

    def kernel(
        gains: FloatArray, columns: NDArray[np.int32], row_starts: NDArray[np.int32], shape: tuple[int, int]
    ) -> tuple[IntArray, IntArray]:
        graph = sparse.csr_array((gains, columns, row_starts), shape=shape)
        return graphs.min_weight_full_bipartite_matching(graph, maximize=True)

    return kernel


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
