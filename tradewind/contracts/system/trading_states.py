"""Whether trading goes on, for everything or for a part of it."""

import re
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Final, NamedTuple, Self

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from tradewind.contracts.venues import VENUES

MAX_SCOPE_LENGTH: Final = 160
MAX_REASON_LENGTH: Final = 200


class TradingState(StrEnum):
    """What may be done. The worst state of all that concern an intent counts."""

    ACTIVE = "active"
    REDUCING = "reducing"
    """Only what is held may be sold."""
    HALTED = "halted"
    """Nothing is approved, signed or submitted. What is in flight is still followed to its end."""

    @property
    def severity(self) -> int:
        """0 for the least, so that states compare."""
        return _SEVERITIES[self]


_SEVERITIES: Final = {state: number for number, state in enumerate(TradingState)}


class ScopeKind(StrEnum):
    """What a trading state is about."""

    EVERYTHING = "everything"
    ACCOUNT = "account"
    """The strategy and the portfolio of this name, as the accounts of keys are."""
    PORTFOLIO = "portfolio"
    STRATEGY = "strategy"
    INSTRUMENT = "instrument"
    VENUE = "venue"
    CHAIN = "chain"
    WALLET = "wallet"
    """`<chain>:<address>`, the address in lower case."""
    HISTORY = "history"
    """Whether what happened is known. It concerns everything, and is a scope of its own so that
    a halt because of it never replaces one by a person."""
    LOCK = "lock"
    """An instrument, or `<portfolio>:<instrument>`. It ends by itself, and is called a lock so that
    nobody takes it for a halt: a rule or a person set it to let a pair rest."""


_ACCOUNT: Final = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
_INSTRUMENT: Final = r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}"
_CHAIN: Final = r"[a-z][a-z0-9_]{0,31}"
_NAMES: Final = {
    ScopeKind.EVERYTHING: "",
    ScopeKind.HISTORY: "",
    ScopeKind.ACCOUNT: _ACCOUNT,
    ScopeKind.PORTFOLIO: _ACCOUNT,
    ScopeKind.STRATEGY: _ACCOUNT,
    ScopeKind.INSTRUMENT: _INSTRUMENT,
    ScopeKind.VENUE: "|".join(VENUES),
    ScopeKind.CHAIN: _CHAIN,
    ScopeKind.WALLET: f"{_CHAIN}:0x[0-9a-f]{{40}}",
    ScopeKind.LOCK: f"(?:{_ACCOUNT}:)?{_INSTRUMENT}",
}
_EXAMPLES: Final = {
    ScopeKind.WALLET: "wallet:ethereum:0x… with its 40 hexadecimal digits",
    ScopeKind.LOCK: "lock:<instrument> or lock:<portfolio>:<instrument>",
    ScopeKind.VENUE: " or ".join(f"venue:{name}" for name in VENUES),
}


_WALLET_AS_WRITTEN: Final = _NAMES[ScopeKind.WALLET].replace("0-9a-f", "0-9a-fA-F")
SCOPE_PATTERN: Final = "^(?:{})$".format(
    "|".join(
        f"{kind}:(?:{_WALLET_AS_WRITTEN if kind is ScopeKind.WALLET else name})"
        if name
        else str(kind)
        for kind, name in _NAMES.items()
    )
)
"""How a scope is written. An address may be in any case; it is kept in lower case."""


class Scope(NamedTuple):
    """What a trading state is about, written `portfolio:fund`; everything is `everything`."""

    kind: ScopeKind
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else str(self.kind)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a scope; ValueError says how one is written."""
        kind_text, _, name = text.partition(":")
        try:
            kind = ScopeKind(kind_text)
        except ValueError:
            kinds = ", ".join(ScopeKind)
            raise ValueError(f"{kind_text[:32]!r} is no scope: it begins with {kinds}") from None
        if kind is ScopeKind.WALLET:
            name = name.lower()
        if not re.fullmatch(_NAMES[kind], name, re.ASCII) or text == f"{kind}:":
            example = _EXAMPLES.get(kind, f"{kind}:<name>" if _NAMES[kind] else f"{kind}")
            raise ValueError(f"this scope is written {example}")
        return cls(kind, name)


EVERYTHING: Final = Scope(ScopeKind.EVERYTHING)
HISTORY: Final = Scope(ScopeKind.HISTORY)


@lru_cache(maxsize=4_096)
def _read_scope(text: str) -> Scope:
    return Scope.parse(text)


def _validate_scope(value: Any) -> Scope:
    if isinstance(value, Scope):
        return value
    if not isinstance(value, str) or len(value) > MAX_SCOPE_LENGTH:
        raise ValueError(f"must be a text of at most {MAX_SCOPE_LENGTH} characters")
    return _read_scope(value)


ScopeText = Annotated[
    Scope,
    BeforeValidator(_validate_scope),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "maxLength": MAX_SCOPE_LENGTH, "pattern": SCOPE_PATTERN}),
]
"""A scope as one word on the wire."""

StateReason = Annotated[
    str, Field(min_length=1, max_length=MAX_REASON_LENGTH, pattern=r"^[^\x00-\x1f\x7f]+$")
]
"""Why a state was set: one line of text, as it is shown to whoever was refused for it."""
