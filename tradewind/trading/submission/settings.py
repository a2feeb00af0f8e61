"""Settings of whoever submits intents."""

from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from tradewind.settings import OwnedSettings
from tradewind.trading.submission.portfolios import StrategyPortfolios, parse_strategy_portfolios


def _checked(text: str) -> str:
    try:
        parse_strategy_portfolios(text)
    except ValueError as error:
        raise PydanticCustomError("strategy_portfolios", "{error}", {"error": str(error)}) from None
    return text


class StrategyPortfolioSettings(OwnedSettings):
    """Portfolios of strategies."""

    strategy_portfolios: Annotated[str, AfterValidator(_checked)] = ""
    """Comma-separated `STRATEGY=PORTFOLIO`, such as `alpha=fund-1,beta-*=fund-2`: the portfolio of
    intents that name none, by their strategy's id or pattern. The first that fits counts; the
    portfolio of any other strategy is called like the strategy."""

    @property
    def portfolios(self) -> StrategyPortfolios:
        """The portfolios, read."""
        return parse_strategy_portfolios(self.strategy_portfolios)
