"""Readers of the cache, the router and auth."""

import asyncio
from collections.abc import Iterator

import msgspec

from libs.common import catalog, conversation
from libs.common.clock import ManualClock
from libs.common.contracts.auth import RoutingRule, RuleCondition
from libs.common.contracts.router import RouteRequest
from services.auth.accounts.domain import credentials
from services.auth.keys.domain.keys import named
from services.auth.optimization.domain import diff
from services.auth.routing.domain.chat_request import ChatBody
from services.cache.domain import characters, normalise, phrasing, roles, spelling, time_sensitive, verifier
from services.cache.domain import language as cache_language
from services.cache.domain.identity import own_direction
from services.cache.domain.parsed import Parsed
from services.cache.domain.question import kind
from services.cache.domain.stem import is_past, lemmas, stem
from services.cache.domain.synonyms import sense
from services.cache.domain.vetoes import VETOES
from services.router.domain import language, parsed_prompt, signals, text_features
from services.router.domain import marks as router_marks
from services.router.pipeline import Router
from services.router.ports import NoNearestNeighbors, ShippedCalibrations
from services.router.weights import load_weights
from tests.growth.reader import MODEL, TURN, Reader, body, pieces, refused
from tests.unit.analytics.examples import NOW

_WEIGHTS = load_weights()
_ROUTER = Router(catalog.load(), _WEIGHTS, ShippedCalibrations(_WEIGHTS.prior), NoNearestNeighbors(), ManualClock(NOW))


def cache() -> Iterator[Reader]:
    yield Reader("clean", normalise.clean)
    yield Reader("courtesies", normalise.strip_courtesy)
    yield Reader("plain", normalise.plain)
    yield Reader("possessives", normalise.expand_possessives)
    yield Reader("normalise", normalise.normalise, slow=True)
    yield Reader("repeat form", normalise.repeat_form)
    yield Reader("slips", spelling.repaired)
    yield Reader("turns of phrase", lambda text: (phrasing.unmarked(text), phrasing.rephrased(text)))
    yield Reader("hidden signs", lambda text: (characters.hides(text), characters.latin(text)))
    yield Reader("time sensitive", time_sensitive.is_time_sensitive)
    yield Reader("language of a question", lambda text: (cache_language.english(text), cache_language.known(text)))
    yield Reader("a word", lambda text: (stem(text), lemmas(text), is_past(text), sense(text)))
    yield Reader(
        "roles",
        lambda text: (
            roles.compounds(text.split()),
            roles.joins(text.split()),
            roles.phrases(text.split()),
            roles.linked(text.split()),
        ),
    )
    yield Reader("vetoes", _vetoed, slow=True)
    yield Reader("verifier", lambda text: verifier.judge(text, text.replace("a", "b", 1)), slow=True)
    yield Reader("identity", lambda text: own_direction(text, 8))


def _vetoed(text: str) -> object:
    one, other = Parsed(text), Parsed(f"{text} not")
    return kind(one), [objects(one, other) for objects in VETOES.values()]


def router() -> Iterator[Reader]:
    yield Reader("folded", lambda text: language.language_of(language.fold(text), _WEIGHTS.words.common))
    yield Reader("router marks", lambda text: router_marks.marks(text, _WEIGHTS.words))
    yield Reader(
        "reading",
        lambda text: (
            read := parsed_prompt.parse_prompt(text),
            signals.features_of(read),
            text_features.text_features(read),
        ),
        slow=True,
    )
    yield Reader("words", lambda text: _WEIGHTS.words.find(language.fold(text), language.SPACED))
    yield Reader("route", lambda text: _route((("user", text),)), slow=True)
    yield Reader(
        "route a talk",
        lambda text: _route(tuple(("user", piece) for piece in pieces(text, TURN))),
        slow=True,
        seldom=True,
    )
    yield Reader("route instructions", lambda text: _route((("system", text), ("user", "Go on with it."))), slow=True)
    yield Reader(
        "route answers",
        lambda text: _route((("user", "Go on."), ("assistant", text), ("user", "The second one of them."))),
        slow=True,
    )
    yield Reader("tool names", lambda text: conversation.writes([{"name": text, "description": text}]))


def _route(said: tuple[tuple[str, str], ...]) -> object:
    messages = [_Said(role, (text,)) for role, text in said]
    keyword = RuleCondition(type="keyword", keywords=("urgent", "c++", "a b"))
    sized = RuleCondition(type="token_count", operator="gt", value=10**9)
    rules = tuple(
        RoutingRule(id=str(n), name=str(n), condition=condition, action="use_model", action_value=MODEL)
        for n, condition in enumerate((keyword, sized))
    )
    request = RouteRequest(
        requested_model="claude-opus",
        prompt=next(one.texts[0] for one in reversed(messages) if one.role == "user"),
        texts=tuple(text for one in messages for text in one.texts),
        turns=sum(one.role == "user" for one in messages),
        reachable={"openai": (), "anthropic": (), "google": ()},
        rules=rules,
        conversation=conversation.user_turns(messages, 0),
        system=conversation.system_text(messages),
        conversation_judged=True,
    )
    return asyncio.run(_ROUTER.route(request))


class _Said(msgspec.Struct, frozen=True):
    role: str
    texts: tuple[str, ...]


def _differing(text: str) -> object:
    """Beside so much else that differs that the edits which are looked for are used up."""
    return diff.Differ().pieces("a " * 1_000 + text, "b " * 1_000 + text.replace("a", "b"))


def auth() -> Iterator[Reader]:
    yield Reader("an address", refused(credentials.normalise_email))
    yield Reader("spellings of an address", credentials.spellings)
    yield Reader("a password", refused(credentials.check_password))
    yield Reader("a key by its name", refused(lambda text: named((), text, "key")))
    yield Reader("what became of a text", _differing, seldom=True)
    yield Reader(
        "a preview",
        lambda text: msgspec.json.decode(msgspec.json.encode(body({"role": "user", "content": text})), type=ChatBody),
    )
