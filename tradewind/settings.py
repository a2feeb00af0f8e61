"""Settings from the environment. They are validated at start; a failure names the variable to set.

A class of settings lives in the package that uses it; here are those that several packages use. A
process loads only the classes its roles ask for, so that no command demands a setting it never
reads.
"""

import os
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AliasChoices, Field, SecretStr, ValidationError, create_model, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from tradewind.errors import ConfigurationError
from tradewind.log_file import LogFile, LogLimits

PREFIX: Final = "TRADEWIND_"
SECRETS_VARIABLE: Final = f"{PREFIX}SECRETS_DIR"
EVENTS_MAX_BYTES: Final = 4 * 1024**3
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Port = Annotated[int, Field(ge=0, le=65_535)]


def seed_name(name: str) -> AliasChoices:
    """Return the aliases of a variable that seed 001 names without our prefix."""
    return AliasChoices(f"{PREFIX}{name}", name)


class OwnedSettings(BaseSettings):
    """Base of every class of settings. A field's docstring is its line in the README's table.

    What the environment does not set may be in a file of the variable's name in the directory that
    TRADEWIND_SECRETS_DIR names, as a Kubernetes secret is mounted.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="ignore",
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return where values come from; the first that has one counts."""
        directory = os.environ.get(SECRETS_VARIABLE)
        if not directory:
            return init_settings, env_settings
        if not Path(directory).is_dir():
            raise ConfigurationError(f"{SECRETS_VARIABLE} is wrong: {directory} is no directory")
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, directory)


class ProcessSettings(OwnedSettings):
    """Every process."""

    log_level: LogLevel = "INFO"
    """`DEBUG`, `INFO`, `WARNING` or `ERROR`."""
    log_file: Path | None = None
    """Where a process writes its log, and all else it prints; unset is stderr."""
    log_max_bytes: int = Field(16 * 1024**2, ge=64 * 1024, le=1024**3)
    """How large that file grows, and each log of `tradewind up`, before another one is begun."""
    log_files_kept: int = Field(4, ge=0, le=1_000)
    """How many older ones stay beside it."""
    shutdown_timeout_seconds: int = Field(10, ge=1, le=600)
    """How long in-flight work may take after SIGTERM."""

    def open_log(self) -> LogFile | None:
        """Return the log file of this process; None when it writes to stderr."""
        return None if self.log_file is None else LogFile(self.log_file, self.log_limits)

    @property
    def log_limits(self) -> LogLimits:
        """How much of a log is kept."""
        return LogLimits(self.log_max_bytes, self.log_files_kept)


class TracingSettings(OwnedSettings):
    """Traces."""

    tracing: Literal["off", "otlp"] = "off"
    """`otlp` sends spans to an OpenTelemetry collector; it needs the extra `tradewind[tracing]`."""
    tracing_endpoint: str = Field("http://127.0.0.1:4318", pattern=r"^https?://[^\s?#]+$")
    """The collector's address for OTLP over HTTP, without `/v1/traces`."""
    tracing_share: float = Field(1.0, ge=0, le=1)
    """Which share of the traces that begin in a process is recorded; the others follow it."""


class NatsSettings(OwnedSettings):
    """The broker."""

    nats_url: str = Field(pattern=r"^(nats|tls)://", repr=False)
    """Addresses, comma-separated; if unset, commands use the platform in `TRADEWIND_DATA_DIR`."""


class PostgresSettings(OwnedSettings):
    """The database."""

    postgres_dsn: SecretStr
    """Its address; if unset, commands use that of the platform in `TRADEWIND_DATA_DIR`."""

    @model_validator(mode="after")
    def _check_dsn(self) -> Self:
        if not self.postgres_dsn.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("postgres_dsn: must start with postgresql://")
        return self


class RedisSettings(OwnedSettings):
    """The cache."""

    redis_url: SecretStr
    """Its address; if unset, commands use that of the platform in `TRADEWIND_DATA_DIR`."""

    @model_validator(mode="after")
    def _check_redis_url(self) -> Self:
        if not self.redis_url.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("redis_url: must start with redis://")
        return self


class GatewayAddressSettings(OwnedSettings):
    """The gateway's address."""

    gateway_host: str = "127.0.0.1"
    """The address the gateway listens on."""
    gateway_port: Port = 8080
    """The port it listens on; 0 takes a free one."""


class TokenSettings(OwnedSettings):
    """Tokens."""

    tokens_file: Path | None = None
    """JSON file of the tokens that may be traded; built in when unset."""


class InstrumentSettings(OwnedSettings):
    """Instruments."""

    instruments_file: Path | None = None
    """YAML file of the pairs that may be traded and of their bounds; unset means every pair."""


class ChainNameSettings(OwnedSettings):
    """The chain's name."""

    chain: str = "ethereum"
    """The name of the chain in instruments, tokens and pools."""


class ChainIdSettings(OwnedSettings):
    """The chain's id."""

    chain_id: int = Field(31_337, ge=1, validation_alias=seed_name("CHAIN_ID"))
    """The chain's id; a node on another chain is refused."""


class ChainChoiceSettings(OwnedSettings):
    """A chain, or none."""

    mock_chain: bool = Field(True, validation_alias=seed_name("PLATFORM_MOCK_CHAIN"))
    """Trade on the simulated venue only; `tradewind up` sets `false` where it has a chain."""


class OperationsSettings(OwnedSettings):
    """What monitoring asks."""

    metrics_port: Port | None = None
    """Where a process serves its own `/metrics` and `/ready`; 0 takes a free port, unset serves
    none."""
    metrics_host: str = "127.0.0.1"
    """The address it serves them on; a container of its own needs `0.0.0.0`."""


class WorkerSettings(OwnedSettings):
    """A process that runs roles."""

    worker_concurrency: int = Field(64, ge=1, le=4_096)
    """Messages one worker process handles at a time."""


class StreamSettings(OwnedSettings):
    """Streams; read by `tradewind up` and `tradewind provision`."""

    events_max_bytes: int = Field(EVENTS_MAX_BYTES, ge=1024**2)
    """The most bytes the stream of events may hold; it refuses more. The broker reserves them."""
    stream_replicas: int = Field(1, ge=1, le=5)
    """How many brokers of a cluster keep each stream."""


class EngineSettings(OwnedSettings):
    """The router."""

    rust_engine_enabled: bool = Field(True, validation_alias=seed_name("RUST_ENGINE_ENABLED"))
    """Quote with the Rust extension when it is built; the Python router gives the same numbers."""


class IntentLimitSettings(OwnedSettings):
    """Limits of an intent."""

    max_notional_usd: Decimal = Field(
        Decimal(10_000), gt=0, validation_alias=seed_name("MAX_NOTIONAL_USD")
    )
    """Risk refuses an intent that is worth more US dollars."""
    max_slippage: Decimal = Field(
        Decimal("0.05"), gt=0, le=1, validation_alias=seed_name("MAX_SLIPPAGE")
    )
    """Risk refuses an intent that allows more slippage; 0.05 is five percent."""


def combined(*kinds: type[OwnedSettings]) -> type[OwnedSettings]:
    """Return a class with the fields of all these classes.

    Derived classes come before their bases and equals in the order of their names: Python then
    finds a method resolution order for any combination of them. For that a class that derives from
    a derived one has to name the bases of that one, too.
    """
    bases = sorted(set(kinds), key=lambda kind: (-len(kind.__mro__), kind.__name__))
    return create_model("CombinedSettings", __base__=tuple(bases))


def load[S: BaseSettings](kind: type[S]) -> S:
    """Return validated settings; ConfigurationError names the first variable that is wrong."""
    try:
        return kind()
    except ValidationError as error:
        raise ConfigurationError(_explain(_details(error)[0])) from None


def check(kind: type[OwnedSettings]) -> None:
    """Raise ConfigurationError for a variable that is wrong; one that is not set is no error."""
    try:
        kind()
    except ValidationError as error:
        wrong = [one for one in _details(error) if one["type"] != "missing"]
        if wrong:
            raise ConfigurationError(_explain(wrong[0])) from None


def _details(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False, include_input=False, include_context=False)


def _explain(first: ErrorDetails) -> str:
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
