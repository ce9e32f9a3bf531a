"""Fixtures that every layer of tests may use."""

pytest_plugins = [
    "tests.fixtures.collector",
    "tests.fixtures.gateway",
    "tests.fixtures.model",
    "tests.fixtures.nats",
    "tests.fixtures.postgres",
    "tests.fixtures.running",
]
