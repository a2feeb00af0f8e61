"""What holds for all orders of a run, made of its manifest."""

from collections.abc import Sequence

from tradewind.contracts.backtests.model import Manifest
from tradewind.simulation.manifests import manifest_sha256
from tradewind.simulation.records import Pair
from tradewind.simulation.strategies.columns import scaled
from tradewind.simulation.trading.behaviour import Behaviour
from tradewind.simulation.trading.desk import Terms
from tradewind.simulation.trading.limits import Limits
from tradewind.simulation.trading.plan import SLIPPAGE_UNIT
from tradewind.simulation.trading.totals import Totals


def terms_of(manifest: Manifest, pairs: Sequence[Pair], totals: Totals) -> Terms:
    """Return the terms at the beginning of a slice."""
    run = manifest.run
    execution = run.execution
    limits = Limits(
        run.limits, execution.max_slippage, pairs[0].quote.decimals, (totals.day, totals.spent)
    )
    return Terms(
        pairs=pairs,
        slippage=scaled(execution.max_slippage, SLIPPAGE_UNIT),
        behaviour=Behaviour(manifest_sha256(manifest), run.seed, execution),
        limits=limits,
        keeps_records=run.record != "summary",
    )
