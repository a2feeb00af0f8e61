"""Base models and scalar types of events and documents. They are frozen, strict, without floats."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

MAX_DECIMAL_INTEGER_DIGITS = 40
MAX_DECIMAL_FRACTION_DIGITS = 36
UINT256_MAX = 2**256 - 1

_DECIMAL = re.compile(
    rf"-?(0|[1-9]\d{{0,{MAX_DECIMAL_INTEGER_DIGITS - 1}}})"
    rf"(\.\d{{1,{MAX_DECIMAL_FRACTION_DIGITS}}})?",
    re.ASCII,
)
_DIGITS = re.compile(r"0|[1-9]\d{0,77}", re.ASCII)
_TIME = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?)?)"
    r"(?P<offset> ?UTC| ?Z|[+-]\d\d(:?\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)
_UTC_OFFSET_CHARACTERS = len("+00:00")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)


class Document(BaseModel):
    """Base of domain documents, whose keys are snake_case as in requests (seed 001 section 6.1).

    A field with an alias, such as `from`, is written as it is read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, serialize_by_alias=True)


class WireModel(BaseModel):
    """Base of envelope and payloads: keys are camelCase on the wire and snake_case in code."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )


def _parse_decimal(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        value = format(value, "f")
    if not isinstance(value, str):
        raise ValueError('must be a decimal string such as "1.5", not a number')
    if not _DECIMAL.fullmatch(value):
        raise ValueError(
            f"must be a plain decimal with at most {MAX_DECIMAL_INTEGER_DIGITS} digits before and "
            f"{MAX_DECIMAL_FRACTION_DIGITS} after the point"
        )
    return Decimal(value)


def _parse_base_units(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("must be an integer written as a string of digits")
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise ValueError("must be an integer written as a string of digits")
    units = int(value)
    if not 0 <= units <= UINT256_MAX:
        raise ValueError("must be between 0 and 2^256 - 1")
    return units


def _parse_timestamp(value: Any) -> datetime:
    if isinstance(value, str) and _TIMESTAMP.fullmatch(value):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError("must be an RFC 3339 time with its zone")
    try:
        moment = value.astimezone(UTC)
    except OverflowError:
        raise ValueError("must lie between the years 1 and 9999 in UTC") from None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def format_timestamp(value: datetime) -> str:
    """Return RFC 3339 in UTC with milliseconds: 2025-08-21T19:26:00.000Z."""
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    return value.isoformat(timespec="milliseconds")[:-_UTC_OFFSET_CHARACTERS] + "Z"


def parse_time(text: str) -> datetime:
    """Return a time, as a person, another program or this platform writes it, in UTC.

    The format is RFC 3339; without an offset the time is in UTC. Seconds, their fraction and the
    time of day may be missing, and a date alone means its midnight. Digits after the microseconds
    are cut off. It raises ValueError for anything else.
    """
    written = _TIME.fullmatch(text.strip())
    if written is None:
        raise ValueError("not a time")
    offset = (written["offset"] or "").strip().upper()
    is_utc = offset in ("", "Z", "UTC")
    moment = datetime.fromisoformat(written["time"].upper() + ("" if is_utc else offset))
    try:
        return moment.replace(tzinfo=UTC) if is_utc else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("not a time between the years 1 and 9999 in UTC") from None


def in_stored_order[V](value: dict[str, V]) -> dict[str, V]:
    """Return the mapping in the order of `IN_STORED_ORDER`."""
    return dict(sorted(value.items(), key=lambda one: (len(one[0].encode()), one[0].encode())))


IN_STORED_ORDER = AfterValidator(in_stored_order)
"""The order of a mapping's keys: shorter ones first, equally long ones by their bytes.

The ledger keeps no order of keys and gives them back in this one. An event in another order could
not be read again with the bytes it was recorded by.
"""

DecimalString = Annotated[
    Decimal,
    BeforeValidator(_parse_decimal),
    PlainSerializer(lambda value: format(value, "f"), return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?(0|[1-9]\d{0,39})(\.\d{1,36})?$"}),
]
"""An exact decimal, a string on the wire."""

BaseUnits = Annotated[
    int,
    BeforeValidator(_parse_base_units),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,78}$"}),
]
"""An amount in a token's smallest unit (wei for ether): uint256, a string of digits on the wire."""

Timestamp = Annotated[
    datetime,
    BeforeValidator(_parse_timestamp),
    PlainSerializer(format_timestamp, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A time in UTC with milliseconds; finer digits are cut off."""
