"""Settings of the desk."""

from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from tradewind.settings import OwnedSettings, PostgresSettings, TokenSettings
from tradewind.trading.signal_policy.file import SignalPolicySettings
from tradewind.trading.submission.settings import StrategyPortfolioSettings

MAX_HORIZONS: Final = 4
MAX_HORIZON_SECONDS: Final = 604_800


def parse_horizons(text: str) -> tuple[int, ...]:
    """Read `3600,14400`; ValueError says what is wrong."""
    parts = [one.strip() for one in text.split(",")]
    if not all(one.isascii() and one.isdigit() and len(one) <= 6 for one in parts):
        raise ValueError("must be whole seconds, comma-separated")
    horizons = tuple(sorted({int(one) for one in parts}))
    if len(horizons) > MAX_HORIZONS or not all(1 <= one <= MAX_HORIZON_SECONDS for one in horizons):
        raise ValueError(
            f"must be at most {MAX_HORIZONS} times, each of 1 to {MAX_HORIZON_SECONDS} seconds"
        )
    return horizons


def _checked(text: str) -> str:
    try:
        parse_horizons(text)
    except ValueError as error:
        raise PydanticCustomError("signal_horizons", "{error}", {"error": str(error)}) from None
    return text


class MarkSettings(OwnedSettings):
    """Outcomes of decisions about signals."""

    signal_mark_seconds: Annotated[str, AfterValidator(_checked)] = "3600,14400"
    """How long after each decision the price is looked at, comma-separated seconds."""
    signal_mark_window_seconds: int = Field(120, ge=1, le=3_600)
    """How long a fresh price may be waited for then; after that the mark is missed."""
    signal_mark_max_age_seconds: int = Field(30, ge=1, le=600)
    """How old a price may be that is taken for one."""
    signal_fee_bps: Decimal = Field(Decimal(10), ge=0, le=1_000)
    """What entering and leaving costs in fees, basis points; a decision pays where the price moved
    by more than that and the spread."""

    @property
    def horizons_seconds(self) -> tuple[int, ...]:
        """How long after a decision it is marked, ascending."""
        return parse_horizons(self.signal_mark_seconds)


class DeskSettings(
    MarkSettings, PostgresSettings, SignalPolicySettings, StrategyPortfolioSettings, TokenSettings
):
    """The desk."""
