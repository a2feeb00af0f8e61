"""The rules of the portfolio stage, one a file. Their order decides which reason is given."""

from typing import Final

from actors.portfolio.judgement import Judgement
from actors.portfolio.rules.concentration_limit import concentration_limit
from actors.portfolio.rules.consecutive_losses import consecutive_losses
from actors.portfolio.rules.cooldown import cooldown
from actors.portfolio.rules.daily_budget import daily_budget
from actors.portfolio.rules.daily_loss_limit import daily_loss_limit
from actors.portfolio.rules.drawdown_limit import drawdown_limit
from actors.portfolio.rules.duplicate_intent import duplicate_intent
from actors.portfolio.rules.gross_exposure_limit import gross_exposure_limit
from actors.portfolio.rules.instrument_reduce_only import instrument_reduce_only
from actors.portfolio.rules.insufficient_funds import insufficient_funds
from actors.portfolio.rules.insufficient_position import insufficient_position
from actors.portfolio.rules.leverage_limit import leverage_limit
from actors.portfolio.rules.locked import locked
from actors.portfolio.rules.lot_size import lot_size
from actors.portfolio.rules.net_exposure_limit import net_exposure_limit
from actors.portfolio.rules.notional_minimum import notional_minimum
from actors.portfolio.rules.open_intents_limit import open_intents_limit
from actors.portfolio.rules.order_size_minimum import order_size_minimum
from actors.portfolio.rules.position_amount_limit import position_amount_limit
from actors.portfolio.rules.position_value_limit import position_value_limit
from actors.portfolio.rules.rate_limit import rate_limit
from actors.portfolio.rules.total_position_amount_limit import total_position_amount_limit
from actors.portfolio.rules.total_position_value_limit import total_position_value_limit
from actors.portfolio.rules.trading_halted import trading_halted
from actors.portfolio.rules.trading_reducing import trading_reducing
from actors.portfolio.rules.wallet_frozen import wallet_frozen
from tradewind.trading.policy.findings import Rule

RULES: Final[tuple[Rule[Judgement], ...]] = (
    trading_halted,
    wallet_frozen,
    locked,
    trading_reducing,
    instrument_reduce_only,
    order_size_minimum,
    lot_size,
    notional_minimum,
    duplicate_intent,
    rate_limit,
    open_intents_limit,
    cooldown,
    daily_loss_limit,
    drawdown_limit,
    consecutive_losses,
    insufficient_funds,
    insufficient_position,
    position_amount_limit,
    position_value_limit,
    total_position_amount_limit,
    total_position_value_limit,
    gross_exposure_limit,
    net_exposure_limit,
    concentration_limit,
    leverage_limit,
    daily_budget,
)
