"""Shared by tests of every distance: waiting, harnesses, factories, checkers; no test is here."""
