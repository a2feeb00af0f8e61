"""Keeps the ledger whole where TimescaleDB could drop its oldest part by a policy."""

from typing import Final

from tradewind.errors import ConfigurationError
from tradewind.postgres import Connection

HAS_JOBS: Final = "SELECT to_regclass('timescaledb_information.jobs') IS NOT NULL"
OURS: Final = "proc_name = 'policy_retention' AND hypertable_schema = current_schema()"
POLICIES: Final = f"SELECT hypertable_name FROM timescaledb_information.jobs WHERE {OURS}"  # noqa: S608


class HistoryWouldBeDropped(ConfigurationError):
    """A retention policy drops events of the ledger, which is the truth. Remove it."""

    code = "HISTORY_WOULD_BE_DROPPED"


async def check_retention(connection: Connection) -> None:
    """Raise HistoryWouldBeDropped where TimescaleDB has a retention policy on a table of ours."""
    if not await connection.fetchval(HAS_JOBS):
        return
    for row in await connection.fetch(POLICIES):
        table = row["hypertable_name"]
        raise HistoryWouldBeDropped(
            f"a retention policy drops what {table} records: "
            f"run SELECT remove_retention_policy('{table}')"
        )
