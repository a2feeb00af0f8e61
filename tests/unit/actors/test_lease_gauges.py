"""The lease as operators see it: it runs out before their eyes when it is not renewed."""

from prometheus_client import CollectorRegistry, Gauge

from actors.coordinator import metrics


def test_the_lease_runs_out_unless_it_is_renewed() -> None:
    registry, now = CollectorRegistry(), [100.0]
    held, remaining = (Gauge(name, name, registry=registry) for name in ("held", "remaining"))
    lease = metrics.LeaseGauges(held, remaining, clock=lambda: now[0])

    def shown() -> list[float | None]:
        return [registry.get_sample_value(name) for name in ("held", "remaining")]

    assert shown() == [0, 0]
    lease.take(epoch=3, lapses_at=103.0)
    assert shown() == [0, 3]
    now[0] = 102.0
    assert shown() == [2, 1]
    lease.renew(lapses_at=105.0)
    assert shown() == [2, 3]
    # PostgreSQL is away: the last one who held it goes on counting
    now[0] = 107.5
    assert shown() == [7.5, -2.5]
    lease.end()
    assert shown() == [0, 0]
