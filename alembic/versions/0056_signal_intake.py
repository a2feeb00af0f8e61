"""Lets keys submit signals, and hooks that have no key."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

SCRIPTS = ("0056_signal_intake.sql",)


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for name in SCRIPTS:
        script = (Path(__file__).parents[1] / "sql" / name).read_text()
        driver.run_async(lambda connection, script=script: connection.execute(script))
