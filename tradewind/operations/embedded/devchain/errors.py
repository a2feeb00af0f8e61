"""Errors of the dev chain."""

from tradewind.errors import TradewindError


class DevChainUnavailable(TradewindError):
    """This machine cannot run the dev chain; the message says what is missing."""

    code = "DEV_CHAIN_UNAVAILABLE"


class DevChainNotRunning(TradewindError):
    """No dev chain answers. Start one with `tradewind devchain up`."""

    code = "DEV_CHAIN_NOT_RUNNING"


class DeploymentFailed(TradewindError):
    """A transaction of the deployment did not do what it should; a defect, not an accident."""

    code = "DEPLOYMENT_FAILED"
