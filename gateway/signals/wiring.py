"""Makes what the gateway needs for signals."""

from gateway.commands.signal_approvals import SignalAnswerer
from gateway.limits.policies import signal_policy
from gateway.metrics import SIGNAL_SUBMISSIONS
from gateway.pools import Pools
from gateway.settings import GatewaySettings
from gateway.signals.intake import SignalIntake
from gateway.signals.markets import SignalMarkets
from gateway.signals.service import Signals
from gateway.submission.connected_publisher import ConnectedPublisher
from gateway.submission.pipeline import SubmissionPipeline
from tradewind.keys.hooks import HookStore
from tradewind.ledger.upkeep.ingress import IngressJournal
from tradewind.trading.evaluations.telemetry import ModelTelemetry
from tradewind.trading.marketdata.perpetuals import load_perpetuals
from tradewind.trading.signal_approvals.journal import SignalApprovalJournal
from tradewind.trading.signal_policy.file import load_signal_policies
from tradewind.trading.tokens import TokenRegistry


def open_signals(
    settings: GatewaySettings, registry: TokenRegistry, sender: ConnectedPublisher, pools: Pools
) -> Signals:
    """Return how signals come in; ConfigurationError where a file is wrong."""
    intake = SignalIntake(
        load_signal_policies(settings.signal_policy_file),
        SignalMarkets(load_perpetuals(settings.perpetuals_file), registry),
        SubmissionPipeline(IngressJournal(pools.writing), sender, SIGNAL_SUBMISSIONS),
        IngressJournal(pools.reading),
        settings.portfolios.of_strategy,
    )
    telemetry = ModelTelemetry(pools.reading)
    return Signals(
        intake,
        HookStore(pools.reading),
        signal_policy(settings),
        SignalAnswerer(SignalApprovalJournal(pools.writing), sender),
        SignalApprovalJournal(pools.reading),
        telemetry,
        telemetry,
    )
