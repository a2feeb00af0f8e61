"""Ticks of instruments: who says them publishes them here, the recorder keeps them, others read."""
