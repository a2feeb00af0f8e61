"""A request body becomes an intent of tokens this platform trades, or a problem naming fields."""

from collections.abc import Iterator

from gateway.field_paths import WHOLE_DOCUMENT
from gateway.problems import Problem, ProblemCode
from gateway.strict_json import FieldError, InvalidDocument, MalformedJson, parse_model
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.intents.model import Intent
from tradewind.trading.tokens import TokenRegistry


def parse_intent(body: bytes, registry: TokenRegistry) -> Intent:
    """Return the intent in `body`; a Problem with every wrong field when it is none."""
    try:
        intent = parse_model(Intent, body)
    except MalformedJson as error:
        raise _malformed(error) from None
    except InvalidDocument as error:
        raise _invalid(error.errors) from None
    errors = tuple(
        error
        for index, asset in enumerate(intent.assets)
        for error in _check_asset(asset, f"assets[{index}]", registry)
    )
    if errors:
        raise _invalid(errors)
    return intent


def _malformed(error: MalformedJson) -> Problem:
    errors = error.errors or (FieldError(WHOLE_DOCUMENT, error.detail),)
    return Problem(ProblemCode.MALFORMED_JSON, f"the body {error.detail}", errors=errors)


def _invalid(errors: tuple[FieldError, ...]) -> Problem:
    fields = ", ".join(dict.fromkeys(error.field for error in errors))
    return Problem(ProblemCode.VALIDATION_FAILED, f"the intent is invalid: {fields}", errors=errors)


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
