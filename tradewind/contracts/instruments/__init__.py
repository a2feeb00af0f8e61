"""Holds tokens, pairs, pools and observations of them; prices are computed in `trading`."""
