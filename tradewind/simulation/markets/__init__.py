"""The pools of a run at a moment: modelled around candles, or as they were recorded."""
