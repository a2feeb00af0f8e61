"""Back-tests: the decision functions of the platform over recorded inputs, as pure functions."""
