"""Searches everything a running platform writes, and the environments of its processes."""

from loadtest.platform import Platform
from tests.support import canary
from tests.support.canary import Canary
from tradewind.operations.embedded.servers import LOGS_DIRECTORY

MAY_HAVE_THE_KEY = "orchestrator"
MAY_HAVE_KEYS_OF_MODELS = "evaluator"


async def leaks(platform: Platform, own: Canary, models: Canary) -> list[str]:
    """Return where the wallet's key can be found outside the orchestrator, and keys of models.

    What is kept of what models are asked is searched where they are: the test of the evaluator that
    is killed asks with the session's key.
    """
    pids = platform.pids()
    others = {name: pid for name, pid in pids.items() if name != MAY_HAVE_THE_KEY}
    assert MAY_HAVE_KEYS_OF_MODELS in others
    unasked = {name: pid for name, pid in pids.items() if name != MAY_HAVE_KEYS_OF_MODELS}
    # its log and its runtime file lie beside and in the data directory
    found = list(canary.in_files(own, platform.data_directory.parent))
    found += await canary.in_databases(own, platform.postgres_dsn)
    found += canary.in_redis(own, platform.redis_url)
    found += canary.in_environments(own, others) + canary.in_environments(models, unasked)
    return found + list(canary.in_files(models, platform.data_directory / LOGS_DIRECTORY))
