"""Portfolios as they are shown: book, accounts, limits and trading states of one moment."""
