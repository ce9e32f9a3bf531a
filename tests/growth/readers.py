"""Every reader of a caller's or a provider's text, as something that one text can be given to."""

from tests.growth import (
    readers_batches,
    readers_endpoints,
    readers_formats,
    readers_gateway,
    readers_optimizer,
    readers_others,
    readers_responses,
    readers_surfaces,
    readers_unrouted,
)
from tests.growth.reader import Reader


def readers() -> list[Reader]:
    """All of them. What no entry here reaches has to be excused in `tests/growth/reached.py`."""
    return [
        *readers_optimizer.steps(),
        *readers_optimizer.requests(),
        *readers_others.cache(),
        *readers_others.router(),
        *readers_others.auth(),
        *readers_gateway.clients(),
        *readers_endpoints.endpoints(),
        *readers_responses.responses(),
        *readers_endpoints.counting(),
        *readers_gateway.providers(),
        *readers_unrouted.unrouted(),
        *readers_batches.batches(),
        *readers_formats.formats(),
        *readers_surfaces.requests(),
        *readers_surfaces.answers(),
    ]
