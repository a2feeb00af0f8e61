"""Decides what follows an event of a run: the next slice, or its end.

A slice is kept before its event is decided, and an end before the event that says it, so whoever
does either again finds it there.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from actors.backtester.child_process import Answer
from actors.backtester.metrics import BARS, RUNS, SLICE_SECONDS
from actors.backtester.recorded import recorded_frames
from actors.slice_process.frames import Frame, Tag
from actors.slice_process.messages import (
    FailureAnswer,
    FinishAnswer,
    FinishRequest,
    Places,
    Request,
    SliceAnswer,
    SliceRequest,
)
from tradewind.contracts.backtests.model import Manifest
from tradewind.contracts.backtests.payloads import (
    BacktestCancelled,
    BacktestCompleted,
    BacktestFailed,
    BacktestFailure,
    BacktestProgressed,
    BacktestRequested,
)
from tradewind.contracts.backtests.results import Results
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.payload import Payload
from tradewind.errors import NotYet
from tradewind.failpoints import failpoint
from tradewind.simulation.engine import ENGINE
from tradewind.simulation.errors import SimulationFailed
from tradewind.simulation.finish import sampled_numbers
from tradewind.simulation.slices import slices_of
from tradewind.trading.backtests.records import EndedRun, SliceRow, SliceRows, TakenRun
from tradewind.trading.backtests.store import BacktestStore

RUN_AWAITED_MS: Final = 1_000
SLICE_COMPUTED: Final = "backtest.slice_computed"
SLICE_KEPT: Final = "backtest.slice_kept"
END_KEPT: Final = "backtest.end_kept"
FAILPOINTS: Final = (SLICE_COMPUTED, SLICE_KEPT, END_KEPT)


class Asks(Protocol):
    """Asks the process of slices."""

    async def __call__(self, request: Request, frames: tuple[Frame, ...] = ()) -> Answer: ...


class _Ends(Exception):
    """The run ends now."""

    def __init__(self, ended: EndedRun) -> None:
        self.ended = ended


@dataclass(frozen=True, slots=True)
class Backtester:
    """What the actor of runs works with."""

    store: BacktestStore
    ask: Asks
    places: Places
    max_run_ms: int
    now: Callable[[], datetime]
    engine: str = ENGINE

    async def decide(self, event: AnyEvent) -> Payload:
        """Return what follows an event of a run. NotYet while nothing is known of the run."""
        payload = event.payload
        assert isinstance(payload, BacktestRequested | BacktestProgressed)
        run = await self._run_of(event, payload)
        ended = await self.store.find_end(run.run_id)
        if ended is None:
            try:
                return await self._next(run, payload)
            except _Ends as ends:
                ended = await self.store.keep_end(ends.ended)
                failpoint(END_KEPT)
                RUNS.labels(ended.outcome).inc()
        return end_of(ended)

    async def _run_of(
        self, event: AnyEvent, payload: BacktestRequested | BacktestProgressed
    ) -> TakenRun:
        if isinstance(payload, BacktestRequested):
            manifest = payload.manifest.model_dump_json(by_alias=True)
            run = TakenRun(
                payload.run_id,
                payload.sweep_id,
                payload.manifest_sha256,
                manifest,
                event.timestamp,
            )
            await self.store.keep_run(run)
            return run
        found = await self.store.find_run(payload.run_id)
        if found is None:
            raise NotYet(RUN_AWAITED_MS)
        return found

    async def _next(
        self, run: TakenRun, payload: BacktestRequested | BacktestProgressed
    ) -> Payload:
        manifest = Manifest.model_validate_json(run.manifest)
        await self._check(run, manifest)
        number, state = 1, None
        if isinstance(payload, BacktestProgressed):
            number, state = payload.slice + 1, payload.state
        done = await self.store.find_slice(run.run_id, number)
        results = None
        if done is None:
            request = SliceRequest(
                run_id=run.run_id,
                manifest=manifest,
                state=state,
                number=number,
                places=self.places,
            )
            done, results = await self._slice(run, request, await self._recorded(run, manifest))
        if done.is_last:
            raise _Ends(await self._completed(run, manifest, done, results))
        return BacktestProgressed(
            run_id=run.run_id,
            slice=number,
            bars_processed=done.bars,
            bars_total=manifest.bars_total,
            state=done.run_state,
        )

    async def _check(self, run: TakenRun, manifest: Manifest) -> None:
        """Raise _Ends where no slice is to be begun any more."""
        requested_by = await self.store.find_cancel(run.run_id)
        if requested_by is not None:
            raise _Ends(_ended(run, "cancelled", requested_by=requested_by or None))
        if manifest.engine != self.engine:
            detail = f"{manifest.engine}, and this backtester has {self.engine}"
            raise _failed(run, BacktestFailure.ENGINE_CHANGED, detail)
        spent_ms = await self.store.spent_ms(run.run_id)
        if spent_ms >= self.max_run_ms:
            detail = f"{spent_ms} ms of {self.max_run_ms} ms, TRADEWIND_BACKTEST_RUN_SECONDS"
            raise _failed(run, BacktestFailure.TIME_LIMIT, detail)

    async def _recorded(self, run: TakenRun, manifest: Manifest) -> tuple[Frame, ...]:
        """Return what the run reads of the ledger."""
        try:
            return await recorded_frames(self.store, manifest)
        except SimulationFailed as failed:
            raise _failed(run, failed.reason, failed.detail, failed.at) from None

    async def _slice(
        self, run: TakenRun, request: SliceRequest, recorded: tuple[Frame, ...]
    ) -> tuple[SliceRow, Results | None]:
        """Compute a slice and keep its rows; return the slice that is kept."""
        started = time.monotonic()
        answer = await self.ask(request, recorded)
        seconds = time.monotonic() - started
        head = answer.head
        if isinstance(head, FailureAnswer):
            raise _failed(run, head.reason, head.detail, head.at or f"slice {request.number}")
        assert isinstance(head, SliceAnswer), "a slice was asked for"
        rows = SliceRows(
            answer.texts(Tag.TRADES),
            "".join(answer.texts(Tag.POINTS)) or "[]",
            "".join(answer.texts(Tag.ROWS)) or "[]",
        )
        done = SliceRow(
            request.number,
            head.bars,
            head.trades,
            head.state.model_dump_json(),
            head.signals_sha256,
            head.state.rows_sha256,
            head.is_last,
            round(seconds * 1_000),
            sum(len(one.data) for one in answer.frames),
        )
        failpoint(SLICE_COMPUTED)
        kept = await self.store.keep_slice(run.run_id, done, rows)
        failpoint(SLICE_KEPT)
        SLICE_SECONDS.observe(seconds)
        BARS.inc(slices_of(request.manifest)[request.number - 1].bars)
        return kept, head.results if kept == done else None

    async def _completed(
        self, run: TakenRun, manifest: Manifest, last: SliceRow, results: Results | None
    ) -> EndedRun:
        if results is None:
            results = await self._results(run, manifest, last)
        return _ended(
            run,
            "completed",
            results=results.model_dump_json(),
            result_sha256=results.result_sha256,
            bars=last.bars,
        )

    async def _results(self, run: TakenRun, manifest: Manifest, last: SliceRow) -> Results:
        """Make the results of a run from its rows."""
        state = last.run_state
        rows = await self.store.rows(run.run_id)
        records = await self.store.records(run.run_id, sampled_numbers(manifest, state))
        request = FinishRequest(
            run_id=run.run_id, manifest=manifest, state=state, places=self.places
        )
        frames = (
            *(Frame(Tag.ROWS, one.encode()) for one in rows),
            *(Frame(Tag.RECORDS, json.dumps([one]).encode()) for one in records),
            *await self._recorded(run, manifest),
        )
        answer = await self.ask(request, frames)
        head = answer.head
        if isinstance(head, FailureAnswer):
            raise _failed(run, head.reason, head.detail, head.at)
        assert isinstance(head, FinishAnswer), "results were asked for"
        return head.results


def end_of(ended: EndedRun) -> Payload:
    """Return the event of an end that is kept."""
    if ended.outcome == "cancelled":
        return BacktestCancelled(run_id=ended.run_id, requested_by=ended.requested_by)
    if ended.reason is not None:
        return BacktestFailed(
            run_id=ended.run_id,
            reason=BacktestFailure(ended.reason),
            detail=ended.detail,
            at=ended.at,
        )
    results = ended.parsed_results()
    assert ended.bars is not None, "the table refuses completed runs without"
    return BacktestCompleted(
        run_id=ended.run_id,
        metrics=results.metrics,
        result_sha256=results.result_sha256,
        signals_sha256=results.signals_sha256,
        bars_processed=ended.bars,
    )


def _ended(run: TakenRun, outcome: str, **fields: object) -> EndedRun:
    return EndedRun(run.run_id, outcome, run.sweep_id, run.manifest_sha256)._replace(**fields)  # type: ignore[arg-type]


def _failed(
    run: TakenRun, reason: BacktestFailure, detail: str | None, at: str | None = None
) -> _Ends:
    return _Ends(_ended(run, "failed", reason=reason.value, detail=detail, at=at))
