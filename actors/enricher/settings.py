"""Settings of the enricher."""

from pathlib import Path

from pydantic import Field

from tradewind.trading.signal_policy.file import SignalPolicySettings


class EnricherSettings(SignalPolicySettings):
    """The enricher."""

    feature_profile: str = Field("full_v1", pattern=r"^[a-z0-9][a-z0-9_]{0,31}$")
    """The profile of features for signals of a source that is registered no longer; the policy file
    names that of every other."""
    feature_profiles_file: Path | None = None
    """YAML file of feature profiles; built in when unset."""
    market_data_patience_seconds: int = Field(15, ge=0, le=120)
    """How long a signal waits for market data that is not there at all, as right after a start,
    before it is rejected as DATA_MISSING."""
    signal_max_age_seconds: int = Field(300, ge=1, le=86_400)
    """A signal to open is refused when it is older, and no signal outlives `expires_at`."""
    close_signal_max_age_seconds: int = Field(300, ge=1, le=86_400)
    """The same for a signal to close; refusing one may leave a position open."""
    signal_max_drift_bps: int = Field(200, ge=0, le=10_000)
    """How far the market may be from the entry price of a signal to open, in 1/100 %."""
    close_signal_max_drift_bps: int = Field(200, ge=0, le=10_000)
    """The same for a signal to close."""
    signal_max_spread_bps: int = Field(100, ge=0, le=10_000)
    """How far bid and ask may be apart for a signal to open, in 1/100 %."""
    close_signal_max_spread_bps: int = Field(100, ge=0, le=10_000)
    """The same for a signal to close."""
    signal_max_ahead_seconds: int = Field(5, ge=0, le=3_600)
    """How far the clock of a signal's source may be ahead."""
    book_max_age_seconds: int = Field(10, ge=1, le=86_400)
    """An order book is stale when it is older."""
    context_max_age_seconds: int = Field(30, ge=1, le=86_400)
    """Funding, open interest and mark price are stale when they are older."""
    candle_max_age_intervals: int = Field(2, ge=1, le=100)
    """Candles are stale when the newest closed so many of its time frames ago."""
    min_candles: int = Field(150, ge=150, le=250)
    """With fewer closed candles a time frame is missing."""
