"""Keeps what models were asked and said, and what each may still cost."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0045"
down_revision = "0040"
branch_labels = None
depends_on = None

SCRIPTS = ("0045_evaluations.sql",)


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for name in SCRIPTS:
        script = (Path(__file__).parents[1] / "sql" / name).read_text()
        driver.run_async(lambda connection, script=script: connection.execute(script))
