"""The backtester runs back-tests slice by slice, in processes that can do nothing else."""

from actors.backtester.actors import advance_sweep, run_slice
from actors.backtester.ports import open_ports

__all__ = ["advance_sweep", "open_ports", "run_slice"]
