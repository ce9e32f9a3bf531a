"""The examples of all features by the struct that they are of, as the document shows them."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from services.auth.accounts import examples as accounts
from services.auth.alerts import examples as alerts
from services.auth.billing import examples as billing
from services.auth.budgets import examples as budgets
from services.auth.captures import examples as captures
from services.auth.experiments import examples as experiments
from services.auth.insights import examples as insights
from services.auth.issuers import examples as issuers
from services.auth.keys import examples as keys
from services.auth.optimization import examples as optimization
from services.auth.reports import examples as reports
from services.auth.routing import examples as routing
from services.auth.sessions import examples as sessions
from services.auth.status import examples as status
from services.auth.team import examples as team
from services.auth.teams import examples as teams
from services.auth.webhooks import examples as webhooks

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_FEATURES: Final = (
    *(accounts, alerts, billing, budgets, captures, experiments, insights, issuers, keys, optimization),
    *(reports, routing, sessions, status, team, teams, webhooks),
)
_EXAMPLES: Final[Mapping[type[msgspec.Struct], msgspec.Struct]] = {
    type(example): example for feature in _FEATURES for example in feature.EXAMPLES
}
_ENTRY: Final = _ENCODER.encode(insights.ENTRY).decode()
STREAM: Final = f": here you are\n\nevent: request\nid: {insights.ENTRY.id}\ndata: {_ENTRY}\n\n"


def example_of(shape: type[msgspec.Struct], *, sent: bool) -> Any:
    """The example of a struct as JSON values; of one that clients send without the fields that they may leave out. `KeyError`
    where no feature has one.
    """
    example = _EXAMPLES[shape]
    return msgspec.json.decode(_ENCODER.encode(_sent(example) if sent else example))


def _sent(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        fields = ((field, getattr(value, field.name)) for field in msgspec.structs.fields(value))
        return {field.encode_name: _sent(given) for field, given in fields if given != field.default}
    return [_sent(one) for one in value] if isinstance(value, list | tuple) else value
