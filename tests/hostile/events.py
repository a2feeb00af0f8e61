"""Reads a million events, good and broken, in Rust and by the models, and compares all of it.

python -m tests.hostile.events --count 1000000 --seed 1
"""

import sys
from collections import Counter
from typing import Any, Final

import click
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.support.event_fuzz import compare, fuzzed, recorded_bodies
from tests.support.strategies import events
from tradewind.contracts.payload import Payload
from tradewind.contracts.reading.reader import IS_COMPILED
from tradewind.contracts.registry import PAYLOAD_TYPES

MADE_OF_EACH: Final = 60
TELL_EVERY: Final = 100_000


def made_bodies(model: type[Payload], start: int) -> list[bytes]:
    """Return events of a type as Hypothesis makes them, which are odder than recorded ones."""
    bodies: list[bytes] = []

    @seed(start)
    @settings(
        max_examples=MADE_OF_EACH,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(events(model))
    def keep(event: Any) -> None:
        bodies.append(event.to_bytes())

    keep()
    return bodies


@click.command(context_settings={"show_default": True})
@click.option("--count", default=1_000_000, help="How many events are read.")
@click.option("--seed", "start", default=1, help="The same seed makes the same events.")
def main(count: int, start: int) -> None:
    """Compare both ways to read events."""
    if not IS_COMPILED:
        sys.exit("the Rust extension is not built: there is one way only")
    bodies = recorded_bodies()
    for model in PAYLOAD_TYPES:
        bodies.extend(made_bodies(model, start))
    seen: Counter[str] = Counter()
    for body in bodies:
        compare(body, seen)
    for number, body in enumerate(fuzzed(bodies, count, start), 1):
        compare(body, seen)
        if number % TELL_EVERY == 0:
            click.echo(f"{number:,} read alike", err=True)
    for what, times in seen.most_common():
        click.echo(f"{times:>12,}  {what}")


if __name__ == "__main__":
    main()
