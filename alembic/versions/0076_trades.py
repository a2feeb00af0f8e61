"""Keeps narrow rows of fills and refusals, by which they are found."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None

SCRIPTS = ("0076_trades.sql",)


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for name in SCRIPTS:
        script = (Path(__file__).parents[1] / "sql" / name).read_text()
        driver.run_async(lambda connection, script=script: connection.execute(script))
