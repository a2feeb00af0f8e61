"""How far into the stream the ledger was written."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SCRIPTS = ("0006_stream_position.sql",)


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for name in SCRIPTS:
        script = (Path(__file__).parents[1] / "sql" / name).read_text()
        driver.run_async(lambda connection, script=script: connection.execute(script))
