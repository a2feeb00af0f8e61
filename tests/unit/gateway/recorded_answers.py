"""Answers as they were recorded, and what of an answer is compared with them."""

import json
from pathlib import Path
from typing import Any

import httpx2

from gateway.http.middleware.security_headers import SECURITY_HEADERS

RECORDED: dict[str, Any] = json.loads(Path(__file__).with_name("answers.json").read_text())
REQUEST_ID = {"X-Request-ID": "request-1"}
SECURED = {name.lower(): text for name, text in SECURITY_HEADERS.items()}
VARIES = "Accept, Accept-Encoding"
"""What an answer to HTTP says in `Vary`, unless it says more."""
_OF_THE_WAY = {"content-length", "content-encoding"}

Answer = dict[str, Any]


def comparable(status: int, headers: dict[str, str], body: bytes) -> Answer:
    """Return the answer without what differs from run to run, and without what all have."""
    shown = {name: text for name, text in headers.items() if name not in _OF_THE_WAY}
    assert shown.pop("x-request-id") == REQUEST_ID["X-Request-ID"]
    document = json.loads(body)
    for state in document.get("dependencies", {}).values():
        if "latency_ms" in state:
            state["latency_ms"] = 0
    answer = {"status": status, "headers": shown, "body": document}
    if SECURED.items() <= shown.items():
        assert "Accept" in shown.get("vary", "").split(", ")
        if shown["vary"] == VARIES:
            del shown["vary"]
        return answer | {"headers": dict(shown.items() - SECURED.items()), "secured": True}
    return answer | {"secured": False}


def of_response(response: httpx2.Response) -> Answer:
    return comparable(response.status_code, dict(response.headers), response.content)
