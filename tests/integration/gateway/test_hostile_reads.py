"""Whatever is written into the address of a read is answered by real stores, or refused by name."""

import asyncio
import re
from collections.abc import Iterator, Set
from itertools import batched
from urllib.parse import quote

import pytest
from httpx2 import Response

from gateway.http.operations import Operation
from gateway.routes.table import OPERATIONS
from tests.integration.gateway.support import RunningGateway
from tests.integration.timeline.support import follow
from tests.settings import Settings
from tradewind.postgres import open_pool

READS = [one for one in OPERATIONS if one.method == "GET" and one.parameters]
MAX_URL_CHARACTERS = 8_000
AT_ONCE = 8
TEXTS = (
    *("", " ", "%", "_", "*", "?", "[a-", "\\", "'; --", '"', "$1", "{}", "a.b", "a/b", ".."),
    *("\0", "a\0b", "\n", "\x1b[31m", "\u202e", "\ufeff", "é", "ß" * 30, "ı" * 26, "😀" * 20),
    *("-1", "0", "1e3", "+1", "1_0", "٣", "²", "9" * 19, "9" * 20, str(2**63 - 1), str(2**63)),
    *("NaN", "Infinity", "null", "true", "0x" + "f" * 40, "0x" + "f" * 64, "0X" + "F" * 64),
    *("0" * 26, "7" + "Z" * 25, "8" + "0" * 25, "intent-" + "7" + "Z" * 25, "system-0", "a-1"),
    *("0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999Z", "2026-02-30"),
    *("9999999999999999-a", "0-", "1-~", "99999999999999999999-0x" + "0" * 40, "a" * 65),
    *("expired,expired", "expired," * 40 + "expired", "../../etc/passwd", "a" * 5_000),
)
RAW = ("%ED%A0%80", "%FF%FE", "%C0%AF", "%", "%0", "%u0041", "a;b", "a#b", "%2e%2e%2f")
"""Bytes that are no UTF-8, and what is no address at all."""


def written(text: str) -> str:
    return quote(text, safe="")


def addresses(operation: Operation) -> Iterator[str]:
    """Yield an operation's address with every text in each of its places, one at a time."""
    in_path = [one.name for one in operation.parameters if one.where == "path"]
    for value in (*map(written, TEXTS), *RAW):
        for name in in_path:
            path = operation.path.replace(f"{{{name}}}", value)
            yield re.sub(r"{[a-z_]+}", "x", path)
        path = re.sub(r"{[a-z_]+}", "7" + "0" * 25, operation.path)
        for one in operation.parameters:
            if one.where == "query":
                yield f"{path}?{one.name}={value}"


async def followed(settings: Settings) -> None:
    """Write the timeline, without which nothing of the past is answered."""
    pool = await open_pool(settings.postgres_dsn.get_secret_value(), max_size=1)
    await follow(pool)
    pool.terminate()


@pytest.mark.parametrize("operation", READS, ids=lambda one: one.path)
async def test_any_text_is_answered_or_refused(
    running: RunningGateway,
    operation: Operation,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if any(one.name in ("as_of", "sequence") for one in operation.parameters):
        await followed(settings)
    monkeypatch.setattr("gateway.http.operations.READ_DEADLINE_SECONDS", 60.0)
    monkeypatch.setattr("tradewind.readmodels.reader.FOLDING_SECONDS", 60.0)
    known = {one.name for one in operation.parameters} | {"what the query names"}
    for asked in batched(addresses(operation), AT_ONCE):
        answers = await asyncio.gather(*map(running.client.get, asked))
        for address, answer in zip(asked, answers, strict=True):
            judge(address, answer, known)


def judge(address: str, answer: Response, known: Set[str]) -> None:
    """Hold an answer to what any text may be told."""
    assert answer.status_code in (200, 400, 404, 405), (address, answer.text)
    if answer.status_code == 200:
        return
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < MAX_URL_CHARACTERS, address
    if problem["code"] == "INVALID_PARAMETER":
        assert {one["field"] for one in problem["errors"]} <= known, (address, problem)
