"""How long the hypothesis state machines run: short in every test run, longer on request.

`SHAREDOPS_MODEL_RUNS=50 pytest --timeout 0 tests/unit/core/test_province_model.py` runs fifty times as many examples, new ones every time, and makes
a failure as short as it can be, which may take minutes. The default is one round that always draws the same examples, so that a change of
the code, not of luck, makes it fail; what fails is printed as it was drawn.
"""

import os

from hypothesis import HealthCheck, Phase, settings

#: Name of the environment variable.
RUNS = "SHAREDOPS_MODEL_RUNS"
_SHORT = (Phase.explicit, Phase.reuse, Phase.generate)
_LONG = (*_SHORT, Phase.shrink)


def machine_settings(examples: int, steps: int) -> settings:
    """Settings of a machine that is held against the code.

    Args:
        examples: in the default run.
        steps: of one example, at most.
    """
    runs = int(os.environ.get(RUNS, "1"))
    return settings(
        max_examples=examples * runs,
        stateful_step_count=steps,
        deadline=None,
        derandomize=runs == 1,
        phases=_SHORT if runs == 1 else _LONG,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def hunt_settings(examples: int, steps: int) -> settings:
    """Settings for a machine that must find a planted fault: always the same examples, no shrinking, nothing kept."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
