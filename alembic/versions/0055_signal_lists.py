"""Lists signals and decisions without their documents."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0055"
down_revision = "0051"
branch_labels = None
depends_on = None

SCRIPTS = ("0055_signal_lists.sql",)


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for name in SCRIPTS:
        script = (Path(__file__).parents[1] / "sql" / name).read_text()
        driver.run_async(lambda connection, script=script: connection.execute(script))
