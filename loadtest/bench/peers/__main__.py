"""One phase of one peer in a process of its own: `python -m loadtest.bench.peers NAME PHASE`.

`consume` prints the usage as one line of JSON.
"""

import importlib
import itertools
import json
from typing import cast

import click
import uvloop

from loadtest.bench.events import accepted_histories
from loadtest.bench.meter import Meter
from loadtest.bench.peers import Addresses, Peer

_SEED = 7


@click.command()
@click.argument("name")
@click.argument("phase", type=click.Choice(["fill", "consume"]))
@click.option("--nats-url", required=True)
@click.option("--redis-url", default="", help="Only Dramatiq on Redis needs it.")
@click.option("--warmup", type=click.IntRange(1), required=True)
@click.option("--messages", type=click.IntRange(1), required=True)
def main(name: str, phase: str, nats_url: str, redis_url: str, warmup: int, messages: int) -> None:
    """Fill or consume the backlog of peer NAME."""
    peer = cast(Peer, importlib.import_module(f"loadtest.bench.peers.{name}"))
    addresses = Addresses(nats_url, redis_url)
    meter = Meter(warmup, messages)
    if phase == "fill":
        histories = itertools.islice(accepted_histories(_SEED), meter.backlog)
        uvloop.run(peer.fill(addresses, [accepted for *_, accepted in histories]))
    else:
        uvloop.run(peer.consume(addresses, meter))
        print(json.dumps(meter.usage()._asdict()))


if __name__ == "__main__":
    main()
