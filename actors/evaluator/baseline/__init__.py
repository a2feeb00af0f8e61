"""`baseline`, a model without a network: a scorecard whose every term is a reason."""
