"""Finds what is written with every event by fewer indexes."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None

SCRIPTS = ("0077_fewer_indexes.sql",)
BEFORE = """
DROP INDEX correlation_head_open;
CREATE INDEX correlation_head_open ON correlation_head (changed_at) WHERE is_open;
DROP INDEX events_submitted_time;
CREATE INDEX events_topic_time ON events (topic, time DESC);
CREATE INDEX events_fills ON events (portfolio, global_seq) WHERE topic = 'exec.step_filled';
CREATE INDEX portfolios_untold ON portfolios (portfolio_id) WHERE changed_seq > told_seq;
CREATE INDEX portfolio_outbox_due ON portfolio_outbox (publish_at);
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for name in SCRIPTS:
        script = (Path(__file__).parents[1] / "sql" / name).read_text()
        driver.run_async(lambda connection, script=script: connection.execute(script))


def downgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(BEFORE))
