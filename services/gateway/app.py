"""Puts the gateway together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from litestar import Litestar, Router
from litestar.datastructures import State

from libs.common import catalog, keys, tokens
from libs.common.bus.ports import Bus
from libs.common.bus.spool import Spool
from libs.common.clock import Clock, SystemClock
from libs.common.contracts.auth import CREDITS_ADDED, CREDITS_WANTED, FROM_GATEWAY
from libs.common.contracts.events import DURABLE_EVENTS
from libs.common.jobs import Background, background, every
from libs.common.runner import App
from libs.common.sealing import Sealer, parse_keks
from libs.common.web import serve_http
from services.gateway.clients.budgets import SharedBudgets
from services.gateway.clients.cache import BusCache, BusRouter
from services.gateway.clients.capture_store import BusCaptureStore
from services.gateway.clients.credits import NoCredits, SharedCredits
from services.gateway.clients.deferred_store import BusDeferredStore
from services.gateway.clients.egress import Egress
from services.gateway.clients.events import SpooledEvents
from services.gateway.clients.idempotency import BusIdempotencyStore
from services.gateway.clients.limits import SharedLimits
from services.gateway.clients.optimizer import BusOptimizer
from services.gateway.clients.owners import BusOwners
from services.gateway.clients.principals import BusPrincipals
from services.gateway.clients.provider_http import HttpProviders, Timeouts
from services.gateway.clients.reasoning_ciphers import reasoning_ciphers
from services.gateway.clients.replicas import Replicas
from services.gateway.clients.request_history import BusRequestHistory
from services.gateway.clients.response_store import BusResponseStore
from services.gateway.clients.scratch_cache import ScratchCache
from services.gateway.clients.to_auth import to_auth
from services.gateway.clients.tool_call_store import BusToolCallStore
from services.gateway.clients.vectors import BusVectorCache
from services.gateway.clients.webhooks import BusWebhooks
from services.gateway.domain.batches import BatchLimits
from services.gateway.handlers import batches, captures, erasing, provider_keys
from services.gateway.http.anthropic import count_message_tokens, messages
from services.gateway.http.control_plane import control_plane
from services.gateway.http.dashboard import dashboard
from services.gateway.http.deferred import DEFERRED
from services.gateway.http.direct import direct
from services.gateway.http.docs import DOCS
from services.gateway.http.embeddings import create_embeddings
from services.gateway.http.errors import HANDLERS
from services.gateway.http.google import call_model
from services.gateway.http.health import healthz, readyz
from services.gateway.http.middleware import middleware
from services.gateway.http.models import get_google_model, get_model, list_google_models, list_models
from services.gateway.http.openai import chat_completions, completions
from services.gateway.http.passthrough import PASSTHROUGH
from services.gateway.http.promptly import get_credits, give_feedback, optimize
from services.gateway.http.responses import RESPONSES
from services.gateway.http.streaming import Cut
from services.gateway.pipeline.admission import Admission
from services.gateway.pipeline.background_charge import BackgroundCharge
from services.gateway.pipeline.batch import Batch
from services.gateway.pipeline.batch_charge import BatchCharges
from services.gateway.pipeline.batch_check import BatchCheck
from services.gateway.pipeline.batch_exchange import BatchExchange
from services.gateway.pipeline.cache_lookup import CacheLookup
from services.gateway.pipeline.capture import Capture
from services.gateway.pipeline.count_tokens import CountTokens
from services.gateway.pipeline.deferral_worker import DeferralWorker
from services.gateway.pipeline.deferrals import Deferrals
from services.gateway.pipeline.deferred_answers import DeferredAnswers
from services.gateway.pipeline.embeddings import Embeddings
from services.gateway.pipeline.feedback import Feedback
from services.gateway.pipeline.object_owners import ObjectOwners
from services.gateway.pipeline.optimize import OptimizeApi
from services.gateway.pipeline.passthrough import Passthrough
from services.gateway.pipeline.pipeline import Pipeline
from services.gateway.pipeline.planner import Planner
from services.gateway.pipeline.provider_call import ProviderCalls, short_pause
from services.gateway.pipeline.recorder import Recorder
from services.gateway.pipeline.replay import Replays
from services.gateway.pipeline.request_report import RequestReport
from services.gateway.pipeline.responder import Responder
from services.gateway.pipeline.responses import ResponsesApi
from services.gateway.providers import registry
from services.gateway.settings import GatewaySettings
from services.gateway.state.concurrency import ConcurrencyLimiter
from services.gateway.state.counts import Counts
from services.gateway.state.org_rotation import OrgRotation
from services.gateway.state.prefix_cache import PrefixCacheTracker
from services.gateway.state.provider_health import ProviderHealth
from services.gateway.state.single_flight import SingleFlight

_EXPIRE_SECONDS = 0.5
_REPLAY_MS = 2_000.0
_CUT_SECONDS = 2.0  # for the last bytes of streams that were cut


@dataclass
class GatewayApp(App):
    """`port` is where clients connect."""

    port: int = 0


@asynccontextmanager
async def create_app(settings: GatewaySettings, bus: Bus, clock: Clock | None = None) -> AsyncIterator[GatewayApp]:
    """The gateway, listening, for as long as the block runs."""
    clock = clock or SystemClock()
    allowed = [host for host in settings.allowed_hosts.split(",") if host.strip()]
    models = catalog.load()
    # The vocabulary takes a third of a second to read: not while a client waits.
    await asyncio.to_thread(tokens.count_text, "gpt-4o", "warm")
    async with AsyncExitStack() as stack:
        egress = await stack.enter_async_context(Egress(allowed, settings.max_requests, settings.connect_timeout))
        auth_client = await stack.enter_async_context(to_auth(settings.auth_url, 100))
        auth_streams = await stack.enter_async_context(to_auth(settings.auth_url, 250))
        spool = Spool(Path(settings.spool_dir), DURABLE_EVENTS, settings.spool_max_bytes)
        stack.callback(spool.close)
        principals = BusPrincipals(
            bus,
            clock,
            settings.key_pepper,
            settings.principal_ttl,
            settings.principal_stale,
            settings.memory_bytes,
            auth_client,
        )
        await principals.start()
        after_requests, stores = Background(), Background()
        cache = BusCache(bus, clock.monotonic, settings.lookup_budget_ms, stores)
        optimizer = BusOptimizer(bus, clock.monotonic, settings.optimize_budget_ms)
        router = BusRouter(bus, clock.monotonic, settings.route_budget_ms)
        prefixes = PrefixCacheTracker(clock.monotonic)
        sealer = Sealer(parse_keks(settings.kek))
        tool_calls = BusToolCallStore(bus, sealer, settings.turns_budget_ms, settings.memory_bytes)
        replicas = Replicas(bus, clock)
        await replicas.start()
        known = registry.providers(
            openai=settings.openai_base_url,
            anthropic=settings.anthropic_base_url,
            google=settings.google_base_url,
            anthropic_version=settings.anthropic_version,
        )
        providers = HttpProviders(
            egress,
            sealer,
            clock,
            registry=known,
            allowed_hosts=allowed,
            timeouts=Timeouts(
                first_byte=settings.first_byte_timeout,
                idle=settings.idle_timeout,
                plain=settings.plain_timeout,
                stream=settings.stream_timeout,
                window=settings.stream_window,
                slowest=settings.stream_slowest,
            ),
            max_answer=settings.max_answer_bytes,
        )
        events = SpooledEvents(bus, spool, settings.ack_budget_ms)
        limits = SharedLimits(bus, clock, replicas, settings.limit_budget_ms, shared_clock=True)
        rotation = OrgRotation()
        concurrency = ConcurrencyLimiter(settings.max_concurrency, settings.max_requests)
        admission = Admission(
            principals,
            limits,
            concurrency,
            rotation,
            settings.besides_rpm,
            settings.max_rpm,
        )
        health = ProviderHealth(clock.monotonic)
        calls = ProviderCalls(providers, known, models, health, clock, short_pause, reasoning_ciphers(sealer))
        budgets = SharedBudgets(bus, clock, settings.limit_budget_ms, events, stores, shared_clock=True)
        report = RequestReport(models, log_share=settings.request_log_share, by_org=settings.metrics_by_org)
        captured = BusCaptureStore(bus, sealer, clock, ttl=settings.capture_ttl, daily=settings.capture_daily_bytes)
        recorder = Recorder(events, tool_calls, models, clock, after_requests, report, Capture(captured, stores))
        vectors = BusVectorCache(bus, clock.monotonic, settings.lookup_budget_ms, stores)
        embeddings = Embeddings(
            admission=admission,
            budgets=budgets,
            provider_calls=calls,
            recorder=recorder,
            vectors=vectors,
            registry=known,
            catalog=models,
            units=catalog.load_units(),
            background=after_requests,
        )
        owners = BusOwners(bus)
        charges = BatchCharges(owners, recorder, models, catalog.load_units(), clock)
        objects = ObjectOwners(owners, providers, charges)
        passthrough = Passthrough(
            admission=admission,
            budgets=budgets,
            forwarding=providers,
            owners=objects,
            recorder=recorder,
            registry=known,
            units=catalog.load_units(),
            clock=clock,
            background=after_requests,
        )
        limited = BatchLimits(
            requests=settings.deferral_batch_requests,
            bytes=settings.deferral_batch_bytes,
            wait_seconds=settings.deferral_wait_seconds,
            look_seconds=settings.deferral_look_seconds,
            lease_seconds=settings.deferral_lease_seconds,
        )
        waiting = BusDeferredStore(
            bus, sealer, clock, limited, ttl=settings.deferral_ttl, daily=settings.deferral_daily_bytes
        )
        deferrals = Deferrals(waiting, BusWebhooks(bus), admission, known, models, clock)
        responder = Responder(cache, prefixes, models, clock, after_requests, rotation)
        pipeline = Pipeline(
            admission=admission,
            cache_lookup=CacheLookup(cache, SingleFlight(clock.monotonic, settings.flight_wait)),
            planner=Planner(cache, optimizer, router, tool_calls, prefixes, models),
            budgets=budgets,
            provider_calls=calls,
            responder=responder,
            recorder=recorder,
            registry=known,
            catalog=models,
            deferrals=deferrals,
        )
        credits_ = await _credits(settings, bus, clock)
        optimize_api = OptimizeApi(
            admission=admission,
            credits_=credits_,
            idempotency=BusIdempotencyStore(bus, sealer),
            cache=cache,
            optimizer=optimizer,
            events=events,
            clock=clock,
            rpm=settings.optimize_rpm,
            report=report,
            background=after_requests,
        )
        responses = BusResponseStore(
            bus,
            sealer,
            ttl=settings.response_ttl,
            quota=settings.response_quota_bytes,
            budget_ms=settings.responses_budget_ms,
            pepper=settings.key_pepper,
        )
        count_tokens = CountTokens(
            admission=admission,
            providers=providers,
            registry=known,
            catalog=models,
            recorder=Recorder(events, tool_calls, models, clock, after_requests, report),
            counts=Counts(clock.monotonic),
            clock=clock,
            ciphers=reasoning_ciphers(sealer),
            rpm=settings.count_rpm,
        )
        worker = DeferralWorker(
            waiting,
            BatchExchange(providers, known),
            DeferredAnswers(pipeline, calls, responder, waiting, responses, budgets, events, known, clock),
            clock,
            limited,
        )
        await provider_keys.serve(bus, providers, clock)
        await batches.serve(bus, BatchCheck(owners, providers, objects))
        # Hops of its own: where a replay waits in vain, requests do not.
        hops = BusOptimizer(bus, clock.monotonic, _REPLAY_MS), BusRouter(bus, clock.monotonic, _REPLAY_MS)
        replays = Replays(captured, pipeline.parse, lambda: ScratchCache(bus), *hops, models, clock)
        await captures.serve(bus, captured, replays)
        await erasing.serve(bus, responses, waiting, captured)
        leases = [credits_.expire_idle] if isinstance(credits_, SharedCredits) else []
        await stack.enter_async_context(
            background(
                spool.keep_replaying(bus),
                principals.probe(lambda: asyncio.sleep(0.2)),
                replicas.keep_publishing(),
                every("deferrals", worker.round, settings.deferral_look_seconds),
                every("show_in_flight", concurrency.show, 1.0),
                *(every("expire_idle_leases", expire, _EXPIRE_SECONDS) for expire in leases),
            )
        )
        draining, cut = False, Cut()
        app = GatewayApp(
            missing=lambda: () if principals.auth_answered else ("auth",),
            degraded=lambda: [
                *(() if bus.connected else ("bus",)),
                *(hop.part for hop in (cache.hop, vectors.hop, optimizer.hop, router.hop) if hop.is_open),
            ],
        )
        web = Litestar(
            [
                chat_completions,
                completions,
                Router(
                    "/",
                    route_handlers=[messages, count_message_tokens, call_model, *RESPONSES],
                    request_max_body_size=settings.max_conversation_bytes,
                ),
                create_embeddings,
                *DEFERRED,
                *PASSTHROUGH,
                list_models,
                get_model,
                list_google_models,
                get_google_model,
                give_feedback,
                optimize,
                get_credits,
                control_plane,
                healthz,
                readyz,
                *DOCS,
            ],
            exception_handlers=HANDLERS,
            state=State(
                {
                    "pipeline": pipeline,
                    "responses_api": ResponsesApi(
                        pipeline,
                        responses,
                        providers,
                        models,
                        clock.monotonic,
                        BackgroundCharge(responses, pipeline.recorder, budgets, models, clock),
                        count_tokens,
                    ),
                    "batch": Batch(pipeline, after_requests),
                    "embeddings": embeddings,
                    "passthrough": passthrough,
                    "deferrals": deferrals,
                    "optimize_api": optimize_api,
                    "count_tokens": count_tokens,
                    "registry": known,
                    "admission": admission,
                    "feedback": Feedback(BusRequestHistory(bus), clock),
                    "catalog": models,
                    "clock": clock,
                    "auth_client": auth_client,
                    "auth_streams": auth_streams,
                    "gateway_proof": keys.digest(FROM_GATEWAY, settings.key_pepper).encode(),
                    "app": app,
                    "body_timeout": settings.body_timeout,
                    "keep_alive": settings.keep_alive,
                    "draining": lambda: draining,
                    "cut": cut,
                }
            ),
            request_max_body_size=settings.max_body_bytes,
            openapi_config=None,
            logging_config=None,
        )
        served = await stack.enter_async_context(
            serve_http(
                middleware(dashboard(direct(web), settings.dashboard_dir)),
                settings.host,
                settings.port,
                settings.stream_drain_seconds + _CUT_SECONDS,
                trusted_proxies=settings.trusted_proxies,
                limits=settings.http_limits,
                shared=settings.shared_port is not None,
            )
        )
        app.port = served.port

        async def quiesce() -> None:
            nonlocal draining
            if not draining:
                draining = True
                await asyncio.sleep(settings.stop_delay_seconds)
            ending = asyncio.get_running_loop().call_later(settings.stream_drain_seconds, cut.set)
            await served.shutdown()
            ending.cancel()
            for part in (after_requests, budgets, stores):
                await part.drain()
            if isinstance(credits_, SharedCredits):
                await credits_.drain()

        app.quiesce = quiesce
        yield app
        await quiesce()


async def _credits(settings: GatewaySettings, bus: Bus, clock: Clock) -> SharedCredits | NoCredits:
    if settings.credits == "off":
        return NoCredits()
    shared = SharedCredits(bus, clock.monotonic, leasing=settings.credit_leasing)
    await bus.listen(CREDITS_WANTED, shared.give_back)
    await bus.listen(CREDITS_ADDED, shared.added)
    return shared
