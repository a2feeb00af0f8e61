"""Reads an intent from a request body, and checks that this platform trades its tokens."""

from gateway.http.field_errors import FieldError
from gateway.http.strict_json import InvalidDocument, parse_model
from tradewind.contracts.intents.model import Intent
from tradewind.trading.submission.tokens import token_problems
from tradewind.trading.tokens import TokenRegistry

NOUN = "intent"


def parse_intent(body: bytes, registry: TokenRegistry) -> Intent:
    """Return the intent in `body`; MalformedJson or InvalidDocument names what is wrong."""
    intent = parse_model(Intent, body, noun=NOUN)
    check_tokens(intent, registry)
    return intent


def check_tokens(intent: Intent, registry: TokenRegistry) -> None:
    """Raise InvalidDocument unless the platform trades the tokens of an intent as it names them."""
    errors = tuple(FieldError(*one) for one in token_problems(intent.assets, registry))
    if errors:
        raise InvalidDocument(NOUN, errors)
