"""Makes the tables of ticks and candles, and the login of the recorder that fills them."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

SCRIPTS = ("0065_market.sql",)


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for name in SCRIPTS:
        script = (Path(__file__).parents[1] / "sql" / name).read_text()
        driver.run_async(lambda connection, script=script: connection.execute(script))
