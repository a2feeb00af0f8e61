"""The weights of the scorecard, a versioned file whose hash stands for it as a prompt's does."""

import hashlib
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Annotated, Final, NamedTuple, Self

from pydantic import Field, ValidationError, model_validator

from tradewind.contracts.envelope import describe
from tradewind.contracts.market.model import Interval
from tradewind.contracts.wire import DecimalString, Document
from tradewind.errors import ConfigurationError
from tradewind.trading.strict_yaml import InvalidYaml, parse_yaml

VERSIONS: Final = {"baseline@1": "v1.yaml"}
"""The file of each version, in the folder `weights`."""
LATEST: Final = "baseline@1"

Share = Annotated[DecimalString, Field(ge=0, le=1)]
Scale = Annotated[DecimalString, Field(gt=0, le=1_000)]


class FrameWeights(Document):
    """The shares of one frame's indicators."""

    trend: Share
    momentum: Share
    rsi: Share


class Penalties(Document):
    """What is taken off at the worst."""

    spread: Share
    drift: Share
    quality: Share


class Scales(Document):
    """Where each term reaches 1 or −1."""

    momentum_atr: Scale
    """The MACD histogram, in ATR."""
    rsi_peak: Annotated[DecimalString, Field(gt=0, le=25)]
    """How far from 50 the RSI speaks loudest; twice as far it says nothing, beyond the contrary."""
    level_atr: Scale
    """From this distance on a level is not in the way, in ATR."""
    funding_hourly: Scale
    spread_bps: Scale
    drift_bps: Scale
    quality_flags: Scale


class Weights(Document):
    """A version of the scorecard."""

    version: str = Field(pattern=r"^baseline@[1-9][0-9]{0,3}$")
    frames: Annotated[dict[Interval, FrameWeights], Field(min_length=1, max_length=3)]
    levels: Share
    imbalance: Share
    funding: Share
    penalties: Penalties
    scales: Scales
    threshold: Annotated[DecimalString, Field(gt=0, lt=1)]
    steepness: Annotated[DecimalString, Field(gt=0, le=100)]
    stop_atr_multiple: Annotated[DecimalString, Field(gt=0, le=10)]

    @model_validator(mode="after")
    def _check_sum(self) -> Self:
        parts = [self.levels, self.imbalance, self.funding]
        for frame in self.frames.values():
            parts += [frame.trend, frame.momentum, frame.rsi]
        if sum(parts) != Decimal(1):
            raise ValueError(f"the shares add up to {sum(parts)}, not to 1")
        return self


class LoadedWeights(NamedTuple):
    """Weights, and the SHA-256 of their file."""

    weights: Weights
    sha256: bytes


@cache
def load_weights(version: str = LATEST) -> LoadedWeights:
    """Return the weights of a version; ConfigurationError for one that there is not."""
    if version not in VERSIONS:
        raise ConfigurationError(f"{version} is no version of baseline: {', '.join(VERSIONS)} are")
    folder = resources.files("actors.evaluator.baseline").joinpath("weights")
    return parse_weights(folder.joinpath(VERSIONS[version]).read_bytes())


def parse_weights(data: bytes) -> LoadedWeights:
    """Return the weights in the bytes of a file; ConfigurationError."""
    try:
        weights = Weights.model_validate(parse_yaml(data))
    except InvalidYaml as error:
        raise ConfigurationError(f"weights of baseline: {error}") from None
    except ValidationError as error:
        raise ConfigurationError(f"weights of baseline: {describe(error)}") from None
    return LoadedWeights(weights, hashlib.sha256(data).digest())
