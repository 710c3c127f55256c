import subprocess
import sys

import numpy as np

from actors.core.matching.assignment.kernel import dense_kernel

PROGRAM = """
import sys
import numpy as np
from actors.core.matching.assignment.result import Method
from actors.core.matching.assignment.solving import solve

wanted = np.arange(200.0) + np.zeros((150, 1))
everyone, one_each = np.ones(wanted.shape, bool), np.ones(200, np.int64)
methods = {solve(wanted[:tasks], everyone[:tasks], one_each).method for tasks in (1, 100, 150)}
assert methods == {Method.SINGLE, Method.DENSE, Method.SPARSE}, methods
print([name for name in ("scipy.optimize", "scipy.sparse", "scipy.linalg") if name in sys.modules])
"""


def test_a_provinces_rounds_do_not_import_scipy() -> None:
    """Else each of 36 province actors would pay seconds and 33 to 49 MB for one small function."""
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=60)
    assert (run.returncode, run.stdout.strip()) == (0, "[]"), run.stderr


def test_the_kernel_loaded_alone_is_scipys() -> None:
    """A later scipy may move it; then the public function must answer all the same."""
    rows, columns = dense_kernel()(np.array([[1.0, 5.0, 2.0], [9.0, 8.0, 3.0]]), True)
    assert (rows.tolist(), columns.tolist()) == ([0, 1], [1, 0])
