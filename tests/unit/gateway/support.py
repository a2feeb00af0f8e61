"""A gateway on ports in memory, and intents to send to it."""

import copy
import json
import os
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

import httpx2
from pydantic import SecretStr

from gateway.app import create_app
from gateway.authentication.service import Authentication
from gateway.authentication.tickets import StreamTickets
from gateway.backtests.service import Backtests
from gateway.backtests.submission import BacktestSubmitter, Catalogues
from gateway.commands.approvals import Answerer, Approvals
from gateway.commands.cancellation import IntentCanceller
from gateway.commands.closing import PositionCloser
from gateway.commands.instruments import InstrumentEditor
from gateway.commands.preview import IntentPreviewer
from gateway.commands.reconciliation import Reconciler, Treasury
from gateway.commands.signal_approvals import SignalAnswerer
from gateway.commands.trading_states import StateChanger
from gateway.limits.limiter import RateLimiter
from gateway.limits.policies import refusal_policy, signal_policy
from gateway.limits.refusals import Refusals
from gateway.market import Market
from gateway.metrics import BACKTEST_SUBMISSIONS, CLOSINGS, SIGNAL_SUBMISSIONS, SUBMISSIONS
from gateway.platform_facts import platform_facts
from gateway.ports import StoredMessage
from gateway.process_watch import ProcessWatch
from gateway.readiness import Readiness
from gateway.services import Services
from gateway.signals.intake import SignalIntake
from gateway.signals.markets import SignalMarkets
from gateway.signals.service import Signals
from gateway.stream.event_stream import EventStream
from gateway.stream.hub import StreamHub
from gateway.stream.topic_patterns import parse_allowed
from gateway.submission.admission import Admission
from gateway.submission.intents import Entropy, IntentSubmitter, submitted_event
from gateway.submission.pipeline import SubmissionPipeline
from gateway.submission.recent_submissions import RecentSubmissions
from tests.settings import Settings
from tests.unit.gateway.memory_approvals import MemoryApprovals
from tests.unit.gateway.memory_backtests import (
    MemoryBacktests,
    MemoryDatasets,
    MemoryStrategies,
)
from tests.unit.gateway.memory_instruments import MemoryInstruments
from tests.unit.gateway.memory_market import MemoryMarket
from tests.unit.gateway.memory_ports import (
    FakeConsumers,
    FakeDependency,
    MemoryBuckets,
    MemoryCancelJournal,
    MemoryHistory,
    MemoryJournal,
    MemoryPolicies,
    MemoryReadModels,
    MemoryRoles,
    MemoryStore,
    MemoryTradingStates,
    RecordingPublisher,
)
from tests.unit.gateway.memory_records import MemoryLedger
from tests.unit.gateway.memory_signals import (
    MemoryHooks,
    MemorySignalApprovals,
    MemorySources,
    MemoryTelemetry,
)
from tests.unit.gateway.memory_time_machine import MemoryTimeMachine
from tests.unit.gateway.memory_wallets import MemorySlots, MemoryWallets
from tests.unit.gateway.memory_whatifs import MemoryWhatIfs
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.intents.model import Intent
from tradewind.redis import open_redis
from tradewind.trading.marketdata.perpetuals import load_perpetuals
from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.tokens import load_tokens

WETH = {
    "symbol": "WETH",
    "chain": "ethereum",
    "address": "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
    "decimals": 18,
}
USDC = {
    "symbol": "USDC",
    "chain": "ethereum",
    "address": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
    "decimals": 6,
}
BODY: dict[str, Any] = {
    "strategy_id": "demo",
    "intent_type": "acquire",
    "assets": [WETH, USDC],
    "amount": "1.0",
    "constraints": {"max_slippage": "0.01", "time_window": 300, "execution_style": "aggressive"},
}
JSON = {"Content-Type": "application/json"}
NO_KEYS = Authentication(StreamTickets(open_redis("redis://127.0.0.1:1"), None))
"""A gateway that asks for none; its Redis is away."""
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def body_with(path: str, value: Any) -> dict[str, Any]:
    """Return the sample body with one value replaced: `assets.0.address`."""
    body = copy.deepcopy(BODY)
    *parents, last = path.split(".")
    target: Any = body
    for part in parents:
        target = target[int(part)] if part.isdigit() else target[part]
    target[int(last) if last.isdigit() else last] = value
    return body


@cache
def make_event(number: int = 0) -> AnyEvent:
    """Return an `intent.submitted`; another number, another intent."""
    intent = Intent.model_validate_json(json.dumps(BODY))
    return submitted_event(intent, at=NOW, entropy=number.to_bytes(10))


def stored(event: AnyEvent, sequence: int) -> StoredMessage:
    """Return the event as the stream has it."""
    return StoredMessage(sequence, event.subject, event.to_bytes(), NOW.timestamp())


class GatewayHarness:
    """Everything in memory, and the parts a test looks at."""

    def __init__(
        self,
        *,
        failures: Iterable[Exception] = (),
        allowed: Sequence[str] = ("*",),
        entropy: Entropy = os.urandom,
        authentication: Authentication | None = None,
        **settings: Any,
    ) -> None:
        self.now, self.seconds = NOW, 0.0
        self.publisher = RecordingPublisher(failures)
        self.journal = MemoryJournal()
        self.cancel_journal = MemoryCancelJournal()
        self.approvals = MemoryApprovals()
        self.states = MemoryTradingStates(NOW)
        self.policies = MemoryPolicies()
        self.roles = MemoryRoles()
        self.read_models = MemoryReadModels()
        self.history = MemoryHistory()
        self.ledger = MemoryLedger(self.history)
        self.instruments = MemoryInstruments()
        self.sources, self.hooks = MemorySources(), MemoryHooks()
        self.signal_approvals, self.telemetry = MemorySignalApprovals(), MemoryTelemetry()
        self.backtests = MemoryBacktests()
        self.wallets, self.slots = MemoryWallets(), MemorySlots()
        self.recorded = MemoryMarket()
        self.store = MemoryStore()
        self.recent = RecentSubmissions()
        self.dependencies = [FakeDependency("nats"), FakeDependency("redis")]
        self.consumers, self.processes = FakeConsumers(), ProcessWatch()
        self.admission = Admission(self.consumers, clock=self.clock)
        self.settings = Settings(
            nats_url="nats://127.0.0.1:1",
            postgres_dsn=SecretStr("postgresql://nobody"),
            redis_url=SecretStr("redis://nobody"),
            **{"dashboard_directory": "", **settings},
        )
        self.buckets = MemoryBuckets(self.clock)
        self.market = Market(load_tokens(), self.settings.price_limits, PythonRouter(), self.clock)
        portfolios = self.ledger.records(self.settings).portfolios
        self.whatifs = MemoryWhatIfs()
        self.time_machine = MemoryTimeMachine(self.read_models, portfolios)
        self.services = self._services(entropy, allowed, authentication or NO_KEYS)
        self.app = create_app(self.settings, self.services)

    def _services(
        self, entropy: Entropy, allowed: Sequence[str], authentication: Authentication
    ) -> Services:
        limiter, intents = self._limiter(), self._submitter(entropy)
        return Services(
            intents=intents,
            closer=self._closer(intents),
            canceller=self._canceller(),
            approvals=Approvals(self.approvals, self._answerer()),
            states=StateChanger(self.states, self.publisher),
            policies=self.policies,
            previewer=IntentPreviewer(load_tokens(), self.roles, now=lambda: NOW),
            read_models=self.read_models,
            history=self.history,
            records=self.ledger.records(self.settings),
            stream=EventStream(StreamHub(), self.store, parse_allowed(allowed)),
            authentication=authentication,
            readiness=Readiness(self.dependencies, self.consumers),
            processes=self.processes,
            limiter=limiter,
            refusals=Refusals(limiter, refusal_policy(self.settings), self.clock),
            instruments=self.instruments,
            registrar=InstrumentEditor(self.instruments, now=lambda: NOW),
            treasury=Treasury(self.wallets, self.slots, self.wallets, self._reconciler()),
            market=self.market,
            recorded=self.recorded,
            platform=platform_facts(self.settings),
            signals=self._signals(entropy),
            time_machine=self.time_machine,
            whatifs=self.whatifs,
            backtests=self._backtests(entropy),
        )

    def _signals(self, entropy: Entropy) -> Signals:
        outcomes = SIGNAL_SUBMISSIONS
        intake = SignalIntake(
            self.sources,
            SignalMarkets(load_perpetuals(), load_tokens()),
            SubmissionPipeline(self.journal, self.publisher, outcomes, now=lambda: self.now),
            self.journal,
            lambda strategy_id: strategy_id,
            now=lambda: self.now,
            entropy=entropy,
        )
        answerer = SignalAnswerer(self.signal_approvals, self.publisher, now=lambda: NOW)
        policy = signal_policy(self.settings)
        waits, told = self.signal_approvals, self.telemetry
        return Signals(intake, self.hooks, policy, answerer, waits, told, told)

    def _backtests(self, entropy: Entropy) -> Backtests:
        kept = self.backtests
        strategies, datasets = MemoryStrategies(kept), MemoryDatasets(kept)
        outcomes = BACKTEST_SUBMISSIONS
        submitter = BacktestSubmitter(
            Catalogues(load_tokens(), strategies, datasets, self.policies, self.backtests),
            SubmissionPipeline(self.journal, self.publisher, outcomes, now=lambda: self.now),
            self.journal,
            kept,
            self.read_models,
            now=lambda: self.now,
            entropy=entropy,
        )
        return Backtests(submitter, kept, kept, kept, strategies, datasets)

    def _reconciler(self) -> Reconciler:
        return Reconciler(self.wallets, self.publisher, now=lambda: NOW, wait_seconds=0)

    def _limiter(self) -> RateLimiter:
        processes = self.settings.limit_processes
        return RateLimiter(self.buckets, processes=processes, clock=self.clock)

    def _canceller(self) -> IntentCanceller:
        return IntentCanceller(self.cancel_journal, self.publisher, now=lambda: NOW)

    def _answerer(self) -> Answerer:
        return Answerer(self.approvals, self.publisher, now=lambda: NOW)

    def _closer(self, intents: IntentSubmitter) -> PositionCloser:
        requests = SubmissionPipeline(self.journal, self.publisher, CLOSINGS, now=lambda: self.now)
        return PositionCloser(intents, requests, now=lambda: NOW)

    def _submitter(self, entropy: Entropy) -> IntentSubmitter:
        return IntentSubmitter(
            load_tokens(),
            SubmissionPipeline(self.journal, self.publisher, SUBMISSIONS, now=lambda: self.now),
            self.recent,
            self.journal,
            self.admission,
            portfolios=self.settings.portfolios,
            now=lambda: NOW,
            entropy=entropy,
        )

    def clock(self) -> float:
        """Return the seconds a test says have passed."""
        return self.seconds

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx2.AsyncClient]:
        """Yield an HTTP client of the application."""
        transport = httpx2.ASGITransport(self.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield client


def check_problem(response: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """Assert the shape every problem has; return the document."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["status"] == status
    assert document["code"] == code
    assert document["request_id"] == response.headers["x-request-id"]
    assert document["type"] == f"urn:tradewind:problem:{code.lower().replace('_', '-')}"
    assert document["title"]
    assert document["detail"]
    assert document["instance"] == response.request.url.path
    for error in document["errors"]:
        assert {"field", "message"} <= set(error) <= {"field", "message", "limit"}
    return document
