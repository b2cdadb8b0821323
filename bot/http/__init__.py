"""The HTTP doors: Slack's deliveries, deploys, commands and jobs for machines, health."""
