"""How amounts and times are written: strings of digits, never floats."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel


def _no_float(value: object) -> object:
    if isinstance(value, float):
        raise ValueError('must be a string such as "1.5" or a Decimal: floats are not exact')
    return value


DecimalString = Annotated[
    Decimal,
    BeforeValidator(_no_float),
    PlainSerializer(lambda value: format(value, "f"), return_type=str),
]
"""An exact decimal."""

BaseUnits = Annotated[int, BeforeValidator(_no_float), PlainSerializer(str, return_type=str)]
"""An amount in a token's smallest unit (wei for ether)."""


def _to_text(time: datetime) -> str:
    """Return a time as the platform writes it: UTC with milliseconds."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Timestamp = Annotated[datetime, PlainSerializer(_to_text, return_type=str, when_used="json")]
"""A time with its zone."""


class Model(BaseModel):
    """A document of the platform. Fields that a newer platform adds are kept, not refused."""

    model_config = ConfigDict(frozen=True, extra="allow", validate_by_name=True)


class EventModel(Model):
    """A part of an event, whose keys are camelCase on the wire."""

    model_config = ConfigDict(alias_generator=to_camel)
