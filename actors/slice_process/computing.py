"""Answers requests in the child process, by an engine. Nothing of it touches the outside."""

import json
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from pydantic import TypeAdapter

from actors.slice_process.frames import Frame, Tag, packed
from actors.slice_process.messages import (
    AnswerHead,
    AnyRequest,
    CatalogueAnswer,
    CatalogueRequest,
    CountAnswer,
    CountRequest,
    FailureAnswer,
    FinishAnswer,
    FinishRequest,
    Request,
    SliceAnswer,
    SliceRequest,
)
from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.contracts.backtests.results import Results
from tradewind.contracts.backtests.strategies import AnnouncedStrategy
from tradewind.contracts.payload import MAX_DETAIL_LENGTH
from tradewind.contracts.wire import format_timestamp
from tradewind.simulation.errors import InvalidRun, SimulationFailed
from tradewind.simulation.records import EquityRow, TradeRecord
from tradewind.simulation.run import SliceResult
from tradewind.simulation.slices import slices_of

ROWS_A_FRAME: Final = 500
OUT_OF_MEMORY: Final = "memory"
_REQUEST: Final[TypeAdapter[Request]] = TypeAdapter(AnyRequest)


class Engine(Protocol):
    """Runs slices and makes results; SimulationFailed says why there is none."""

    def run_slice(self, request: SliceRequest, frames: Sequence[Frame]) -> SliceResult:
        """Run a slice; the same request has the same result. Frames may have what is recorded."""
        ...

    def finish(
        self,
        request: FinishRequest,
        rows: Sequence[EquityRow],
        trades: Sequence[TradeRecord],
        frames: Sequence[Frame],
    ) -> Results:
        """Return the results of a run from all its rows, and from the trades that are sampled."""
        ...

    def count_bars(self, request: CountRequest) -> tuple[int, ...]:
        """Return how many bars a run would have in each of some periods."""
        ...

    def catalogue(self) -> tuple[AnnouncedStrategy, ...]:
        """Return the strategies that can be loaded."""
        ...


class Computing:
    """Answers the requests of one backtester."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def answer(self, frames: Sequence[Frame]) -> Iterator[bytes]:
        """Return the frames of an answer; a failure is one, too."""
        request = _REQUEST.validate_json(frames[0].data)
        try:
            made = list(self._made(request, frames[1:]))
        except SimulationFailed as failed:
            made = [_failure(failed.reason, failed.detail, failed.at)]
        except InvalidRun as invalid:
            made = [_failure(BacktestFailure.INVALID_RUN, str(invalid))]
        except MemoryError:
            # What was half made is garbage now, so the backtester ends this process after it.
            made = [_failure(BacktestFailure.WORKER_KILLED, OUT_OF_MEMORY)]
        except Exception as error:
            detail = f"{type(error).__name__}: {error}"
            made = [_failure(BacktestFailure.STRATEGY_FAILED, detail)]
        yield from map(packed, made)
        yield packed(Frame(Tag.END, b""))

    def _made(self, request: Request, frames: Sequence[Frame]) -> Iterator[Frame]:
        if isinstance(request, FinishRequest):
            rows = [EquityRow.from_json(one) for one in _texts(frames, Tag.ROWS)]
            trades = [TradeRecord.from_json(one) for one in _texts(frames, Tag.RECORDS)]
            yield _head(FinishAnswer(results=self._engine.finish(request, rows, trades, frames)))
            return
        if isinstance(request, CountRequest):
            yield _head(CountAnswer(bars=self._engine.count_bars(request)))
            return
        if isinstance(request, CatalogueRequest):
            yield _head(CatalogueAnswer(strategies=self._engine.catalogue()))
            return
        done = self._engine.run_slice(request, frames)
        yield _head(
            SliceAnswer(
                state=done.state,
                bars=slices_of(request.manifest)[request.number - 1].end_bar,
                trades=len(done.trades),
                signals_sha256=done.signals_sha256,
                is_last=done.is_last,
                results=self._results_of_whole(request, done, frames),
            )
        )
        yield from _trade_frames(done.trades)
        points = ",".join(one.point.model_dump_json() for one in done.equity)
        yield Frame(Tag.POINTS, f"[{points}]".encode())
        yield Frame(Tag.ROWS, json.dumps([one.to_json() for one in done.equity]).encode())

    def _results_of_whole(
        self, request: SliceRequest, done: SliceResult, frames: Sequence[Frame]
    ) -> Results | None:
        """Return the results of a run that is one slice, all of whose rows are at hand."""
        if not done.is_last or request.number != 1:
            return None
        finishing = FinishRequest(
            run_id=request.run_id,
            manifest=request.manifest,
            state=done.state,
            places=request.places,
        )
        return self._engine.finish(finishing, done.equity, done.trades, frames)


def _texts(frames: Sequence[Frame], tag: Tag) -> Iterator[str]:
    for frame in frames:
        if frame.tag is tag:
            yield from json.loads(frame.data)


def _head(answer: AnswerHead) -> Frame:
    return Frame(Tag.HEAD, answer.model_dump_json(by_alias=True).encode())


def _failure(reason: BacktestFailure, detail: str, at: str | None = None) -> Frame:
    return _head(FailureAnswer(reason=reason, detail=detail[:MAX_DETAIL_LENGTH], at=at))


def _trade_frames(trades: Sequence[TradeRecord]) -> Iterator[Frame]:
    for start in range(0, len(trades), ROWS_A_FRAME):
        rows = [
            {
                "number": trade.number,
                "at": format_timestamp(trade.time),
                "instrument": trade.instrument,
                "side": trade.side,
                "outcome": trade.outcome.value,
                "document": trade.model_dump_json(),
                "record": record.to_json(),
            }
            for record in trades[start : start + ROWS_A_FRAME]
            for trade in (record.trade,)
        ]
        yield Frame(Tag.TRADES, json.dumps(rows, separators=(",", ":")).encode())
