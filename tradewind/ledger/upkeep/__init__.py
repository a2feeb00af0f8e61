"""Holds ingress journal, stalled histories, backlogs and what was set aside; appends nothing."""
