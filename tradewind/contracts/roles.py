"""The registry of roles: what each consumes, what it publishes, and what it may do at which server.

NATS users and their permissions, PostgreSQL logins, readiness checks and the help of the command
line are derived from this table, and tests hold the deployment to it. A role is declared by its row
here and its folder in `actors/`.
"""

from collections.abc import Iterator
from typing import Final

from tradewind.contracts.backtests.payloads import (
    BacktestCancelled,
    BacktestCompleted,
    BacktestFailed,
    BacktestProgressed,
    BacktestRequested,
)
from tradewind.contracts.backtests.sweeps import SweepCompleted, SweepProgressed, SweepRequested
from tradewind.contracts.decisions.payloads import DecisionConcluded, DecisionMade
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
from tradewind.contracts.intents.payloads import (
    IntentAccepted,
    IntentCancelled,
    IntentCancelNoted,
    IntentCancelRequested,
    IntentExpired,
    IntentSubmitted,
)
from tradewind.contracts.market.payloads import CandlesObserved, PerpObserved
from tradewind.contracts.ordering import PARTITIONS, Order
from tradewind.contracts.plans.payloads import PlanCreated, PlanRejected
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
from tradewind.contracts.role_model import SERVER_NAMES as SERVER_NAMES
from tradewind.contracts.role_model import Kind as Kind
from tradewind.contracts.role_model import QueueGroup as QueueGroup
from tradewind.contracts.role_model import Role as Role
from tradewind.contracts.role_model import RoleDeclaration as RoleDeclaration
from tradewind.contracts.role_model import ServerName as ServerName
from tradewind.contracts.role_model import Use as Use
from tradewind.contracts.signals.payloads import (
    SignalApprovalAnswered,
    SignalEnriched,
    SignalEvaluated,
    SignalMarked,
    SignalReceived,
    SignalRejected,
)
from tradewind.contracts.streams import (
    DEAD_LETTERS_STREAM,
    EVENTS_STREAM,
    MARKET_STREAM,
    PLAN_PREVIEWS,
    PORTFOLIO_PREVIEWS,
    RISK_PREVIEWS,
    SIGNAL_SUBMISSIONS,
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

ENRICHER_WORKERS: Final = QueueGroup("enricher.workers", (SignalReceived.topic,))
EVALUATOR_WORKERS: Final = QueueGroup("evaluator.workers", (SignalEnriched.topic,))
DESK_WORKERS: Final = QueueGroup("desk.workers", (SignalEvaluated.topic,))
RISK_WORKERS: Final = QueueGroup("risk.workers", (IntentSubmitted.topic,), order=Order.PORTFOLIO)
PORTFOLIO_WORKERS: Final = QueueGroup(
    "portfolio.workers", (RiskScreened.topic,), order=Order.PORTFOLIO
)
PLANNER_WORKERS: Final = QueueGroup("planner.workers", (IntentAccepted.topic,))
ORCHESTRATOR_WORKERS: Final = QueueGroup(
    "orchestrator.workers",
    (
        PlanCreated.topic,
        StepSigned.topic,
        StepSubmitted.topic,
        StepReorged.topic,
        StepFilled.topic,
        IntentCancelRequested.topic,
    ),
)
BACKTESTER_WORKERS: Final = QueueGroup(
    "backtester.workers", (BacktestRequested.topic, BacktestProgressed.topic)
)
SWEEP_WORKERS: Final = QueueGroup(
    "backtester.sweeps", (SweepRequested.topic, SweepProgressed.topic)
)
"""Apart from the runs: a sweep waits for its runs, and must not take the place of one."""
COORDINATOR_GROUP: Final = QueueGroup("coordinator", (), (EVENTS_STREAM, DEAD_LETTERS_STREAM))
RECORDER_GROUP: Final = QueueGroup("recorder", (), (MARKET_STREAM,))

OBSERVED: Final = frozenset({TokensObserved.topic, PoolObserved.topic, MarketObserved.topic})
"""The observations of a decision; the role that decides publishes them before its decision."""

OBSERVED_PERPS: Final = frozenset({CandlesObserved.topic, PerpObserved.topic})
"""The observations of an enrichment."""

_EVERY_SERVER: Final = frozenset(SERVER_NAMES)
_NATS_AND_POSTGRES: Final[frozenset[ServerName]] = frozenset[ServerName](("nats", "postgres"))

_DECLARATIONS: Final = (
    RoleDeclaration(
        Role.GATEWAY,
        Kind.SERVER,
        emits=frozenset(
            {
                SignalReceived.topic,
                SignalApprovalAnswered.topic,
                IntentSubmitted.topic,
                IntentCancelRequested.topic,
                RiskApprovalAnswered.topic,
                PortfolioCloseRequested.topic,
                TradingStateChanged.topic,
                WalletReconcileRequested.topic,
                BacktestRequested.topic,
                SweepRequested.topic,
            }
        ),
        uses=frozenset(
            {
                Use.READ_EVENTS,
                Use.READ_POOLS,
                Use.READ_STRATEGIES,
                Use.MEASURE,
                Use.WATCH_PROCESSES,
                Use.READ_CACHE,
                Use.COUNT_REQUESTS,
            }
        ),
        asks=frozenset({RISK_PREVIEWS, PORTFOLIO_PREVIEWS, PLAN_PREVIEWS}),
        answers=frozenset({SIGNAL_SUBMISSIONS}),
        servers=_EVERY_SERVER,
        folder="gateway",
    ),
    RoleDeclaration(
        # The simulated provider reads the pools with this login.
        Role.FEEDS,
        Kind.LOOP,
        uses=frozenset({Use.READ_POOLS, Use.READ_PERPS, Use.WRITE_PERPS, Use.PUBLISH_TICKS}),
    ),
    RoleDeclaration(
        Role.ENRICHER,
        Kind.POOL,
        (ENRICHER_WORKERS,),
        OBSERVED_PERPS | {SignalEnriched.topic, SignalRejected.topic},
        frozenset({Use.READ_PERPS}),
        servers=_NATS_AND_POSTGRES,
        decides=True,
    ),
    RoleDeclaration(
        Role.EVALUATOR,
        Kind.POOL,
        (EVALUATOR_WORKERS,),
        frozenset({DecisionMade.topic, SignalEvaluated.topic}),
        servers=_NATS_AND_POSTGRES,
        decides=True,
    ),
    RoleDeclaration(
        Role.DESK,
        Kind.POOL,
        (DESK_WORKERS,),
        frozenset({IntentSubmitted.topic, DecisionConcluded.topic, SignalMarked.topic}),
        frozenset({Use.READ_PERPS}),
        servers=_NATS_AND_POSTGRES,
        decides=True,
    ),
    RoleDeclaration(
        Role.RISK,
        Kind.POOL,
        (RISK_WORKERS,),
        OBSERVED
        | {
            RiskScreened.topic,
            RiskRejected.topic,
            IntentExpired.topic,
            IntentCancelled.topic,
        },
        frozenset({Use.READ_POOLS}),
        answers=frozenset({RISK_PREVIEWS}),
        servers=_NATS_AND_POSTGRES,
        decides=True,
    ),
    RoleDeclaration(
        Role.PORTFOLIO,
        Kind.POOL,
        (PORTFOLIO_WORKERS,),
        frozenset(
            {
                RiskApprovalRequired.topic,
                RiskApproved.topic,
                RiskRejected.topic,
                IntentAccepted.topic,
                IntentExpired.topic,
                IntentCancelled.topic,
                PortfolioOpened.topic,
                PortfolioUpdated.topic,
            }
        ),
        frozenset({Use.READ_POOLS}),
        answers=frozenset({PORTFOLIO_PREVIEWS}),
        resumes=frozenset({RiskApprovalRequired.topic}),
        servers=_NATS_AND_POSTGRES,
        decides=True,
    ),
    RoleDeclaration(
        Role.PLANNER,
        Kind.POOL,
        (PLANNER_WORKERS,),
        OBSERVED
        | {PlanCreated.topic, PlanRejected.topic, IntentExpired.topic, IntentCancelled.topic},
        frozenset({Use.READ_POOLS}),
        answers=frozenset({PLAN_PREVIEWS}),
        servers=_NATS_AND_POSTGRES,
        decides=True,
    ),
    RoleDeclaration(
        Role.ORCHESTRATOR,
        Kind.POOL,
        (ORCHESTRATOR_WORKERS,),
        OBSERVED
        | {
            ExecutionStarted.topic,
            StepSigned.topic,
            StepSubmitted.topic,
            StepReorged.topic,
            StepFilled.topic,
            ExecutionCompleted.topic,
            ExecutionFailed.topic,
            IntentExpired.topic,
            IntentCancelled.topic,
            IntentCancelNoted.topic,
        },
        frozenset({Use.READ_POOLS, Use.HEAR_PLANS}),
        servers=_NATS_AND_POSTGRES,
    ),
    RoleDeclaration(
        Role.COORDINATOR,
        Kind.LOOP,
        (COORDINATOR_GROUP,),
        uses=frozenset({Use.BEGIN_AGAIN, Use.TELL_PLANS, Use.WRITE_CACHE}),
        servers=_EVERY_SERVER,
    ),
    RoleDeclaration(
        Role.MARKET,
        Kind.LOOP,
        uses=frozenset({Use.READ_POOLS, Use.WRITE_POOLS, Use.PUBLISH_TICKS}),
    ),
    RoleDeclaration(
        Role.SWEEPER,
        Kind.LOOP,
        emits=frozenset(
            {
                DeadLetterRetried.topic,
                DeadLetterResolved.topic,
                RiskApprovalAnswered.topic,
                TradingStateChanged.topic,
                InstrumentRegistered.topic,
                InstrumentUpdated.topic,
                PortfolioCloseRequested.topic,
                PortfolioFunded.topic,
                RiskLimitsDefined.topic,
                RiskLimitsApplied.topic,
                WalletReconcileRequested.topic,
                WalletResumed.topic,
            }
        ),
        uses=frozenset({Use.REPEAT, Use.MEASURE}),
        servers=_NATS_AND_POSTGRES,
    ),
    RoleDeclaration(
        Role.TREASURY,
        Kind.LOOP,
        emits=frozenset(
            {WalletRegistered.topic, WalletTransactionSettled.topic, WalletReconciled.topic}
        ),
        servers=_NATS_AND_POSTGRES,
    ),
    RoleDeclaration(Role.RECORDER, Kind.LOOP, (RECORDER_GROUP,), servers=_NATS_AND_POSTGRES),
    RoleDeclaration(Role.HISTORIAN, Kind.LOOP, servers=_NATS_AND_POSTGRES),
    RoleDeclaration(
        Role.BACKTESTER,
        Kind.POOL,
        (BACKTESTER_WORKERS, SWEEP_WORKERS),
        frozenset(
            {
                BacktestRequested.topic,
                BacktestProgressed.topic,
                BacktestCompleted.topic,
                BacktestFailed.topic,
                BacktestCancelled.topic,
                SweepProgressed.topic,
                SweepCompleted.topic,
            }
        ),
        frozenset({Use.WRITE_STRATEGIES}),
        servers=_NATS_AND_POSTGRES,
    ),
    RoleDeclaration(
        # It submits as any other program that has signals: at the gateway, under its sources.
        Role.STRATEGIST,
        Kind.LOOP,
        uses=frozenset({Use.READ_PERPS}),
        asks=frozenset({SIGNAL_SUBMISSIONS}),
    ),
)
ROLES: Final[dict[str, RoleDeclaration]] = {str(one.name): one for one in _DECLARATIONS}


def worker_roles() -> list[str]:
    """Return the roles that `tradewind worker` can run, which are all but the servers."""
    return [name for name, role in ROLES.items() if role.kind is not Kind.SERVER]


def queue_groups() -> Iterator[QueueGroup]:
    """Return every queue group, in the order of the registry."""
    for role in ROLES.values():
        yield from role.queue_groups


def consumers() -> dict[str, str]:
    """Return the role that has to act on each topic.

    A topic has one at most, so that at any moment a single role may extend a history.
    """
    return {
        topic: role.name
        for role in ROLES.values()
        for group in role.queue_groups
        for topic in group.topics
    }


def deciders() -> dict[str, str]:
    """Return the role that decides what follows each topic, with or without a message."""
    resumed = {topic: role.name for role in ROLES.values() for topic in role.resumes}
    return consumers() | resumed


def partitions_needed() -> int:
    """Return how many partitions EVENTS has to have; 0 while no group is ordered by key."""
    is_ordered = any(group.order is not Order.UNORDERED for group in queue_groups())
    return PARTITIONS if is_ordered else 0
