"""Rank the fields of click-through-rate logs."""

__version__ = "0.1.0"
