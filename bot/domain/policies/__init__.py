"""Who may do what, and which purge needs whom. `rights` and `ruling` answer."""
