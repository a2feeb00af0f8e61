"""Settings from the environment, validated at start: one line says which variable to set."""

import os
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AliasChoices, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tradewind.errors import ConfigurationError

PREFIX = "TRADEWIND_"
DEFAULT_DATA_DIRECTORY = Path(".tradewind")
EVENTS_MAX_BYTES = 4 * 1024**3
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Port = Annotated[int, Field(ge=0, le=65_535)]
Probability = Annotated[Decimal, Field(ge=0, le=1)]


def _named(name: str) -> AliasChoices:
    """Accept a seed's own name beside the prefixed one."""
    return AliasChoices(f"{PREFIX}{name}", name)


class PlatformSettings(BaseSettings):
    """What every process reads. Durations carry their unit in the name."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", hide_input_in_errors=True)

    data_dir: Path = DEFAULT_DATA_DIRECTORY
    log_level: LogLevel = "INFO"
    tokens_file: Path | None = None

    gateway_host: str = "127.0.0.1"
    gateway_port: Port = 8080
    ws_allowed_topics: str = Field("*", validation_alias=_named("WS_ALLOWED_TOPICS"))
    """Comma-separated topic patterns a WebSocket client may subscribe to."""
    ws_allowed_origins: str = Field("", validation_alias=_named("WS_ALLOWED_ORIGINS"))
    """Comma-separated origins of web pages, beside our own, that may submit and listen."""

    chain: str = "ethereum"
    chain_id: int = Field(31_337, ge=1, validation_alias=_named("CHAIN_ID"))
    rust_engine_enabled: bool = Field(True, validation_alias=_named("RUST_ENGINE_ENABLED"))
    mock_chain: bool = Field(True, validation_alias=_named("PLATFORM_MOCK_CHAIN"))
    use_mainnet_fork: bool = Field(False, validation_alias=_named("USE_MAINNET_FORK"))
    """Let `tradewind up` trade on a local fork of the chain at ETH_RPC_URL, not on it."""
    devchain_block_time_seconds: int = Field(1, ge=0, le=60)
    """How often the dev chain of `tradewind up` mines; 0 mines a block for every transaction."""

    max_notional_usd: Decimal = Field(
        Decimal(10_000), gt=0, validation_alias=_named("MAX_NOTIONAL_USD")
    )
    max_slippage: Decimal = Field(
        Decimal("0.05"), gt=0, le=1, validation_alias=_named("MAX_SLIPPAGE")
    )
    price_max_age_seconds: int = Field(300, ge=1)
    pool_max_age_seconds: int = Field(60, ge=1)
    gas_price_wei: int = Field(1_000_000_000, ge=0)
    """What plans assume a unit of gas costs."""

    ledger_lease_seconds: int = Field(3, ge=1, le=60)
    """How long a coordinator that died or hangs keeps a stand-by from taking over."""

    relay_after_seconds: float = Field(5, gt=3, le=3_600)
    """When an accepted intent the ledger does not have is sent again; longer than a submission may
    take, so that it is not taken back at the same time."""
    stalled_after_seconds: float = Field(60, gt=0, le=86_400)
    """How long an open history may stand still before its last event is sent again."""
    stalled_max_attempts: int = Field(8, ge=1, le=30)
    """After each the wait doubles; after the last it is an operator's matter."""

    market_interval_ms: int = Field(1_000, ge=50, le=60_000)
    paper_strategies: str = "demo-*,paper-*"
    """Comma-separated patterns of strategies that trade on paper although there is a chain: on the
    simulated venue, against the chain's pools."""
    simulation_seed: int = 1
    simulated_partial_fill_probability: Probability = Decimal("0.2")
    simulated_failure_probability: Probability = Decimal(0)
    simulated_timeout_probability: Probability = Decimal(0)
    simulated_latency_ms: int = Field(20, ge=0, le=600_000)

    events_max_bytes: int = Field(EVENTS_MAX_BYTES, ge=1024**2)
    """What the stream of events may hold before it refuses more; set aside from the broker's disk.
    `tradewind up` and `tradewind provision` read it."""
    stream_replicas: int = Field(1, ge=1, le=5)
    """How many brokers of a cluster keep each stream; read by `tradewind provision`."""
    worker_concurrency: int = Field(64, ge=1, le=4_096)
    shutdown_timeout_seconds: int = Field(10, ge=1, le=600)
    metrics_port: Port | None = None
    """Port of a worker's own /metrics; 0 takes a free one, unset serves none."""
    metrics_host: str = "127.0.0.1"
    """Where it listens; a container of its own says 0.0.0.0."""


class Settings(PlatformSettings):
    """PlatformSettings plus the addresses of the three servers."""

    nats_url: str = Field(pattern=r"^(nats|tls)://", repr=False)
    postgres_dsn: SecretStr
    redis_url: SecretStr

    @model_validator(mode="after")
    def _check_schemes(self) -> Self:
        if not self.postgres_dsn.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("postgres_dsn: must start with postgresql://")
        if not self.redis_url.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("redis_url: must start with redis://")
        return self


def load[S: BaseSettings](kind: type[S]) -> S:
    """Return validated settings; ConfigurationError names the first variable that is wrong."""
    try:
        return kind()
    except ValidationError as error:
        raise ConfigurationError(_explain(error)) from None


def _explain(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = str(first["loc"][0]) if first["loc"] else first["msg"].partition(", ")[2]
    name, _, message = field.partition(":")
    variable = name if name.isupper() else f"{PREFIX}{name.upper()}"
    if variable not in os.environ and variable.removeprefix(PREFIX) in os.environ:
        variable = variable.removeprefix(PREFIX)
    if first["type"] == "missing":
        return (
            f"{variable} is not set: start a platform with `tradewind up`, or name the data "
            f"directory of one that runs in {PREFIX}DATA_DIR, or see README, section Settings"
        )
    return f"{variable} is wrong: {message.strip() or first['msg']}"


def is_set(name: str) -> bool:
    """Return whether the environment sets `TRADEWIND_<name>`."""
    return f"{PREFIX}{name}" in os.environ
