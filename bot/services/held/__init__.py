"""Holds, what waits for their end, and broken glass."""
