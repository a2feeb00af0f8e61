"""Lists what routes may use; the bootstrap makes it, the application carries it."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from gateway.authentication.service import Authentication
from gateway.backtests.service import Backtests
from gateway.commands.approvals import Approvals
from gateway.commands.cancellation import IntentCanceller
from gateway.commands.closing import PositionCloser
from gateway.commands.instruments import InstrumentEditor
from gateway.commands.preview import IntentPreviewer
from gateway.commands.reconciliation import Treasury
from gateway.commands.trading_states import StateChanger
from gateway.limits.limiter import RateLimiter
from gateway.limits.refusals import Refusals
from gateway.market import Market
from gateway.platform_facts import PlatformFacts
from gateway.ports import History, InstrumentBook, ReadModels, RiskPolicies
from gateway.process_watch import ProcessWatch
from gateway.readiness import Readiness
from gateway.recorded_market import RecordedMarket
from gateway.records import Records
from gateway.signals.service import Signals
from gateway.stream.event_stream import EventStream
from gateway.submission.intents import IntentSubmitter
from gateway.time_machine import TimeMachine
from gateway.whatif import WhatIfs


@dataclass(frozen=True)
class Services:
    """The services of one gateway process."""

    intents: IntentSubmitter
    canceller: IntentCanceller
    approvals: Approvals
    closer: PositionCloser
    previewer: IntentPreviewer
    states: StateChanger
    policies: RiskPolicies
    read_models: ReadModels
    history: History
    records: Records
    stream: EventStream
    readiness: Readiness
    processes: ProcessWatch
    limiter: RateLimiter
    refusals: Refusals
    authentication: Authentication
    instruments: InstrumentBook
    registrar: InstrumentEditor
    treasury: Treasury
    market: Market
    recorded: RecordedMarket
    platform: PlatformFacts
    signals: Signals
    time_machine: TimeMachine
    whatifs: WhatIfs
    backtests: Backtests


def services_of(connection: HTTPConnection) -> Services:
    """Return the services of the process that serves this connection."""
    services = connection.app.state.services
    assert isinstance(services, Services)
    return services
