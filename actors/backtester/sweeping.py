"""Takes sweeps further: asks for their runs, some at a time, and judges them when all are over."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from actors.backtester.judging import Judgement, chosen_of, judge
from actors.backtester.metrics import SWEEPS
from actors.backtester.running import Asks
from actors.backtester.sweep_plan import (
    Planned,
    SweepTooLarge,
    request_event,
    tests_of,
    trials_of,
)
from actors.backtester.sweep_table import completed_of, table_of
from actors.slice_process.messages import CountAnswer, CountRequest, FailureAnswer, Period, Places
from tradewind.contracts.backtests.sweeps import (
    SweepCompleted,
    SweepOutcome,
    SweepProgressed,
    SweepRequested,
    SweepStage,
)
from tradewind.contracts.envelope import AnyEvent, next_events
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, Payload
from tradewind.contracts.roles import Role
from tradewind.errors import NotYet
from tradewind.trading.backtests.records import EndedRun
from tradewind.trading.backtests.store import BacktestStore

OPEN_RUNS: Final = 32
"""A sweep has no more runs in the queue at a time, so that others get their turn."""
ASKED_AGAIN_MS: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Sweep:
    """A sweep, and how far it is."""

    request: SweepRequested
    stage: SweepStage
    requested: int
    trials: tuple[Planned, ...]
    chosen: tuple[int, ...]

    @property
    def planned(self) -> tuple[Planned, ...]:
        """The runs of the stage."""
        if self.stage is SweepStage.TRIALS:
            return self.trials
        return tests_of(self.request, self.trials, self.chosen)


@dataclass(frozen=True, slots=True)
class SweepRunner:
    """What the actor of sweeps works with."""

    store: BacktestStore
    ask: Asks
    places: Places
    now: Callable[[], datetime]

    async def advance(self, event: AnyEvent) -> list[AnyEvent]:
        """Return what follows: some runs and the progress, or the end. NotYet while runs run."""
        request = await self._request_of(event.payload)
        try:
            trials = trials_of(request)
        except SweepTooLarge as error:
            return self._ending(event, _failed(request, str(error)))
        sweep = _sweep_of(request, event.payload, trials)
        requested_by = await self.store.find_cancel(request.sweep_id)
        if requested_by is not None:
            await self._cancel(sweep, requested_by or None)
            return self._ending(event, _cancelled(request, len(trials)))
        planned = sweep.planned
        ended = await self.store.ends([one.run_id for one in planned[: sweep.requested]])
        if sweep.requested < len(planned):
            return await self._request_more(event, sweep, sweep.requested - len(ended))
        if len(ended) < len(planned):
            raise NotYet(ASKED_AGAIN_MS)
        if request.walk_forward is not None and sweep.stage is SweepStage.TRIALS:
            return self._to_tests(event, sweep, ended)
        return self._ending(event, await self._completed(sweep))

    async def _request_of(self, payload: Payload) -> SweepRequested:
        if isinstance(payload, SweepRequested):
            await self.store.keep_sweep_request(payload.sweep_id, payload.model_dump_json())
            return payload
        assert isinstance(payload, SweepProgressed)
        kept = await self.store.find_sweep_request(payload.sweep_id)
        if kept is None:
            raise NotYet(ASKED_AGAIN_MS)
        return SweepRequested.model_validate_json(kept)

    async def _request_more(self, event: AnyEvent, sweep: _Sweep, running: int) -> list[AnyEvent]:
        """Return the next runs as histories of their own, before the progress of the sweep."""
        room = OPEN_RUNS - running
        if room < min(OPEN_RUNS // 2, len(sweep.planned) - sweep.requested):
            raise NotYet(ASKED_AGAIN_MS)
        more = sweep.planned[sweep.requested : sweep.requested + room]
        request = sweep.request
        bars = await self._count_bars(request, more)
        if isinstance(bars, FailureAnswer):
            return self._ending(event, _failed(request, f"{bars.reason}: {bars.detail}"))
        at = self.now()
        runs: list[AnyEvent] = [
            request_event(request, one, bars_total, event.event_id, at)
            for one, bars_total in zip(more, bars, strict=True)
        ]
        progressed = SweepProgressed(
            sweep_id=request.sweep_id,
            stage=sweep.stage,
            requested=sweep.requested + len(more),
            total=len(sweep.planned),
            chosen=sweep.chosen,
        )
        return [*runs, *next_events(event, [progressed], producer=Role.BACKTESTER, at=at)]

    async def _count_bars(
        self, request: SweepRequested, planned: Sequence[Planned]
    ) -> Sequence[int] | FailureAnswer:
        """Return the bars of some runs; only those of windows have to be counted."""
        if request.walk_forward is None:
            return [request.manifest.bars_total] * len(planned)
        periods = {(one.from_, one.to): Period(from_=one.from_, to=one.to) for one in planned}
        asked = CountRequest(
            run_id=request.sweep_id,
            manifest=request.manifest,
            periods=tuple(periods.values()),
            places=self.places,
        )
        head = (await self.ask(asked)).head
        if isinstance(head, FailureAnswer):
            return head
        assert isinstance(head, CountAnswer), "a count was asked for"
        counted = dict(zip(periods, head.bars, strict=True))
        return [counted[(one.from_, one.to)] for one in planned]

    def _to_tests(
        self, event: AnyEvent, sweep: _Sweep, ended: dict[str, EndedRun]
    ) -> list[AnyEvent]:
        progressed = SweepProgressed(
            sweep_id=sweep.request.sweep_id,
            stage=SweepStage.TESTS,
            requested=0,
            total=len(tests_of(sweep.request, sweep.trials, chosen_of(sweep.trials, ended))),
            chosen=chosen_of(sweep.trials, ended),
        )
        return next_events(event, [progressed], producer=Role.BACKTESTER, at=self.now())

    async def _completed(self, sweep: _Sweep) -> SweepCompleted:
        """Judge all runs and keep the table; a table that is kept is not made again."""
        tests = (
            tests_of(sweep.request, sweep.trials, sweep.chosen)
            if sweep.request.walk_forward
            else ()
        )
        ended = await self.store.ends([one.run_id for one in (*sweep.trials, *tests)])
        judgement = await self._judged(sweep.trials, tests, ended)
        table = table_of((*sweep.trials, *tests), ended, judgement)
        await self.store.keep_sweep(sweep.request.sweep_id, table.model_dump_json(by_alias=True))
        return completed_of(sweep.request, sweep.trials, tests, ended, judgement)

    async def _judged(
        self,
        trials: Sequence[Planned],
        tests: Sequence[Planned],
        ended: dict[str, EndedRun],
    ) -> Judgement:
        curves: dict[str, list[str]] = {}
        for one in trials:
            if one.run_id in ended and ended[one.run_id].is_completed:
                curves[one.run_id] = await self.store.rows(one.run_id)
        return await asyncio.to_thread(judge, trials, tests, ended, curves)

    async def _cancel(self, sweep: _Sweep, requested_by: str | None) -> None:
        asked_for = [one.run_id for one in sweep.planned[: sweep.requested]]
        await self.store.cancel(asked_for, requested_by)

    def _ending(self, event: AnyEvent, payload: SweepCompleted) -> list[AnyEvent]:
        SWEEPS.labels(payload.outcome.value).inc()
        return next_events(event, [payload], producer=Role.BACKTESTER, at=self.now())


def _sweep_of(request: SweepRequested, payload: Payload, trials: tuple[Planned, ...]) -> _Sweep:
    if isinstance(payload, SweepProgressed):
        return _Sweep(request, payload.stage, payload.requested, trials, payload.chosen)
    return _Sweep(request, SweepStage.TRIALS, 0, trials, ())


def _failed(request: SweepRequested, detail: str) -> SweepCompleted:
    return SweepCompleted(
        sweep_id=request.sweep_id,
        outcome=SweepOutcome.FAILED,
        trials=0,
        without_result=0,
        detail=detail[:MAX_DETAIL_LENGTH],
    )


def _cancelled(request: SweepRequested, trials: int) -> SweepCompleted:
    return SweepCompleted(
        sweep_id=request.sweep_id,
        outcome=SweepOutcome.CANCELLED,
        trials=trials,
        without_result=0,
    )
