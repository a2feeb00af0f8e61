"""Makes the table of datasets that back-tests read."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0064"
down_revision = "0060"
branch_labels = None
depends_on = None

SCRIPTS = ("0064_datasets.sql",)


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for name in SCRIPTS:
        script = (Path(__file__).parents[1] / "sql" / name).read_text()
        driver.run_async(lambda connection, script=script: connection.execute(script))
