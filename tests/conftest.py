"""Fixtures that every layer of tests may use."""

pytest_plugins = ["tests.fixtures.model", "tests.fixtures.gateway", "tests.fixtures.nats", "tests.fixtures.postgres"]
