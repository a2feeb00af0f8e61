"""The evaluator asks every model about an enriched signal and keeps what each said.

It trades nothing, and the broker refuses it to publish an intent.
"""

from actors.evaluator.actors import evaluate_signal
from actors.evaluator.ports import open_ports

__all__ = ["evaluate_signal", "open_ports"]
