"""Jobs and reports as JSON, CSV and plain text: for machines, files and terminals."""
