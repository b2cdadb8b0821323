"""Votes, and what is looked at before the first call leaves."""
