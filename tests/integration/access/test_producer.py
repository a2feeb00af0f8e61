"""A producer of signals may ask the gateway to take them in, and nothing else at the broker."""

from nats.aio.msg import Msg

from tests.integration.access.conftest import Visit
from tradewind.contracts.registry import TOPICS

KEY = "ethereum-WETH-USDC.demo"


async def test_a_producer_can_only_ask_the_gateway(visit: Visit) -> None:
    producer, gateway = await visit("producer"), await visit("gateway")
    await gateway.client.subscribe("submit.signal.*", queue="gateway", cb=_take)
    await gateway.flush()
    assert await producer.ask("submit.signal.research", b"{}") == b"taken"
    elsewhere = {
        *(f"{topic}.{KEY}" for topic in TOPICS),
        *("submit.signal", "submit.signal.a.b", "submit.intent.a", "query.preview.risk"),
        *("$JS.API.STREAM.INFO.EVENTS", "$JS.API.STREAM.PURGE.EVENTS", "process.alive.gateway"),
        "$KV.PERP_SNAPSHOTS.ctx.ETH",
    }
    assert await producer.refused_to_publish(elsewhere) == elsewhere
    heard = {"submit.signal.*", "signal.>", ">", "_INBOX.gateway.>"}
    assert await producer.refused_to_subscribe(heard) == heard


async def test_nobody_but_the_gateway_hears_producers(visit: Visit) -> None:
    for name in ("risk", "desk", "evaluator", "coordinator", "operator"):
        visitor = await visit(name)
        assert await visitor.refused_to_subscribe({"submit.signal.*"}) == {"submit.signal.*"}
        assert await visitor.refused_to_publish({"submit.signal.a"}) == {"submit.signal.a"}


async def _take(message: Msg) -> None:
    await message.respond(b"taken")
