"""Registered sources of signals and the policies that conclude from what models say of them."""
