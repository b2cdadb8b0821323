"""What may be typed, and how it is told back. `speech` is the table, `command` the parser."""
