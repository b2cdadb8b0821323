"""The strict Slack stand-in of the playground."""

from playground.slack.stand_in import SlackStandIn

__all__ = ["SlackStandIn"]
