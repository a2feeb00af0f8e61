"""Finds the last intent that was the same."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None

SCRIPTS = ("0078_same_intent.sql",)


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for name in SCRIPTS:
        script = (Path(__file__).parents[1] / "sql" / name).read_text()
        driver.run_async(lambda connection, script=script: connection.execute(script))


def downgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute("DROP INDEX allocations_same"))
