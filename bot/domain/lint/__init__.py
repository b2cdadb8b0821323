"""What an answer's cache headers will cause: one table of rules, pure. Rules read a `Served` and give a `Finding`."""
