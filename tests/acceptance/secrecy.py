"""Searches everything a running platform writes, and environment and memory of its processes."""

from loadtest.platform import Platform
from tests.support import canary
from tests.support.canary import Canary
from tradewind.operations.embedded.servers import LOGS_DIRECTORY

MAY_HAVE_THE_KEY = "orchestrator"
MAY_HAVE_KEYS_OF_MODELS = "evaluator"


async def leaks(platform: Platform, own: Canary) -> list[str]:
    """Return where the wallet's key can be found outside the orchestrator."""
    others = {name: pid for name, pid in platform.pids().items() if name != MAY_HAVE_THE_KEY}
    # its log and its runtime file lie beside and in the data directory
    found = list(canary.in_files(own, platform.data_directory.parent))
    found += await canary.in_databases(own, platform.postgres_dsn)
    found += canary.in_redis(own, platform.redis_url)
    return found + canary.in_environments(own, others) + canary.in_memories(own, others)


def leaked_keys_of_models(platform: Platform, models: Canary) -> list[str]:
    """Return where keys of models can be found in logs, and outside the evaluator.

    What is kept and told of models is searched by the test of the evaluator that is killed, which
    asks one with the session's key.
    """
    others = dict(platform.pids())
    keeper = others.pop(MAY_HAVE_KEYS_OF_MODELS)
    assert canary.in_memories(models, {MAY_HAVE_KEYS_OF_MODELS: keeper}), "nobody has the key"
    found = list(canary.in_files(models, platform.data_directory / LOGS_DIRECTORY))
    return found + canary.in_environments(models, others) + canary.in_memories(models, others)
