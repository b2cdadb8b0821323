"""The first ten minutes: a few questions, a look at the domain, a configuration and a manifest to begin with."""
