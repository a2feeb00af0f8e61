"""The portfolio judges what a screened intent adds to it: the second stage of risk."""

from actors.portfolio.actors import judge_intent
from actors.portfolio.preview import open_ports

__all__ = ["judge_intent", "open_ports"]
