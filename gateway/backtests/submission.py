"""Takes in back-tests: resolves them, looks whether they were run before, and keeps each once."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from gateway.backtests.body import AskedBacktest, parse_backtest
from gateway.backtests.errors import BacktestUnavailable, TooManyBacktests
from gateway.backtests.limits import current_limits
from gateway.backtests.ports import Datasets, Ends, Recordings, Strategies
from gateway.backtests.resolution import (
    Surroundings,
    datasets_named,
    flows_named,
    resolve,
)
from gateway.errors import AccountNotCovered, SubmissionUnknown
from gateway.http.caller import Caller
from gateway.ports import KeptEvents, ReadModels, RiskPolicies
from gateway.submission.idempotency import RequestIdentity, RequestKey, identify
from gateway.submission.pipeline import Standing, SubmissionPipeline
from tradewind.contracts.backtests.model import (
    InstalledStrategy,
    Manifest,
    RecordedFlows,
    RunLimits,
    RunStatus,
    ShapedMarket,
)
from tradewind.contracts.backtests.payloads import BacktestRequested
from tradewind.contracts.backtests.sweeps import SweepRequested
from tradewind.contracts.envelope import AnyEvent, Event, first_event, parse_event
from tradewind.contracts.ids import (
    CorrelationKind,
    derive_event_id,
    make_correlation_id,
    make_ulid,
)
from tradewind.contracts.roles import Role
from tradewind.contracts.subjects import EventKey
from tradewind.datasets.model import Dataset
from tradewind.errors import TransientError
from tradewind.ledger.upkeep.ingress import IngressTooLate, IngressUnavailable
from tradewind.readmodels.models.backtest import BACKTEST, SINGLE
from tradewind.runtime import clock
from tradewind.simulation.manifests import manifest_sha256
from tradewind.trading.tokens import TokenRegistry

MAX_QUEUED: Final = 100
"""Runs of a key that have not begun; those of its sweeps are not counted."""
QUEUE_PAGES: Final = 10
"""Of 200 runs that are looked at to count them."""
LIFETIME: Final = timedelta(days=1)
"""How long a request may wait to be kept; what is kept never expires."""
ENTROPY_BYTES: Final = 10


@dataclass(frozen=True, slots=True)
class Catalogues:
    """What a request is resolved from."""

    tokens: TokenRegistry
    strategies: Strategies
    datasets: Datasets
    policies: RiskPolicies
    recordings: Recordings


class Taken(NamedTuple):
    """What stands for a request: an event, or a run that had the same manifest."""

    manifest: Manifest
    manifest_sha256: str
    event: Event[BacktestRequested] | Event[SweepRequested] | None
    reused_run_id: str | None = None
    is_repeated: bool = False


class _RunBefore(TransientError):
    """The same manifest was run before, and no earlier request has the key."""


class BacktestSubmitter:
    """Resolves back-tests, gives them ids and sends them through the pipeline."""

    def __init__(
        self,
        catalogues: Catalogues,
        pipeline: SubmissionPipeline,
        kept: KeptEvents,
        ends: Ends,
        read_models: ReadModels,
        *,
        now: Callable[[], datetime] = clock.now,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._catalogues = catalogues
        self._pipeline = pipeline
        self._kept = kept
        self._ends = ends
        self._read_models = read_models
        self._now = now
        self._entropy = entropy

    async def submit(self, body: bytes, key: RequestKey | None, caller: Caller) -> Taken:
        """Return what stands for a request.

        Raises MalformedJson, InvalidDocument, the errors of `resolve`, AccountNotCovered, KeyUsed,
        TooManyBacktests, and BacktestUnavailable when it is not certain that it was kept.
        """
        asked = parse_backtest(body)
        _check_accounts(asked, caller)
        manifest = resolve(asked, await self._surroundings(asked))
        digest, identity = manifest_sha256(manifest), identify(key, body, asked)
        try:
            if asked.sweep is not None:
                sweep = self._sweep(asked, manifest, caller)
                return _taken(await self._keep(sweep, identity))
            event = self._run(asked, manifest, digest, caller)
            same = await self._ends.same_run(digest)
            if same is not None:
                return await self._reused(event, identity, same)
            await self._check_room(caller)
            return _taken(await self._keep(event, identity))
        except (IngressUnavailable, IngressTooLate, SubmissionUnknown) as error:
            raise BacktestUnavailable("back-test") from error

    async def find(self, run_id: str) -> Event[BacktestRequested] | None:
        """Return a run that is kept and that the ledger may not have; TransientError."""
        return await self._find(CorrelationKind.BACKTEST, run_id, BacktestRequested.topic)

    async def find_sweep(self, sweep_id: str) -> Event[SweepRequested] | None:
        """Return a sweep that is kept and that the ledger may not have; TransientError."""
        return await self._find(CorrelationKind.SWEEP, sweep_id, SweepRequested.topic)

    async def _find(self, kind: CorrelationKind, identifier: str, topic: str) -> AnyEvent | None:
        event_id = derive_event_id(make_correlation_id(kind, identifier), 1, topic)
        body = await self._kept.find(event_id)
        return None if body is None else parse_event(body)

    async def _reused(
        self, event: Event[BacktestRequested], identity: RequestIdentity, same: str
    ) -> Taken:
        """Return the earlier run, or what an earlier request with the key put there."""
        manifest, digest = event.payload.manifest, event.payload.manifest_sha256
        try:
            earlier = await self._pipeline.refuse(event, identity, _RunBefore(same))
        except _RunBefore:
            return Taken(manifest, digest, None, reused_run_id=same)
        return _taken(earlier)

    async def _keep[P: (BacktestRequested, SweepRequested)](
        self, event: Event[P], identity: RequestIdentity
    ) -> Standing[P]:
        return await self._pipeline.accept(event, identity, event.timestamp + LIFETIME)

    async def _surroundings(self, asked: AskedBacktest) -> Surroundings:
        catalogues, strategy = self._catalogues, asked.strategy
        datasets: Mapping[str, Dataset | None] = {
            one: await catalogues.datasets.find(one) for one in datasets_named(asked)
        }
        installed = None
        if isinstance(strategy, InstalledStrategy):
            installed = catalogues.strategies.find(strategy.name)
        wanted, market = flows_named(asked), asked.market
        shapes = market.shapes if isinstance(market, ShapedMarket) else ()
        return Surroundings(
            catalogues.tokens,
            datasets,
            installed,
            await self._limits(asked),
            self._now(),
            None if wanted is None else await catalogues.recordings.flows(wanted),
            await catalogues.recordings.shapes(shapes) if shapes else frozenset(),
        )

    async def _limits(self, asked: AskedBacktest) -> RunLimits:
        if isinstance(asked.limits, RunLimits):
            return asked.limits
        in_force = await self._catalogues.policies.in_force()
        return current_limits(in_force.document, asked.instruments)

    async def _check_room(self, caller: Caller) -> None:
        """Raise TooManyBacktests where as many runs of the key are queued as may be."""
        cursor, queued = None, 0
        for _ in range(QUEUE_PAGES):
            where = {"status": RunStatus.QUEUED.value, "batch": SINGLE}
            page = await self._read_models.page(BACKTEST, where, cursor, 200)
            queued += sum(one.requested_by == caller.key_id for one in page.items)
            cursor = page.next_cursor
            if queued >= MAX_QUEUED:
                raise TooManyBacktests(MAX_QUEUED)
            if cursor is None:
                return

    def _new_id(self) -> tuple[str, datetime]:
        at = self._now()
        return make_ulid(int(at.timestamp() * 1_000), self._entropy(ENTROPY_BYTES)), at

    def _run(
        self, asked: AskedBacktest, manifest: Manifest, digest: str, caller: Caller
    ) -> Event[BacktestRequested]:
        run_id, at = self._new_id()
        payload = BacktestRequested(
            run_id=run_id,
            manifest=manifest,
            manifest_sha256=digest,
            label=asked.label,
            requested_by=caller.key_id,
        )
        correlation_id = make_correlation_id(CorrelationKind.BACKTEST, run_id)
        return first_event(
            payload, correlation_id=correlation_id, key=EventKey(), producer=_GATEWAY, at=at
        )

    def _sweep(
        self, asked: AskedBacktest, manifest: Manifest, caller: Caller
    ) -> Event[SweepRequested]:
        assert asked.sweep is not None
        sweep_id, at = self._new_id()
        payload = SweepRequested(
            sweep_id=sweep_id,
            manifest=manifest,
            grid=asked.sweep,
            walk_forward=asked.walk_forward,
            label=asked.label,
            requested_by=caller.key_id,
        )
        correlation_id = make_correlation_id(CorrelationKind.SWEEP, sweep_id)
        return first_event(
            payload, correlation_id=correlation_id, key=EventKey(), producer=_GATEWAY, at=at
        )


_GATEWAY: Final = Role.GATEWAY.value


def _taken(standing: Standing[BacktestRequested] | Standing[SweepRequested]) -> Taken:
    """Return what was kept, which an earlier request may have written otherwise."""
    manifest = standing.event.payload.manifest
    is_repeated = standing.is_repeated
    return Taken(manifest, manifest_sha256(manifest), standing.event, is_repeated=is_repeated)


def _check_accounts(asked: AskedBacktest, caller: Caller) -> None:
    """Raise AccountNotCovered for flows of accounts that the caller's key is not about."""
    strategy = asked.strategy
    if not isinstance(strategy, RecordedFlows) or caller.accounts.are_all:
        return
    if strategy.strategy_id is None or not caller.accounts.cover_strategy(strategy.strategy_id):
        raise AccountNotCovered("strategy.strategy_id", strategy.strategy_id or "*")
