"""Tradewind: from trading signal to settled position, every step an event."""

__version__ = "0.1.0"
