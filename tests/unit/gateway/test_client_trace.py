"""A client's trace is remembered where it can be looked up, and decides nothing."""

import pytest
from structlog.testing import capture_logs

from tests.unit.gateway.support import BODY, GatewayHarness
from tradewind.contracts.trace_context import trace_id_of
from tradewind.runtime import tracing
from tradewind.runtime.tracing import Span

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GIVEN = f"00-{TRACE}-{SPAN}-01"


async def test_a_clients_trace_is_in_the_log_and_in_the_answer() -> None:
    with capture_logs() as records:
        async with GatewayHarness().client() as client:
            response = await client.get("/health", headers={"traceparent": GIVEN})
    assert response.headers["x-client-trace-id"] == TRACE
    (line,) = (one for one in records if one["event"] == "request")
    assert line["client_trace_id"] == TRACE


@pytest.mark.parametrize(
    "offered",
    [[], ["nonsense"], [GIVEN, GIVEN], [f"{GIVEN}, {GIVEN}"], [f"00-{'0' * 32}-{SPAN}-01"]],
    ids=["none", "nonsense", "two", "a list", "the trace that is none"],
)
async def test_what_is_no_context_is_as_good_as_none(offered: list[str]) -> None:
    headers = [("traceparent", one) for one in offered]
    with capture_logs() as records:
        async with GatewayHarness().client() as client:
            response = await client.get("/nothing", headers=headers)
    assert response.status_code == 404
    assert "x-client-trace-id" not in response.headers
    assert all("client_trace_id" not in one for one in records)


class Spans:
    """Keeps what is told."""

    def __init__(self) -> None:
        self.told: list[Span] = []

    def emit(self, span: Span) -> None:
        self.told.append(span)

    def close(self) -> None:
        """Do nothing: nothing waits."""


async def test_an_intents_trace_is_its_own_and_links_to_the_clients(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Given a client that says its trace is recorded: whether ours is does not depend on that."""
    spans, gateway = Spans(), GatewayHarness()
    monkeypatch.setattr(tracing._TRACING, "sink", spans)
    monkeypatch.setattr(tracing._TRACING, "share", 1.0)
    publish = gateway.publisher.publish

    async def publish_and_tell(event: object) -> None:
        await publish(event)  # type: ignore[arg-type]
        tracing.tell_published([event], 1)  # type: ignore[list-item]

    monkeypatch.setattr(gateway.publisher, "publish", publish_and_tell)
    async with gateway.client() as client:
        response = await client.post("/intents", json=BODY, headers={"traceparent": GIVEN})
        assert response.status_code == 201
        monkeypatch.setattr(tracing._TRACING, "share", 0.0)
        await client.post("/intents", json=BODY, headers={"traceparent": GIVEN})
    (span,) = spans.told
    assert span.context.trace_id == trace_id_of(f"intent-{response.json()['intent_id']}")
    assert [str(link) for link in span.links] == [GIVEN]
