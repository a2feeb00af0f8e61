"""Makes the schema of back-tests and the login of the backtester, which sees nothing else."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0060"
down_revision = "0058"
branch_labels = None
depends_on = None

SCRIPTS = ("0060_backtests.sql",)


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for name in SCRIPTS:
        script = (Path(__file__).parents[1] / "sql" / name).read_text()
        driver.run_async(lambda connection, script=script: connection.execute(script))
