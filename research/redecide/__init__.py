"""Runs today's risk and planner on what they decided on, and tells what would differ."""
