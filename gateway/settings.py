"""Settings of the gateway."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from gateway.submission.portfolios import parse_strategy_portfolios
from tradewind.settings import (
    GatewayAddressSettings,
    NatsSettings,
    PostgresSettings,
    ProcessSettings,
    RedisSettings,
    TokenSettings,
    seed_name,
)


def _checked(text: str) -> str:
    try:
        parse_strategy_portfolios(text)
    except ValueError as error:
        raise PydanticCustomError("strategy_portfolios", "{error}", {"error": str(error)}) from None
    return text


class GatewaySettings(
    GatewayAddressSettings,
    NatsSettings,
    PostgresSettings,
    ProcessSettings,
    RedisSettings,
    TokenSettings,
):
    """The gateway."""

    ws_allowed_topics: str = Field("*", validation_alias=seed_name("WS_ALLOWED_TOPICS"))
    """Comma-separated topic patterns a WebSocket client may subscribe to."""
    ws_allowed_origins: str = Field("", validation_alias=seed_name("WS_ALLOWED_ORIGINS"))
    """Comma-separated origins of web pages, beside our own, that may submit and listen."""
    stream_clients_per_address: int = Field(20, ge=0)
    """How many WebSocket connections one address may have at a process; 0 for any number, as behind
    a proxy, which has one address for all."""
    strategy_portfolios: Annotated[str, AfterValidator(_checked)] = ""
    """Comma-separated `STRATEGY=PORTFOLIO`, such as `alpha=fund-1,beta-*=fund-2`: the portfolio of
    intents that name none, by their strategy's id or pattern. The first that fits counts; the
    portfolio of any other strategy is called like the strategy."""
