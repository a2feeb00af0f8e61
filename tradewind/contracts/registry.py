"""The registry of topics and lifecycles. A topic is declared by its payload and its line here."""

from typing import Any, Final

from tradewind.contracts.backtests.lifecycle import BACKTEST, SWEEP
from tradewind.contracts.backtests.payloads import (
    BacktestCancelled,
    BacktestCompleted,
    BacktestFailed,
    BacktestProgressed,
    BacktestRequested,
)
from tradewind.contracts.backtests.sweeps import SweepCompleted, SweepProgressed, SweepRequested
from tradewind.contracts.decisions.payloads import DecisionConcluded, DecisionMade
from tradewind.contracts.execution.lifecycle import STEP
from tradewind.contracts.execution.payloads import (
    ExecutionCompleted,
    ExecutionFailed,
    ExecutionStarted,
    StepFilled,
    StepReorged,
    StepSigned,
    StepSubmitted,
)
from tradewind.contracts.instruments.payloads import (
    InstrumentRegistered,
    InstrumentUpdated,
    MarketObserved,
    PoolObserved,
    TokensObserved,
)
from tradewind.contracts.intents.lifecycle import INTENT
from tradewind.contracts.intents.payloads import (
    IntentAccepted,
    IntentCancelled,
    IntentCancelNoted,
    IntentCancelRequested,
    IntentExpired,
    IntentSubmitted,
)
from tradewind.contracts.lifecycle import Lifecycle
from tradewind.contracts.market.payloads import CandlesObserved, PerpObserved
from tradewind.contracts.payload import Payload
from tradewind.contracts.plans.lifecycle import PLAN
from tradewind.contracts.plans.payloads import (
    PlanCreated,
    PlanRejected,
)
from tradewind.contracts.portfolio.closing import PortfolioCloseRequested
from tradewind.contracts.portfolio.payloads import (
    PortfolioFunded,
    PortfolioOpened,
    PortfolioUpdated,
)
from tradewind.contracts.risk.payloads import (
    RiskApprovalAnswered,
    RiskApprovalRequired,
    RiskApproved,
    RiskRejected,
    RiskScreened,
)
from tradewind.contracts.signals.lifecycle import SIGNAL
from tradewind.contracts.signals.payloads import (
    SignalApprovalAnswered,
    SignalEnriched,
    SignalEvaluated,
    SignalMarked,
    SignalReceived,
    SignalRejected,
)
from tradewind.contracts.system.payloads import (
    DeadLetterResolved,
    DeadLetterRetried,
    TradingStateChanged,
)
from tradewind.contracts.system.risk_limits import RiskLimitsApplied, RiskLimitsDefined
from tradewind.contracts.wallets.payloads import (
    WalletReconciled,
    WalletReconcileRequested,
    WalletRegistered,
    WalletResumed,
    WalletTransactionSettled,
)

PAYLOAD_TYPES: Final[tuple[type[Payload], ...]] = (
    SignalReceived,
    SignalEnriched,
    SignalRejected,
    SignalEvaluated,
    SignalApprovalAnswered,
    SignalMarked,
    DecisionMade,
    DecisionConcluded,
    IntentSubmitted,
    IntentAccepted,
    IntentExpired,
    IntentCancelRequested,
    IntentCancelNoted,
    IntentCancelled,
    RiskScreened,
    RiskApprovalRequired,
    RiskApprovalAnswered,
    RiskApproved,
    RiskRejected,
    PlanCreated,
    PlanRejected,
    ExecutionStarted,
    StepSigned,
    StepSubmitted,
    StepReorged,
    StepFilled,
    ExecutionCompleted,
    ExecutionFailed,
    PortfolioOpened,
    PortfolioUpdated,
    PortfolioFunded,
    PortfolioCloseRequested,
    TokensObserved,
    PoolObserved,
    MarketObserved,
    CandlesObserved,
    PerpObserved,
    InstrumentRegistered,
    InstrumentUpdated,
    DeadLetterRetried,
    DeadLetterResolved,
    RiskLimitsDefined,
    RiskLimitsApplied,
    TradingStateChanged,
    WalletRegistered,
    WalletTransactionSettled,
    WalletReconcileRequested,
    WalletReconciled,
    WalletResumed,
    BacktestRequested,
    BacktestProgressed,
    BacktestCompleted,
    BacktestFailed,
    BacktestCancelled,
    SweepRequested,
    SweepProgressed,
    SweepCompleted,
)
PAYLOADS: Final[dict[str, type[Payload]]] = {model.topic: model for model in PAYLOAD_TYPES}
TOPICS: Final = PAYLOADS.keys()

EVENT_DOMAINS: Final = (
    "signal",
    "decision",
    "intent",
    "risk",
    "plan",
    "exec",
    "portfolio",
    "instrument",
    "wallet",
    "backtest",
    "system",
)

LIFECYCLES: Final[tuple[Lifecycle[Any], ...]] = (INTENT, PLAN, STEP, SIGNAL, BACKTEST, SWEEP)


def resting_topics() -> frozenset[str]:
    """Return the topics after which nobody has to act: no history stalls there."""
    return terminal_topics() | {
        topic for topic, payload in PAYLOADS.items() if payload.awaits_nobody
    }


def terminal_topics() -> frozenset[str]:
    """Return the topics that end a history."""
    return frozenset(topic for topic, payload in PAYLOADS.items() if payload.ends_history)
