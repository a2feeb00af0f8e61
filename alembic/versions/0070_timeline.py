"""Makes the schema of the time machine, and the login of the role that writes it."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0070"
down_revision = "0066"
branch_labels = None
depends_on = None

SCRIPTS = ("0070_timeline.sql",)


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for name in SCRIPTS:
        script = (Path(__file__).parents[1] / "sql" / name).read_text()
        driver.run_async(lambda connection, script=script: connection.execute(script))
