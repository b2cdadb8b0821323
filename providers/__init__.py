"""Adapters for cache providers. This package knows nothing of the bot."""
