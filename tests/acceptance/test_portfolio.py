"""After a trade one request returns the portfolio with it; closing it is a trade like any other."""

from typing import Any

import httpx2

from tests.support.requests import intent
from tests.support.waiting import wait_until

PATIENCE_SECONDS = 60
PORTFOLIO = "portfolio-shown"


async def shown_after(client: httpx2.AsyncClient, fills: int) -> dict[str, Any]:
    """Return the portfolio once so many fills are settled and nothing is open.

    The simulated venue fills some orders in parts, which may be seen one by one.
    """
    answers: list[dict[str, Any]] = []

    async def is_settled() -> bool:
        answer = await client.get(f"/portfolios/{PORTFOLIO}")
        if answer.status_code == 200:
            answers.append(answer.json())
        if not answers or answers[-1]["open_intents"]:
            return False
        return bool(sum(one["fills"] for one in answers[-1]["positions"]) >= fills)

    await wait_until(is_settled, "the fills are settled", seconds=PATIENCE_SECONDS)
    return answers[-1]


async def test_a_trade_is_in_one_answer_with_position_and_fill(
    client: httpx2.AsyncClient,
) -> None:
    submitted = await client.post("/intents", json=intent(PORTFOLIO))
    intent_id = submitted.json()["intent_id"]
    shown = await shown_after(client, 1)
    (position,) = shown["positions"]
    assert position["symbol"] == "WETH/USDC"
    assert abs(float(position["qty"]) - 0.5) < 0.01
    assert {one["intent_id"] for one in shown["recent_fills"]} == {intent_id}
    assert float(shown["cash_usd"]) < 0 < float(shown["gross_exposure_usd"])
    assert shown["open_intents"] == 0
    live = (await client.get("/live/fills", params={"portfolio_id": PORTFOLIO})).json()
    assert live["items"] == shown["recent_fills"]

    closed = await client.post(f"/portfolios/{PORTFOLIO}/flatten", json={"max_slippage": "0.05"})
    assert closed.status_code == 202, closed.text
    (sale,) = closed.json()["intents"]
    assert (sale["strategy_id"], sale["qty"]) == (PORTFOLIO, position["qty"])

    async def is_flat() -> bool:
        answer = (await client.get(f"/portfolios/{PORTFOLIO}")).json()
        return answer["position_count"] == 0 and len(answer["recent_fills"]) >= 2

    await wait_until(is_flat, "everything is sold", seconds=PATIENCE_SECONDS)
