"""Runs slices with the engine of the product, over the files of datasets."""

from collections.abc import Sequence
from pathlib import Path

from actors.slice_process.inputs import load_inputs
from actors.slice_process.messages import FinishRequest, SliceRequest
from tradewind.contracts.backtests.model import Manifest
from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.contracts.backtests.results import Results
from tradewind.datasets.errors import DatasetDamaged, UnknownDataset
from tradewind.simulation.errors import SimulationFailed
from tradewind.simulation.finish import results_of
from tradewind.simulation.inputs import RunInputs
from tradewind.simulation.manifests import manifest_sha256
from tradewind.simulation.records import EquityRow, TradeRecord
from tradewind.simulation.run import SliceResult, run_slice


class SimulationEngine:
    """Implements `Engine`. It keeps what the last run read, for that run's next slice."""

    def __init__(self) -> None:
        self._kept: tuple[str, RunInputs] | None = None

    def run_slice(self, request: SliceRequest) -> SliceResult:
        """Run a slice."""
        inputs = self._inputs(request.manifest, Path(request.datasets))
        return run_slice(request.manifest, inputs, request.state, request.number)

    def finish(
        self, request: FinishRequest, rows: Sequence[EquityRow], trades: Sequence[TradeRecord]
    ) -> Results:
        """Return the results of a run."""
        return results_of(request.manifest, request.state, rows, trades)

    def _inputs(self, manifest: Manifest, datasets: Path) -> RunInputs:
        name = manifest_sha256(manifest)
        if self._kept is None or self._kept[0] != name:
            self._kept = None
            self._kept = (name, _loaded(manifest, datasets))
        return self._kept[1]


def _loaded(manifest: Manifest, datasets: Path) -> RunInputs:
    try:
        return load_inputs(manifest, datasets)
    except UnknownDataset as error:
        raise SimulationFailed(BacktestFailure.DATA_MISSING, str(error)) from None
    except DatasetDamaged as error:
        raise SimulationFailed(BacktestFailure.DATA_CHANGED, str(error)) from None
