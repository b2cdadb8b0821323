"""From a wish to a plan, and from a plan to a job."""
