"""Tells a request from its repetition, by its Idempotency-Key and by what it asks for.

The ledger's ingress journal compares both: only the database can do it for every gateway process
at once.
"""

from decimal import Decimal
from functools import cache
from hashlib import sha256
from typing import Any

import orjson
from pydantic import BaseModel

from tradewind.ledger.upkeep.ingress import Request as RequestIdentity
from tradewind.ledger.upkeep.ingress import RequestKey

__all__ = ["RequestIdentity", "RequestKey", "identify"]


def identify(key: RequestKey | None, body: bytes, asked: BaseModel) -> RequestIdentity:
    """Return the identity of a request; without a key every request is a new one.

    `asked` is what was read from the body. Clients that serialise a request again may order and
    space it otherwise, and it is the same request.
    """
    digest = sha256(canonical_bytes(asked)).digest()
    return RequestIdentity(key, digest, sha256(body).digest())


def canonical_bytes(document: BaseModel) -> bytes:
    """Return the same bytes for documents of the same meaning: sorted keys, plain numbers.

    What has its default value is left out, so that fields that are added later change nothing.
    """
    return orjson.dumps(_plain(document), option=orjson.OPT_SORT_KEYS)


@cache
def _defaults(model: type[BaseModel]) -> dict[str, Any]:
    return {name: field.default for name, field in model.model_fields.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, str | int):
        return value
    if isinstance(value, BaseModel):
        defaults = _defaults(type(value))
        given = value.__dict__.items()
        return {name: _plain(one) for name, one in given if one != defaults[name]}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value
