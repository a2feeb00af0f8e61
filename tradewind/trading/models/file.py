"""Reads `models.yaml`, which names the models that judge signals, in the order they are shown.

It holds no key: an entry names the setting, or the secret file, that does.
"""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, Self

from pydantic import Field, ValidationError, model_validator

from tradewind.contracts.decisions.model import MAX_MODELS, ModelName, ModelRole
from tradewind.contracts.decisions.payloads import Vendor
from tradewind.contracts.envelope import describe
from tradewind.contracts.wire import Document
from tradewind.errors import ConfigurationError
from tradewind.trading.strict_yaml import InvalidYaml, parse_yaml, read_yaml

VARIABLE: Final = "TRADEWIND_MODELS_FILE"
MAX_FILE_BYTES: Final = 64 * 1024
TOKENS_PER_PRICE: Final = 1_000_000
"""Prices are for so many tokens."""
MAX_PRICE_MICROUSD: Final = 10**10
MAX_BUDGET_MICROUSD: Final = 10**13
BASELINE: Final = "baseline"

VENDORS_ONLY: Final = (
    "vendor_model",
    "temperature",
    "reasoning_effort",
    "price",
    "api_key",
    "base_url",
)
KeySetting = Literal["openai_api_key", "google_api_key", "anthropic_api_key", "compatible_api_key"]
KEY_SETTINGS: Final[dict[Vendor, KeySetting]] = {
    "openai": "openai_api_key",
    "google": "google_api_key",
    "anthropic": "anthropic_api_key",
    "openai_compatible": "compatible_api_key",
}
"""The setting with a vendor's key, where an entry names no other."""

Microusd = Annotated[int, Field(ge=0, le=MAX_PRICE_MICROUSD)]


class Tokens(NamedTuple):
    """What a call took, as far as its vendor counts; `cached` is part of `sent`."""

    sent: int | None
    received: int | None
    cached: int | None = None


class Price(Document):
    """Millionths of a US dollar for a million tokens."""

    input: Microusd
    output: Microusd
    cached_input: Microusd | None = None
    """Of what the vendor remembers of an earlier prompt; as the rest, where it is not said."""

    def cost_microusd(self, tokens: Tokens) -> int | None:
        """Return the cost of a call, rounded up; None where the vendor counted nothing."""
        if tokens.sent is None or tokens.received is None:
            return None
        cached = min(tokens.cached or 0, tokens.sent)
        cheaper = self.input if self.cached_input is None else self.cached_input
        exact = (
            (tokens.sent - cached) * self.input + cached * cheaper + tokens.received * self.output
        )
        return -(-exact // TOKENS_PER_PRICE)


class Budget(Document):
    """The most that a model may be asked on a day, in UTC."""

    microusd_per_day: Annotated[int, Field(ge=1, le=MAX_BUDGET_MICROUSD)] | None = None
    calls_per_day: Annotated[int, Field(ge=1, le=10_000_000)] | None = None


class ModelEntry(Document):
    """A model."""

    name: ModelName
    vendor: Vendor
    role: ModelRole
    vendor_model: str | None = Field(None, min_length=1, max_length=100, pattern=r"^[ -~]+$")
    """What its vendor calls it."""
    prompt: str = Field("v1", pattern=r"^v[1-9][0-9]{0,3}$")
    """The version of the prompt; of `baseline`, of its weights."""
    timeout_ms: int = Field(2_800, ge=100, le=6_000)
    max_output_tokens: int = Field(4_096, ge=64, le=65_536)
    """What it thinks counts as well."""
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high"] | None = None
    price: Price | None = None
    budget: Budget = Budget()
    max_calls_at_once: int = Field(8, ge=1, le=256)
    """Of a process."""
    api_key: KeySetting | None = None
    """The setting that holds its key, or the file of that name among the secrets."""
    base_url: str | None = Field(None, max_length=300, pattern=r"^https?://[!-~]+$")

    @property
    def is_baseline(self) -> bool:
        return self.vendor == BASELINE

    @property
    def key_setting(self) -> KeySetting | None:
        """The setting with its key; None of a model that needs none."""
        return self.api_key or KEY_SETTINGS.get(self.vendor)

    def reserved_microusd(self, prompt_bytes: int) -> int:
        """Return the most that a call can cost: no token is shorter than a byte."""
        worst = Tokens(prompt_bytes, self.max_output_tokens)
        return 0 if self.price is None else self.price.cost_microusd(worst) or 0

    @model_validator(mode="after")
    def _check_vendor(self) -> Self:
        if self.is_baseline:
            said = next((name for name in VENDORS_ONLY if getattr(self, name) is not None), None)
            if said is not None:
                raise ValueError(f"{said}: baseline has no such thing")
        elif self.vendor_model is None:
            raise ValueError(f"vendor_model: say which model of {self.vendor}")
        if self.vendor == "openai_compatible" and self.base_url is None:
            raise ValueError("base_url: say where the compatible server is")
        if self.budget.microusd_per_day is not None and self.price is None:
            raise ValueError("price: a budget of money needs one; limit calls_per_day without")
        return self


class ModelsFile(Document):
    """All models, each in a decision.made of every signal."""

    models: Annotated[tuple[ModelEntry, ...], Field(min_length=1, max_length=MAX_MODELS)]

    @model_validator(mode="after")
    def _check_models(self) -> Self:
        names = Counter(one.name for one in self.models)
        twice = [name for name, count in names.items() if count > 1]
        if twice:
            raise ValueError(f"models: {twice[0]} is there twice")
        if not any(one.role is ModelRole.VOTING for one in self.models):
            raise ValueError("models: at least one has to be voting")
        return self


DEFAULT: Final = ModelsFile(
    models=(ModelEntry(name=BASELINE, vendor=BASELINE, role=ModelRole.VOTING),)
)


def configured_models(path: Path | None) -> ModelsFile:
    """Return the models of a file, or baseline alone without one; ConfigurationError."""
    if path is None:
        return DEFAULT
    try:
        return _validated(read_yaml(path, MAX_FILE_BYTES))
    except InvalidYaml as error:
        raise ConfigurationError(f"{VARIABLE}: {error}") from None


def parse_models(data: bytes) -> ModelsFile:
    """Return the models in the bytes of a file; ConfigurationError."""
    try:
        return _validated(parse_yaml(data))
    except InvalidYaml as error:
        raise ConfigurationError(f"{VARIABLE}: {error}") from None


def _validated(content: Any) -> ModelsFile:
    try:
        return ModelsFile.model_validate(content, strict=False)
    except ValidationError as error:
        raise ConfigurationError(f"{VARIABLE}: {describe(error)}") from None
