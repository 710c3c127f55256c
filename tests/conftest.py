"""What holds for every test: nobody else's cluster is joined, and the gate always draws the same examples."""

import os

from hypothesis import settings

for name in [name for name in os.environ if name.startswith("RAY_")]:
    del os.environ[name]

# A time limit per example would make a slow machine a failing one; pytest-timeout bounds the whole test.
settings.register_profile("developer", deadline=None, print_blob=True)
settings.register_profile("gate", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("gate" if os.environ.get("CI") else "developer")
