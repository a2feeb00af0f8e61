"""Lets the recorder keep the manifests of datasets that it makes."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

SCRIPTS = ("0066_recorder_datasets.sql",)


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for name in SCRIPTS:
        script = (Path(__file__).parents[1] / "sql" / name).read_text()
        driver.run_async(lambda connection, script=script: connection.execute(script))
