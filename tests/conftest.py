"""Fixtures that every layer of tests may use, and how many examples a property is tried with."""

import functools
import gc
import os
from collections.abc import Iterator
from typing import Any

import httpx._transports.default
import httpx2._transports.default
import pytest
import structlog
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


def pytest_collection_finish() -> None:
    """Ten thousand collected tests are a million objects: to look through them at each full collection stops everything for a
    second, in the middle of whatever has a deadline.
    """
    gc.collect()
    gc.freeze()


# Each client of an SDK reads the machine's certificates anew, which takes longer than most tests; none of them speaks TLS with these.
for transport in (httpx._transports.default, httpx2._transports.default):
    transport.create_ssl_context = functools.cache(transport.create_ssl_context)  # type: ignore[assignment,attr-defined,misc]

_configure = structlog.configure


def _configure_uncached(**options: Any) -> None:
    """A logger that is kept on its first use keeps the configuration of the test that used it, and the next test sees no lines."""
    _configure(**{**options, "cache_logger_on_first_use": False})


structlog.configure = _configure_uncached  # type: ignore[assignment]  # it takes the same options by name


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """What one test configures is not the next one's."""
    configured, before = structlog.is_configured(), structlog.get_config()
    yield
    if configured:
        structlog.configure(**before)
    elif structlog.is_configured():
        structlog.reset_defaults()
