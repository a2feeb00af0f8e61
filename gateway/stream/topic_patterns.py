"""Reads the topic patterns of a subscription: `intent.*`, `*.rejected`, `exec.completed`, `>`.

A topic is `<domain>.<verb>`. `*` stands for exactly one token, `>` for all that follow; `*` alone
is everything, like `>`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from gateway.stream.limits import MAX_PATTERN_CHARACTERS
from tradewind.contracts.registry import EVENT_DOMAINS, TOPICS

MARKET_DOMAIN: Final = "market"
PORTFOLIO_DOMAIN: Final = "portfolio"

_DOMAINS: Final = frozenset({*EVENT_DOMAINS, MARKET_DOMAIN})
_TOKEN: Final = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
ANY: Final = "*"
_REST: Final = ">"


class InvalidPattern(ValueError):
    """The pattern cannot match any topic; the message says why."""


@dataclass(frozen=True)
class TopicPattern:
    """A pattern, as its two tokens; `*` in a place matches any token there."""

    domain: str
    verb: str

    def matches(self, topic: str) -> bool:
        """Return whether a topic of two tokens matches."""
        domain, _, verb = topic.partition(".")
        return self.domain in (ANY, domain) and self.verb in (ANY, verb)

    def covers(self, other: "TopicPattern") -> bool:
        """Return whether everything `other` matches is matched here as well."""
        return self.domain in (ANY, other.domain) and self.verb in (ANY, other.verb)


def parse_pattern(text: str) -> TopicPattern:
    """Return the pattern written as `text`; InvalidPattern names what is wrong."""
    if len(text) > MAX_PATTERN_CHARACTERS:
        raise InvalidPattern(f"a pattern has at most {MAX_PATTERN_CHARACTERS} characters")
    if text in (ANY, _REST):
        return TopicPattern(ANY, ANY)
    domain, _, verb = text.partition(".")
    verb = ANY if verb == _REST else verb
    if not _is_token(domain) or not _is_token(verb):
        raise InvalidPattern("a pattern is <domain>.<verb>; either may be *, the last also >")
    if domain not in (ANY, *_DOMAINS):
        raise InvalidPattern(f"there is no domain {domain}; known: {', '.join(sorted(_DOMAINS))}")
    if ANY not in (domain, verb) and not _may_exist(domain, verb):
        raise InvalidPattern(f"there is no topic {domain}.{verb}")
    return TopicPattern(domain, verb)


def parse_allowed(texts: Iterable[str]) -> tuple[TopicPattern, ...]:
    """Return the patterns an operator allows; InvalidPattern when one is wrong."""
    return tuple(parse_pattern(text) for text in texts)


def is_allowed(pattern: TopicPattern, allowed: Iterable[TopicPattern]) -> bool:
    """Return whether one allowed pattern covers all a subscription asks for."""
    return any(one.covers(pattern) for one in allowed)


def _is_token(token: str) -> bool:
    return token == ANY or _TOKEN.fullmatch(token) is not None


def _may_exist(domain: str, verb: str) -> bool:
    """A domain without registered topics (market, signal) may get any verb."""
    known = [topic for topic in TOPICS if topic.startswith(f"{domain}.")]
    return not known or f"{domain}.{verb}" in known
