"""Measurements. Each prints what it saw; none asserts."""
