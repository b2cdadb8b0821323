"""Looks, and what they prove. `look` is one answer as seen, `finding` one place, `verdict` the whole."""
