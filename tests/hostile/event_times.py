"""Measures what an event costs its readers: read, checked, hashed and as bytes again.

python -m tests.hostile.event_times
"""

import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from statistics import median
from typing import Final

import click
import orjson

from tests.support.event_fuzz import recorded_bodies
from tradewind.contracts.envelope import parse_by_models, read_canonical

PAIRS: Final = 9
READ: Final = 1_000
"""Events in each half of a pair."""
MOST_BODIES: Final = 20


def by_models(body: bytes) -> None:
    """Do what the ledger does with a message where the extension is not built."""
    event = parse_by_models(body)
    hashlib.sha256(body).digest()
    event.to_bytes()


def in_rust(body: bytes) -> None:
    """Do what the ledger does with a message: an event read in Rust is written as it came."""
    read_canonical(body)
    hashlib.sha256(body).digest()


WAYS: Final[Sequence[Callable[[bytes], object]]] = (by_models, in_rust, orjson.loads)


@click.command()
def main() -> None:
    """Print microseconds of CPU per event, by topic: medians of alternating rounds."""
    bodies: defaultdict[str, list[bytes]] = defaultdict(list)
    for body in recorded_bodies():
        bodies[parse_by_models(body).topic].append(body)
    click.echo(f"{'topic':30}{'bytes':>7}{'models':>9}{'Rust':>9}{'times':>9}{'orjson':>9}")
    for topic, of_topic in sorted(bodies.items()):
        some = of_topic[:MOST_BODIES]
        rounds = [[_microseconds(way, some) for way in WAYS] for _ in range(PAIRS)]
        models, rust, raw = (median(times) for times in zip(*rounds, strict=True))
        ratio = median(one[0] / one[1] for one in rounds)
        size = sum(map(len, some)) // len(some)
        click.echo(f"{topic:30}{size:>7}{models:>9.1f}{rust:>9.1f}{ratio:>9.1f}{raw:>9.1f}")


def _microseconds(way: Callable[[bytes], object], bodies: Sequence[bytes]) -> float:
    times = max(1, READ // len(bodies))
    started_ns = time.process_time_ns()
    for _ in range(times):
        for body in bodies:
            way(body)
    return (time.process_time_ns() - started_ns) / 1_000 / times / len(bodies)


if __name__ == "__main__":
    main()
