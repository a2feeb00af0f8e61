"""Submits intents beside the page, and waits for what becomes of them."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import httpx2

from tests.support.waiting import wait_until

ENDS: Final = {
    *("completed", "failed", "expired", "cancelled"),
    *("risk_rejected", "plan_rejected"),
}


async def submitted(client: httpx2.AsyncClient, body: dict[str, Any]) -> str:
    """Submit an intent; return its id."""
    answer = await client.post("/intents", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["intent_id"])


async def ended(client: httpx2.AsyncClient, intent_id: str) -> dict[str, Any]:
    """Return the document of an intent that has come to its end; its gateway may be away."""
    document: dict[str, Any] = {}

    async def is_over() -> bool:
        document.update((await client.get(f"/intents/{intent_id}")).json())
        return document.get("state") in ENDS

    await wait_until(is_over, f"{intent_id} has ended", despite=(httpx2.TransportError,))
    return document


async def all_ended(client: httpx2.AsyncClient, ids: Sequence[str]) -> None:
    """Wait for the ends of all of them."""
    await asyncio.gather(*(ended(client, one) for one in ids))
