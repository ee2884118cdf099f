"""Loads the comparison of notebook outputs for every run of pytest.

It stands at the root because a run of ``pytest --nbval book`` reads the
conftest files from the root down to ``book`` and never enters ``tests``, where
the plugin lives beside its own tests.
"""

pytest_plugins = ["nbval_tolerance"]
