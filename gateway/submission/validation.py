"""Reads an intent from a request body, and checks that this platform trades its tokens."""

from collections.abc import Iterator

from gateway.http.field_errors import FieldError
from gateway.http.strict_json import InvalidDocument, parse_model
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.intents.model import Intent
from tradewind.trading.tokens import TokenRegistry

NOUN = "intent"


def parse_intent(body: bytes, registry: TokenRegistry) -> Intent:
    """Return the intent in `body`; MalformedJson or InvalidDocument names what is wrong."""
    intent = parse_model(Intent, body, noun=NOUN)
    check_tokens(intent, registry)
    return intent


def check_tokens(intent: Intent, registry: TokenRegistry) -> None:
    """Raise InvalidDocument unless the platform trades the tokens of an intent as it names them."""
    errors = tuple(
        error
        for index, asset in enumerate(intent.assets)
        for error in _check_asset(asset, f"assets[{index}]", registry)
    )
    if errors:
        raise InvalidDocument(NOUN, errors)


def _check_asset(asset: Asset, path: str, registry: TokenRegistry) -> Iterator[FieldError]:
    token = registry.by_address(asset.chain, asset.address)
    if token is None:
        if all(known.chain != asset.chain for known in registry.tokens):
            yield FieldError(f"{path}.chain", "has no token this platform trades")
        else:
            yield FieldError(f"{path}.address", "is not a token this platform trades")
        return
    if asset.symbol != token.symbol:
        yield FieldError(f"{path}.symbol", f"must be {token.symbol} for this address")
    if asset.decimals != token.decimals:
        yield FieldError(
            f"{path}.decimals", f"must be {token.decimals} for {token.symbol}", token.decimals
        )
