"""Warming carried out: begun, gone on with, told."""
