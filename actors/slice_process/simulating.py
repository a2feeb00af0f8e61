"""Runs slices with the engine of the product, over the files of datasets."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from actors.slice_process.frames import Frame
from actors.slice_process.inputs import count_steps, load_inputs
from actors.slice_process.messages import (
    MAX_STRATEGIES,
    CountRequest,
    FinishRequest,
    Period,
    Places,
    SliceRequest,
)
from actors.slice_process.recorded import recorded_of, shapes_of
from tradewind.contracts.backtests.model import Manifest, RecordedData
from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.contracts.backtests.results import Results
from tradewind.contracts.backtests.strategies import AnnouncedStrategy, StrategyParameter
from tradewind.datasets.errors import DatasetDamaged, DatasetRefused, UnknownDataset
from tradewind.simulation.errors import SimulationFailed
from tradewind.simulation.finish import results_of
from tradewind.simulation.inputs import RunInputs
from tradewind.simulation.manifests import manifest_sha256
from tradewind.simulation.records import EquityRow, TradeRecord
from tradewind.simulation.run import SliceResult, run_slice
from tradewind.simulation.strategies.loading import ParameterKind, Strategy, installed
from tradewind.trading.tokens import load_tokens

_KINDS: Final[dict[ParameterKind, Literal["integer", "decimal", "text", "flag"]]] = {
    "integer": "integer",
    "decimal": "decimal",
    "string": "text",
    "boolean": "flag",
}


class SimulationEngine:
    """Implements `Engine`. It keeps what the last run read, for that run's next slice."""

    def __init__(self) -> None:
        self._kept: tuple[str, RunInputs] | None = None

    def run_slice(self, request: SliceRequest, frames: Sequence[Frame]) -> SliceResult:
        """Run a slice."""
        inputs = self._inputs(request.manifest, request.places, frames)
        return run_slice(request.manifest, inputs, request.state, request.number)

    def finish(
        self,
        request: FinishRequest,
        rows: Sequence[EquityRow],
        trades: Sequence[TradeRecord],
        frames: Sequence[Frame],
    ) -> Results:
        """Return the results of a run."""
        return results_of(request.manifest, request.state, rows, trades, shapes_of(frames))

    def count_bars(self, request: CountRequest) -> tuple[int, ...]:
        """Return how many candles open in each of some periods."""
        return tuple(_count(request, period) for period in request.periods)

    def catalogue(self) -> tuple[AnnouncedStrategy, ...]:
        """Return the strategies that can be loaded; of the others the log says why not."""
        return tuple(announced(one) for one in installed()[:MAX_STRATEGIES])

    def _inputs(self, manifest: Manifest, places: Places, frames: Sequence[Frame]) -> RunInputs:
        name = manifest_sha256(manifest)
        if self._kept is None or self._kept[0] != name:
            self._kept = None
            self._kept = (name, _loaded(manifest, places, frames))
        return self._kept[1]


def announced(strategy: Strategy) -> AnnouncedStrategy:
    """Return what is told of a strategy."""
    params = {
        one.name: StrategyParameter(kind=_KINDS[one.kind], default=one.default)
        for one in strategy.parameters
    }
    return AnnouncedStrategy(
        name=strategy.name,
        version=strategy.version[:64],
        sha256=strategy.source_sha256,
        params=params,
        doc=strategy.summary,
    )


def _loaded(manifest: Manifest, places: Places, frames: Sequence[Frame]) -> RunInputs:
    tokens_file = None if places.tokens_file is None else Path(places.tokens_file)
    with _said():
        return load_inputs(manifest, Path(places.datasets), tokens_file, recorded_of(frames))


def _count(request: CountRequest, period: Period) -> int:
    run = request.manifest.run.model_copy(update={"from_": period.from_, "to": period.to})
    if isinstance(run.data, RecordedData):
        raise SimulationFailed(BacktestFailure.DATA_MISSING, "data: windows need candles")
    tokens_file = request.places.tokens_file
    tokens = load_tokens(None if tokens_file is None else Path(tokens_file))
    with _said():
        return count_steps(run, Path(request.places.datasets), tokens)


@contextmanager
def _said() -> Iterator[None]:
    """Raise what is wrong with files as the failure of a run."""
    try:
        yield
    except (UnknownDataset, DatasetRefused) as error:
        raise SimulationFailed(BacktestFailure.DATA_MISSING, str(error)) from None
    except DatasetDamaged as error:
        raise SimulationFailed(BacktestFailure.DATA_CHANGED, str(error)) from None
