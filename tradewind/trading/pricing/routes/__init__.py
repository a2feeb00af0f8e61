"""Chooses the pools a swap goes through; the quote of a single pool is computed in `swap`."""
