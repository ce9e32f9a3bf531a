"""What auth needs from the outside, as small Protocols."""

from services.auth.ports.outside import Announcer, IdentityProvider, Later, Limits, Mailer, Passwords, States, Tokens
from services.auth.ports.stores import (
    Accounts,
    ApiKeys,
    Configuration,
    Erasures,
    Invites,
    ProviderKeys,
    Tickets,
    Tiers,
    Tx,
    UnitOfWork,
)

__all__ = [
    "Accounts",
    "Announcer",
    "ApiKeys",
    "Configuration",
    "Erasures",
    "IdentityProvider",
    "Invites",
    "Later",
    "Limits",
    "Mailer",
    "Passwords",
    "ProviderKeys",
    "States",
    "Tickets",
    "Tiers",
    "Tokens",
    "Tx",
    "UnitOfWork",
]
