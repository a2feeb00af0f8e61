"""The ways in which vendors and their models were seen to answer, one row each.

A client chooses by the name of the model it asks for: `truncated`, or `truncated-2` where it wants
a model of its own.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from simulators.vendors.answers import Ending

type Distortion = Callable[[dict[str, Any]], str]

LARGE_CHARACTERS: Final = 2 * 1024 * 1024
NESTED: Final = 8_000
"""So deep that the text stays under 16 KB, where nothing but its depth is wrong."""


def mode_of(model: str) -> str:
    """Return the mode that the name of a model asks for."""
    return model.partition("-")[0]


# ── What the model says ──


def _field(name: str, value: str) -> Distortion:
    """Write a field's value as this text, which need not be JSON."""

    def distort(document: dict[str, Any]) -> str:
        marked = json.dumps(document | {name: "\0"})
        return marked.replace('"\\u0000"', value)

    return distort


def _without(name: str) -> Distortion:
    return lambda document: json.dumps({key: document[key] for key in document if key != name})


def _around(before: str, after: str) -> Distortion:
    return lambda document: f"{before}{json.dumps(document)}{after}"


def _half(document: dict[str, Any]) -> str:
    text = json.dumps(document)
    return text[: len(text) // 2]


def _twice(document: dict[str, Any]) -> str:
    return f"{json.dumps(document)}\n{json.dumps(document)}"


TEXTS: Final[dict[str, Distortion]] = {
    "ok": json.dumps,
    "empty": lambda document: "",
    "blank": lambda document: " \n\t ",
    "prose": _around("Sure! Here is my decision:\n\n", "\n\nGood luck with your trade."),
    "code_fence": _around("```json\n", "\n```"),
    "half": _half,
    "second_document": _twice,
    "array": _around("[", "]"),
    "duplicate_keys": lambda document: '{"decision": "HOLD", ' + json.dumps(document)[1:],
    "nan": _field("confidence_pct", "NaN"),
    "infinity": _field("confidence_pct", "1e999"),
    "surrogate": lambda document: json.dumps(document | {"note": "?"}).replace("?", "\ud800"),
    "deep_nesting": lambda document: "[" * NESTED + "]" * NESTED,
    "nested_note": _field("note", "[" * 8 + "]" * 8),
    "oversized": _field("note", f'"{"A" * LARGE_CHARACTERS}"'),
    "fraction": _field("confidence_pct", "71.0"),
    "digits": _field("confidence_pct", '"71"'),
    "boolean": _field("confidence_pct", "true"),
    "unknown_key": _field("note", '"", "leverage": 100'),
    "unknown_word": _field("decision", '"BUY"'),
    "missing_key": _without("confidence_pct"),
    "out_of_range": _field("confidence_pct", "250"),
    "negative": _field("size_pct", "-10"),
    "no_reasons": _field("reasons", "[]"),
    "control_characters": _field("note", '"\\u0000\\u001b[31m"'),
}

ENDINGS: Final[dict[str, Ending]] = {
    "truncated": "truncated",
    "refusal": "refused",
    "blocked": "blocked",
    "continuation": "unfinished",
}
"""How the model ends, other than by itself."""


# ── What the vendor says ──


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error of HTTP: its status and, by protocol, the vendor's word for it."""

    status: int
    code: str
    google_code: str
    google_status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    details: list[Any] = field(default_factory=list)


_TYPE: Final = "type.googleapis.com/google.rpc."
_QUOTA: Final = {
    "@type": f"{_TYPE}QuotaFailure",
    "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}],
}
_NO_KEY: Final = {"@type": f"{_TYPE}ErrorInfo", "reason": "API_KEY_INVALID"}


def _limit(delay_seconds: str) -> Refusal:
    retry = {"@type": f"{_TYPE}RetryInfo", "retryDelay": f"{delay_seconds}s"}
    return Refusal(
        429,
        "rate_limit_error",
        "RESOURCE_EXHAUSTED",
        headers={"retry-after": delay_seconds},
        details=[retry],
    )


REFUSALS: Final = {
    "rate_limited": _limit("0.2"),
    "rate_limited_long": _limit("60"),
    "rate_limited_bare": Refusal(429, "rate_limit_error", "RESOURCE_EXHAUSTED"),
    "quota": Refusal(429, "insufficient_quota", "RESOURCE_EXHAUSTED", details=[_QUOTA]),
    "server_error": Refusal(500, "server_error", "INTERNAL"),
    "overloaded": Refusal(529, "overloaded_error", "UNAVAILABLE", 503),
    "unauthorized": Refusal(
        401, "authentication_error", "INVALID_ARGUMENT", 400, details=[_NO_KEY]
    ),
    "forbidden": Refusal(403, "permission_error", "PERMISSION_DENIED"),
    "gateway_timeout": Refusal(504, "timeout_error", "DEADLINE_EXCEEDED"),
    "not_found": Refusal(404, "not_found_error", "NOT_FOUND"),
}

HTML: Final = "<html><body><h1>Bad gateway</h1></body></html>"
TRANSPORTS: Final = (
    "slow",
    "silent",
    "drip",
    "cut",
    "reset",
    "endless",
    "html",
    "html_ok",
    "empty_body",
    "odd_document",
    "compressed",
    "redirect",
)
"""How the answer comes, or does not; `transports.py` says each."""

MODES: Final = (*TEXTS, *ENDINGS, *REFUSALS, *TRANSPORTS)
