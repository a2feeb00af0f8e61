"""Searches everything a running platform writes, and the environments of its processes."""

from loadtest.platform import Platform
from tests.support import canary
from tests.support.canary import Canary

MAY_HAVE_THE_KEY = "orchestrator"


async def leaks(platform: Platform, own: Canary) -> list[str]:
    """Return where the wallet's key can be found outside the orchestrator."""
    others = {name: pid for name, pid in platform.pids().items() if name != MAY_HAVE_THE_KEY}
    # its log and its runtime file lie beside and in the data directory
    found = list(canary.in_files(own, platform.data_directory.parent))
    found += await canary.in_databases(own, platform.postgres_dsn)
    found += canary.in_redis(own, platform.redis_url)
    return found + canary.in_environments(own, others)
