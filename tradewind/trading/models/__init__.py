"""The models that judge signals, as they are configured: the evaluator asks, the gateway shows."""
