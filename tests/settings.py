"""All settings there are in one class: a test runs whatever it likes with them."""

from actors.__main__ import RolesSettings
from actors.backtester.settings import BacktesterSettings
from actors.coordinator.settings import CoordinatorSettings
from actors.desk.settings import DeskSettings
from actors.enricher.settings import EnricherSettings
from actors.evaluator.settings import EvaluatorSettings
from actors.feeds.settings import FeedsSettings
from actors.historian.settings import HistorianSettings
from actors.market.settings import MarketRoleSettings
from actors.orchestrator.settings import OrchestratorSettings
from actors.planner.settings import PlannerSettings
from actors.recorder.settings import RecorderSettings
from actors.risk.settings import RiskSettings
from actors.strategist.settings import StrategistSettings
from actors.sweeper.settings import SweeperSettings
from actors.treasury.settings import TreasurySettings
from gateway.settings import GatewaySettings
from tradewind.operations.embedded.settings import PlatformChainSettings, UpSettings


class Settings(
    BacktesterSettings,
    CoordinatorSettings,
    FeedsSettings,
    EnricherSettings,
    EvaluatorSettings,
    DeskSettings,
    GatewaySettings,
    HistorianSettings,
    MarketRoleSettings,
    OrchestratorSettings,
    PlannerSettings,
    PlatformChainSettings,
    RecorderSettings,
    RolesSettings,
    RiskSettings,
    StrategistSettings,
    SweeperSettings,
    TreasurySettings,
    UpSettings,
):
    """Settings of every role and process."""
