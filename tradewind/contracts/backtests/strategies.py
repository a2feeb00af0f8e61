"""What a backtester says of a strategy that its operator installed, in the bucket STRATEGIES."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from tradewind.contracts.backtests.model import (
    MAX_PARAMETERS,
    Parameter,
    Sha256,
    StrategyName,
)
from tradewind.contracts.payload import is_absent
from tradewind.contracts.wire import IN_STORED_ORDER, DecimalString, Document

MAX_CHOICES: Final = 50
MAX_DOC_CHARACTERS: Final = 2_000

ParameterName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]


class StrategyParameter(Document):
    """What a parameter of a strategy may be. One without a default has to be given."""

    kind: Literal["integer", "decimal", "text", "flag"]
    """A decimal is a string in plain notation."""
    default: Parameter | None = Field(None, exclude_if=is_absent)
    minimum: DecimalString | None = Field(None, exclude_if=is_absent)
    maximum: DecimalString | None = Field(None, exclude_if=is_absent)
    choices: Annotated[tuple[Parameter, ...], Field(max_length=MAX_CHOICES)] = ()
    """Empty for any."""
    doc: str = Field("", max_length=200)


class AnnouncedStrategy(Document):
    """A strategy, by its name; the hash of its source tells one version from another."""

    name: StrategyName
    version: str = Field(max_length=64)
    """Of the package that brings it."""
    sha256: Sha256
    """Of its source file."""
    params: Annotated[
        dict[ParameterName, StrategyParameter], Field(max_length=MAX_PARAMETERS), IN_STORED_ORDER
    ] = Field(default_factory=dict)
    doc: str = Field("", max_length=MAX_DOC_CHARACTERS)

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        for name, one in self.params.items():
            if one.minimum is not None and one.maximum is not None and one.maximum < one.minimum:
                raise ValueError(f"params: {name}: the maximum is below the minimum")
        return self
