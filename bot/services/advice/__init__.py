"""Diagnosis and lint carried out: everything on the way is asked, and the rules of the domain judge."""
