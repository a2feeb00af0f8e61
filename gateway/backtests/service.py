"""What routes ask about back-tests."""

from typing import NamedTuple

from gateway.backtests.ports import Datasets, Ends, Rows, RunCommands, Strategies
from gateway.backtests.submission import BacktestSubmitter


class Backtests(NamedTuple):
    """How back-tests come in, what came of them, and what they may be made of."""

    submitter: BacktestSubmitter
    ends: Ends
    rows: Rows
    commands: RunCommands
    strategies: Strategies
    datasets: Datasets
