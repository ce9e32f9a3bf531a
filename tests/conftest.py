"""Fixtures that every layer of tests may use, and how many examples a property is tried with."""

import os

from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.fixtures.collector",
    "tests.fixtures.gateway",
    "tests.fixtures.model",
    "tests.fixtures.nats",
    "tests.fixtures.postgres",
    "tests.fixtures.running",
    "tests.fixtures.three_providers",
    "tests.fixtures.embeddings",
]

# PROMPTLY_EXAMPLES=2000 looks harder; a test that names a number of its own keeps to it.
# No property is refused for how long it took: that depends on what else the machine does.
settings.register_profile(
    "promptly",
    max_examples=int(os.environ.get("PROMPTLY_EXAMPLES", "100")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("promptly")
