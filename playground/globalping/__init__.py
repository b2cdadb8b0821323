"""A pretend Globalping: probes around the world that see the playground's edges."""

from playground.globalping.api import ACCOUNT, API_PATH, TOKEN, Globalping, See
from playground.globalping.probes import PROBES, Probe
from playground.globalping.wishes import Wish

__all__ = ["ACCOUNT", "API_PATH", "PROBES", "TOKEN", "Globalping", "Probe", "See", "Wish"]
