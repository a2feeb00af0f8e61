"""Answers requests in the child process, by an engine. Pure but for the engine's reading."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from pydantic import TypeAdapter

from actors.backtester.frames import Frame, Tag, packed
from actors.backtester.messages import (
    AnyRequest,
    FailureAnswer,
    FinishAnswer,
    FinishRequest,
    RunFailed,
    SliceAnswer,
    SliceRequest,
)
from tradewind.contracts.backtests.payloads import BacktestFailure, RunState
from tradewind.contracts.backtests.results import EquityPoint, Results, Trade
from tradewind.contracts.payload import MAX_DETAIL_LENGTH
from tradewind.contracts.wire import format_timestamp

TRADES_A_FRAME: Final = 500
_REQUEST: Final[TypeAdapter[SliceRequest | FinishRequest]] = TypeAdapter(AnyRequest)


class DoneTrade(NamedTuple):
    """A trade, and the engine's record of it as JSON; None where the run records no trades."""

    trade: Trade
    record: str | None


class DoneSlice(NamedTuple):
    """What a slice led to."""

    state: RunState
    bars: int
    """Processed so far."""
    trades: Sequence[DoneTrade]
    points: Sequence[EquityPoint]
    signals_sha256: str
    is_last: bool


class Engine(Protocol):
    """Runs slices and makes results; RunFailed says why there is none."""

    def run_slice(self, request: SliceRequest) -> DoneSlice:
        """Run a slice; the same request has the same answer."""
        ...

    def finish(
        self, request: FinishRequest, points: Iterable[EquityPoint], trades: Sequence[Trade]
    ) -> Results:
        """Return the results of a run from all its rows."""
        ...


class Computing:
    """Answers the requests of one backtester."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def answer(self, frames: Sequence[Frame]) -> Iterator[bytes]:
        """Return the frames of an answer; a failure is one, too."""
        request = _REQUEST.validate_json(frames[0].data)
        try:
            made = list(self._made(request, frames))
        except RunFailed as failed:
            made = [_head(FailureAnswer(reason=failed.reason, detail=failed.detail, at=failed.at))]
        except MemoryError:
            # Whatever was half made is garbage now; the parent ends this process after it.
            made = [_head(FailureAnswer(reason=BacktestFailure.WORKER_KILLED, detail="memory"))]
        except Exception as error:
            detail = f"{type(error).__name__}: {error}"[:MAX_DETAIL_LENGTH]
            made = [_head(FailureAnswer(reason=BacktestFailure.STRATEGY_FAILED, detail=detail))]
        yield from map(packed, made)
        yield packed(Frame(Tag.END, b""))

    def _made(
        self, request: SliceRequest | FinishRequest, frames: Sequence[Frame]
    ) -> Iterator[Frame]:
        if isinstance(request, FinishRequest):
            yield _head(FinishAnswer(results=self._finish(request, frames)))
            return
        done = self._engine.run_slice(request)
        is_whole = done.is_last and request.number == 1
        results = None
        if is_whole:
            finishing = FinishRequest(
                run_id=request.run_id,
                manifest=request.manifest,
                state=done.state,
                datasets=request.datasets,
            )
            trades = [one.trade for one in done.trades]
            results = self._engine.finish(finishing, done.points, trades)
        yield _head(
            SliceAnswer(
                state=done.state,
                bars=done.bars,
                trades=len(done.trades),
                signals_sha256=done.signals_sha256,
                is_last=done.is_last,
                results=results,
            )
        )
        is_summary = request.manifest.run.record == "summary"
        if not (is_summary and is_whole):
            yield from _trade_frames(done.trades, with_records=not is_summary)
        points = ",".join(one.model_dump_json() for one in done.points)
        yield Frame(Tag.POINTS, f"[{points}]".encode())

    def _finish(self, request: FinishRequest, frames: Sequence[Frame]) -> Results:
        points = [
            EquityPoint.model_validate_json(json.dumps(one))
            for frame in frames
            if frame.tag is Tag.POINTS
            for one in json.loads(frame.data)
        ]
        trades = [
            Trade.model_validate_json(one)
            for frame in frames
            if frame.tag is Tag.TRADES
            for one in json.loads(frame.data)
        ]
        return self._engine.finish(request, points, trades)


def _head(answer: SliceAnswer | FinishAnswer | FailureAnswer) -> Frame:
    return Frame(Tag.HEAD, answer.model_dump_json(by_alias=True).encode())


def _trade_frames(trades: Sequence[DoneTrade], *, with_records: bool) -> Iterator[Frame]:
    for start in range(0, len(trades), TRADES_A_FRAME):
        rows = [
            {
                "number": one.trade.number,
                "at": format_timestamp(_time(one.trade)),
                "instrument": one.trade.instrument,
                "side": one.trade.side,
                "outcome": one.trade.outcome.value,
                "document": one.trade.model_dump_json(),
                "record": one.record if with_records else None,
            }
            for one in trades[start : start + TRADES_A_FRAME]
        ]
        yield Frame(Tag.TRADES, json.dumps(rows, separators=(",", ":")).encode())


def _time(trade: Trade) -> datetime:
    return trade.time
