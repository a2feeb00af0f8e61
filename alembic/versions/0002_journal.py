"""The transaction journal: wallets, steps, slots, generations, reorgs, allowances."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SCRIPTS = ("0002_journal.sql", "0002_guards.sql", "0002_privileges.sql")


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for name in SCRIPTS:
        script = (Path(__file__).parents[1] / "sql" / name).read_text()
        driver.run_async(lambda connection, script=script: connection.execute(script))
