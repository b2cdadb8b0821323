"""Looks carried out: which pages, from where, how often, and whose look goes first."""
