"""What auth needs from the outside, as small Protocols."""

from services.auth.ports.ledger import Ledger, OnceRecord, OnceRecords
from services.auth.ports.outside import (
    Announcer,
    Charges,
    IdentityProvider,
    Later,
    Limits,
    Mailer,
    Passwords,
    States,
    Tokens,
)
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
    "Charges",
    "Configuration",
    "Erasures",
    "IdentityProvider",
    "Invites",
    "Later",
    "Ledger",
    "Limits",
    "Mailer",
    "OnceRecord",
    "OnceRecords",
    "Passwords",
    "ProviderKeys",
    "States",
    "Tickets",
    "Tiers",
    "Tokens",
    "Tx",
    "UnitOfWork",
]
