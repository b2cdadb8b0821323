"""The eyes: fetches what a visitor would get, behind the guards."""

from bot.edge.globalping import Globalping
from bot.edge.looker import AGENT, REFUSED, EdgeLooker, resolve

__all__ = ["AGENT", "REFUSED", "EdgeLooker", "Globalping", "resolve"]
