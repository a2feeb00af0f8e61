"""The pools as snapshots: caching and watching them, prices they give, observations of them."""
