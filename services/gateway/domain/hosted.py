"""Requests whose answers the provider looks up while it answers: on the web, in files, in a shell, through MCP."""

import re

import msgspec

from services.gateway.domain.chat import Chat

# Tools that the client runs itself: what they find comes back in a message, which is part of the request.
_CLIENTS_OWN = frozenset(("function", "custom"))
# Fields by which providers and the servers that speak OpenAI's format are instructed to search, to fetch or to run something.
_FIELDS = frozenset(
    """web_search_options web_search enable_search search_parameters search_options search_mode data_sources plugins mcp_servers
    container code_execution extra_body""".split()
)
# Models that always do.
_MODELS = re.compile(r"search|sonar|:online\b|deep-research|\bcompound\b")


def hosted(chat: Chat) -> bool:
    """Whether the provider may look at anything but the request."""
    tools = chat.fields.tools or ()
    if any(tool.get("type", "function") not in _CLIENTS_OWN or not _CLIENTS_OWN & tool.keys() for tool in tools):
        return True
    if searches(chat.fields.model):
        return True
    # An empty object switches a search on; null, false and an empty list do not.
    return any(msgspec.json.decode(chat.raw[name]) not in (None, False, []) for name in _FIELDS & chat.raw.keys())


def searches(model: str) -> bool:
    """Whether a model of this name looks things up by itself."""
    return _MODELS.search(model.lower()) is not None
