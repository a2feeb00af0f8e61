"""Admission: an intent that could not be done in time is refused, and nothing else is."""

from collections.abc import Iterable

import pytest

from gateway.submission.admission import (
    EVIDENCE_SECONDS,
    INTENT_PATH,
    MAX_AGE_SECONDS,
    REST_SECONDS,
    SAMPLE_SECONDS,
    WINDOW_SECONDS,
    Drain,
)
from tests.unit.gateway.support import BODY, GatewayHarness, body_with, check_problem
from tradewind.errors import TransientError
from tradewind.runtime.broker_stats import Lag

RISK, PLANNER = "risk-workers", "planner-workers"


def wait_seconds(samples: Iterable[tuple[int, int]]) -> float:
    """Return the wait after samples of (pending, acknowledged), SAMPLE_SECONDS apart."""
    drain = Drain(EVIDENCE_SECONDS, WINDOW_SECONDS)
    for number, (pending, acknowledged) in enumerate(samples):
        drain.observe(number * SAMPLE_SECONDS, Lag(pending, 0, acknowledged))
    return drain.wait_seconds


def steps(pending: int, per_sample: int, count: int = 7) -> list[tuple[int, int]]:
    return [(pending, number * per_sample) for number in range(count)]


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        pytest.param([], 0, id="nothing was seen"),
        pytest.param(steps(100, 20, count=5), 0, id="not busy for long enough"),
        pytest.param(steps(100, 20), 10, id="busy at ten a second"),
        pytest.param(steps(0, 20), 0, id="nothing waits"),
        pytest.param([(100, 0), (0, 20)] * 20, 0, id="never busy from beginning to end"),
        pytest.param(steps(30, 0), 30 * 12, id="stopped, and one may be done next"),
        pytest.param(
            [*((0, 10 * number) for number in range(25)), *((240, 240) for _ in range(6))],
            240 * 60 / 240,
            id="stopped for a moment after it worked",
        ),
        pytest.param([*steps(100, 20, 100), (0, 2_000)], 0, id="worked off"),
        pytest.param([*steps(100, 20), (50, 5), (50, 10)], 0, id="made anew"),
        pytest.param(
            [*steps(100, 200), *((100, 1_200) for _ in range(30))],
            100 * WINDOW_SECONDS,
            id="what was before the window is forgotten",
        ),
    ],
)
def test_what_waits_takes_as_long_as_it_took_before(
    samples: list[tuple[int, int]], expected: float
) -> None:
    assert wait_seconds(samples) == pytest.approx(expected)


async def busy(gateway: GatewayHarness, **pending: int) -> None:
    """Have consumers stand still with so many messages for as long as it takes to be sure."""
    gateway.consumers.found = {
        name.replace("_", "-"): Lag(count, 0, 0) for name, count in pending.items()
    }
    for _ in range(7):
        gateway.seconds += SAMPLE_SECONDS
        await gateway.admission.sample()


async def test_an_intent_without_the_time_to_wait_is_refused_and_others_are_not() -> None:
    """Given 360 s of work in two pools together, then it depends on the intent's window."""
    gateway = GatewayHarness()
    await busy(gateway, risk_workers=20, planner_workers=10, elsewhere=10_000)
    async with gateway.client() as client:
        short = await client.post("/intents", json=BODY)
        long = await client.post("/intents", json=body_with("constraints.time_window", 360))
    check_problem(short, 503, "OVERLOADED")
    assert short.headers["retry-after"] == "60"
    assert long.status_code == 201
    assert len(gateway.journal.kept) == 1


async def test_what_was_accepted_before_is_answered_also_when_there_is_too_much() -> None:
    gateway = GatewayHarness()
    key = {"Idempotency-Key": "order-1"}
    async with gateway.client() as client:
        first = await client.post("/intents", json=BODY, headers=key)
        await busy(gateway, risk_workers=30)
        again = await client.post("/intents", json=BODY, headers=key)
        other = await client.post("/intents", json=BODY, headers={"Idempotency-Key": "order-2"})
        used = await client.post("/intents", json=body_with("amount", "2.0"), headers=key)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    check_problem(other, 503, "OVERLOADED")
    check_problem(used, 422, "IDEMPOTENCY_KEY_USED")


async def test_it_recovers_alone() -> None:
    gateway = GatewayHarness()
    await busy(gateway, risk_workers=40)
    async with gateway.client() as client:
        check_problem(await client.post("/intents", json=BODY), 503, "OVERLOADED")
        gateway.consumers.found = {RISK: Lag(30, 0, 10)}
        gateway.seconds += SAMPLE_SECONDS
        await gateway.admission.sample()
        assert (await client.post("/intents", json=BODY)).status_code == 201


async def test_numbers_that_are_old_or_missing_refuse_nothing() -> None:
    gateway = GatewayHarness()
    await busy(gateway, risk_workers=1_000)
    gateway.consumers.error = TransientError("away")
    with pytest.raises(TransientError):
        await gateway.admission.sample()
    async with gateway.client() as client:
        check_problem(await client.post("/intents", json=BODY), 503, "OVERLOADED")
        gateway.seconds += MAX_AGE_SECONDS + 1
        assert (await client.post("/intents", json=BODY)).status_code == 201
    unknown = GatewayHarness()
    unknown.consumers.found = {RISK: None, PLANNER: None}
    await unknown.admission.sample()
    async with unknown.client() as client:
        assert (await client.post("/intents", json=BODY)).status_code == 201


async def test_idle_consumers_are_asked_rarely_until_somebody_submits() -> None:
    """Given that nothing waits, then a sample is a question only after a rest or a submission."""
    gateway = GatewayHarness()
    gateway.consumers.found = dict.fromkeys(INTENT_PATH, Lag(0, 0, 0))
    asked = 0

    async def lags() -> dict[str, Lag | None]:
        nonlocal asked
        asked += 1
        return gateway.consumers.found

    gateway.consumers.lags = lags  # type: ignore[method-assign]
    for _ in range(3):
        await gateway.admission.sample()
    assert asked == 1
    gateway.seconds += REST_SECONDS
    await gateway.admission.sample()
    assert asked == 2
    gateway.admission.overload(300)
    await gateway.admission.sample()
    assert asked == 3
    gateway.consumers.found = dict.fromkeys(INTENT_PATH, Lag(0, 1, 0))
    gateway.seconds += REST_SECONDS
    for _ in range(3):
        await gateway.admission.sample()
    assert asked == 6
    assert REST_SECONDS + SAMPLE_SECONDS <= MAX_AGE_SECONDS
