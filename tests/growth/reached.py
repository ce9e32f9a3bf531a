"""Which public functions take text, which of them the readers reach, and which nobody has to."""

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType, ModuleType
from typing import Any

_PACKAGES = (
    *("services.optimizer.domain", "services.cache.domain", "services.router.domain", "services.gateway.translate"),
    *("services.gateway.domain", "services.gateway.state", "services.gateway.providers", "services.gateway.endpoints"),
    "services.gateway.formats",
    "services.auth.domain",
    *(
        f"services.auth.{feature}.domain"
        for feature in ("accounts", "billing", "insights", "keys", "optimization", "routing", "team")
    ),
)
_MODULES = ("libs.common.tokens", "libs.common.conversation")
# What an annotation names where a parameter is, or holds, what a caller or a provider wrote.
_TEXT = (
    *(
        "str",
        "bytes",
        "Message",
        "Parsed",
        "Token",
        "Reading",
        "Chat",
        "Asked",
        "UserTurn",
        "RouteRequest",
        "Raw",
        "Any",
    ),
    *("Call", "Part", "Turn"),
)

_NAMES = "a model's, a provider's, a key's or a part's name, which the edge bounds"
_IDS = "our own ids and digests"
_SENTENCES = "writes a sentence or an error around a name"
_OPERATOR = "what an operator or an admin sets, within bounds that the door checks"
# Modules and functions that take no text of a caller's or a provider's, or none without a bound. Each has its reason.
EXCUSED: dict[str, str] = {
    "services.optimizer.domain.conversation.last_user": "looks at roles",
    "services.optimizer.domain.remembered": "decorates functions that read text themselves",
    "services.cache.domain.identity.pair_id_for": "a digest of two forms that the sketch bounds",
    "services.cache.domain.identity.block_id": _IDS,
    "services.cache.domain.identity.partition_key": _IDS,
    "services.cache.domain.identity.is_id": _IDS,
    "services.cache.domain.question.has_auxiliary": "a set operation on parsed words, reached where two questions share tenses",
    "services.cache.domain.words": "reads our own lists when a module is loaded",
    "services.router.domain.cost": _NAMES,
    "services.router.domain.decide.unreachable": _SENTENCES,
    "services.router.domain.knn": "reads the ends of a text, and vectors of one length",
    "services.router.domain.available_models": _NAMES,
    "services.gateway.translate.anthropic_content.unusable": _SENTENCES,
    "services.gateway.formats.json_fields.rejected": _SENTENCES,
    "services.gateway.domain.predicted.Prediction.refuse": "counts our own codes of errors",
    "services.gateway.domain.predicted.Prediction.skip": "the name of a service of ours",
    "services.gateway.formats.surface.counted": "the name of a field of ours",
    "services.gateway.translate.google_fields.unusable": _SENTENCES,
    "services.gateway.translate.errors": _SENTENCES,
    "services.gateway.translate.optimizing.tags": "metadata of 4 KiB at most",
    "services.gateway.translate.optimizing.body": _SENTENCES,
    "services.gateway.translate.google_models": _NAMES,
    "services.gateway.translate.google_openai.blocked": _SENTENCES,
    "services.gateway.translate.google_openai.Calls.sign": "puts a signature beside a call",
    "services.gateway.translate.google_errors.inside": "decodes one event as `failure` decodes an answer",
    "services.gateway.translate.openai_stream.OpenAIStream.ending": "our own metadata",
    "services.gateway.domain.attempts.client_error": _SENTENCES,
    "services.gateway.domain.aggregate": "adds up the parts of one request",
    "services.gateway.domain.models": _NAMES,
    "services.gateway.domain.holdout.lever_arms": "a digest of a digest",
    "services.gateway.state.usual_reasoning": _NAMES,
    "services.gateway.state.rate_windows": _NAMES,
    "services.gateway.state.refused_fields": _NAMES,
    "services.gateway.state.concurrency": _NAMES,
    "services.gateway.state.single_flight.SingleFlight.join": _IDS,
    "services.gateway.domain.plan.Plan.without": _NAMES,
    "services.gateway.providers.registry": _NAMES,
    "services.gateway.providers.base.Provider": "what each provider has in its own way",
    **{
        f"services.gateway.providers.{name}.provider.{kind}.{method}": "an address or a header, of names and a key"
        for name, kind in (("openai", "OpenAI"), ("anthropic", "Anthropic"), ("google", "Google"))
        for method in ("url", "models_url", "sign")
    },
    "services.gateway.providers.anthropic.provider.Anthropic.root": "an address that a key names",
    "services.gateway.domain.deferral.can_be_batched": "looks at two fields of a head, and at what `prefers_async` reads",
    "services.gateway.domain.deferred.status_url": _IDS,
    "services.gateway.endpoints.openai_chat.OpenAIChat.error": _SENTENCES,
    "services.gateway.domain.unit_pricing": _NAMES,
    "services.gateway.domain.passthrough.Operation.made": "ids of 128 characters at most",
    "services.cache.domain.identity.vector_id": _IDS,
    **{
        f"services.gateway.endpoints.openai_embeddings.OpenAIEmbeddings.{name}": "passes on, or writes an error"
        for name in ("cache_key", "decode", "with_metadata", "replay", "error", "stream_error")
    },
    "services.gateway.endpoints.openai_chat.OpenAIChat.stream_error": _SENTENCES,
    "services.gateway.endpoints.optimize.Optimize.error": _SENTENCES,
    **{
        f"services.gateway.endpoints.neutral.NeutralEndpoint.{method}": "what each format writes in its own way"
        for method in ("parse", "render", "render_in_stream", "replay", "events_of", "collect")
    },
    "services.gateway.state.counts": _IDS,
    "services.gateway.state.budget_leases": _IDS,
    "services.gateway.state.org_rotation": _IDS,
    "services.gateway.endpoints.google_generate.GoogleGenerate.render": _SENTENCES,
    "services.gateway.endpoints.neutral.NeutralEndpoint.error": _SENTENCES,
    "services.gateway.endpoints.neutral.NeutralEndpoint.stream_error": _SENTENCES,
    "services.gateway.endpoints.anthropic_messages.AnthropicMessages.render": _SENTENCES,
    **{
        f"services.gateway.providers.{module}.path": "an address, of a model's name"
        for module in ("anthropic.messages", "compatible.chat", "google.generate", "openai.responses")
    },
    "services.gateway.endpoints.messages.answer.no_output": "an answer without content",
    "services.gateway.domain.receipt": "arithmetic on counts",
    "services.gateway.domain.billed_apart": "arithmetic on counts",
    "services.gateway.domain.targets": _NAMES,
    "services.gateway.domain.completion_event": "writes our own metadata and events",
    "services.gateway.domain.turns.without_blocks": "drops blocks by id",
    "services.gateway.domain.turns.of_answer": "picks by id",
    "services.gateway.domain.turns.made_with": "picks by id",
    "services.gateway.domain.turns.for_key": "picks by id",
    "services.gateway.endpoints.known": "writes an answer without content",
    "services.auth.domain.attempts": "addresses and accounts, which are bounded where they come in",
    "services.auth.billing.domain.ledger": "our own entries",
    "services.auth.domain.links": _OPERATOR,
    "services.auth.accounts.domain.mails": "writes our own mails",
    "services.auth.billing.domain.mails": "writes our own mails",
    "services.auth.team.domain.mails": "writes our own mails",
    "services.auth.insights.domain.periods": "a date in a query string, which the server bounds",
    "services.auth.domain.permissions": _IDS,
    "services.auth.keys.domain.budgets": "the name of a field of ours",
    "services.auth.routing.domain.chat_request.route_request": "the same walk as the gateway's, over a body of the control plane's size",
    "services.auth.routing.domain.rules": _OPERATOR,
    "services.auth.team.domain.members": _IDS,
    "services.auth.domain.one_time_tokens": "a digest of a token that its struct bounds",
    "services.auth.routing.domain.tiers": _OPERATOR,
}


def text_functions() -> dict[str, CodeType]:
    """The public functions and methods with a parameter that may be text, by their full names."""
    found: dict[str, CodeType] = {}
    for module in _modules():
        for name, function in _functions(module):
            if _takes_text(function):
                found[f"{module.__name__}.{name}"] = function.__code__
    return found


def excused(name: str) -> bool:
    """Whether a function, its class or its module is on the list above."""
    return any(name == known or name.startswith(f"{known}.") for known in EXCUSED)


def reached(run: Callable[[], object]) -> set[CodeType]:
    """The code that runs while `run` does."""
    seen: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            seen.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(before)
    return seen


def _modules() -> Iterator[ModuleType]:
    for package in _PACKAGES:
        for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            yield importlib.import_module(found.name)
    for name in _MODULES:
        yield importlib.import_module(name)


def _functions(module: ModuleType) -> Iterator[tuple[str, Callable[..., object]]]:
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(value):
            if getattr(value, "_is_protocol", False):
                continue
            for own, method in vars(value).items():
                if not own.startswith("_") and inspect.isfunction(method):
                    yield f"{name}.{own}", method
        elif callable(value) and inspect.isfunction(plain := inspect.unwrap(value)):
            yield name, plain


def _takes_text(function: Callable[..., object]) -> bool:
    parameters = inspect.signature(function).parameters.values()
    return any(_is_text(parameter.annotation) for parameter in parameters)


def _is_text(annotation: object) -> bool:
    if isinstance(annotation, type):
        return annotation.__name__ in _TEXT
    written = str(annotation)
    if "Literal" in written and "str" not in written.replace("typing", ""):
        return False
    pieces = written.replace("[", " ").replace("]", " ").replace(",", " ").replace("|", " ").replace("'", " ").split()
    return any(piece.rsplit(".", 1)[-1] in _TEXT for piece in pieces)
