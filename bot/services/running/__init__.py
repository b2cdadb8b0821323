"""Jobs and lanes step by step: what runs, what waits, what is full."""
