"""Settings of the portfolio stage."""

from tradewind.settings import PostgresSettings


class PortfolioSettings(PostgresSettings):
    """The portfolio stage."""
