"""What gateways share with each other: tool calls between two turns, rate limits, and who else is there."""

import msgspec

from libs.common.contracts.base import Bucket, Event, Tally

TURNS = Bucket("promptly_turns", 86_400.0)
RATE = Tally("PROMPTLY_RATE", 180.0, on_disk=True)  # a server that is started again must not forgive a minute


class GatewayAlive(msgspec.Struct, frozen=True, kw_only=True):
    """One gateway, every few seconds; `id` is its own since it started."""

    id: str


GATEWAY_ALIVE: Event[GatewayAlive] = Event("promptly.v1.events.gateway.alive", GatewayAlive, False)
