"""Holds the intent a client submits, its events and lifecycle; risk's and plans' are beside it."""
