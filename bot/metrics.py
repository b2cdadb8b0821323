"""What Prometheus sees. Labels come from the configuration only: never a URL, a tag, a person or a job."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, make_asgi_app
from starlette.types import ASGIApp

SECONDS = (0.005, 0.02, 0.1, 0.3, 1, 3, 10, 30, 120, 600)


class Metrics:
    """Counts what deeds report."""

    def __init__(self, providers: Mapping[str, str]) -> None:
        self._providers = {**providers}  # by account
        self._registry = registry = CollectorRegistry()
        self._jobs = Counter(
            "purgebot_jobs", "Jobs that ended.", ["site", "kind", "source", "outcome"], registry=registry
        )
        self._requests = Counter(
            "purgebot_provider_requests", "Calls to providers.", ["provider", "account", "result"], registry=registry
        )
        self._seconds = Histogram(
            "purgebot_provider_request_duration_seconds", "How long calls took.", ["provider", "account"],
            registry=registry, buckets=SECONDS,
        )  # fmt: skip
        self._retries = Counter("purgebot_retries", "Calls sent again.", ["provider", "account"], registry=registry)
        self._fresh = Histogram(
            "purgebot_time_to_fresh_seconds", "From request to proof at all edges.", ["site"],
            registry=registry, buckets=SECONDS,
        )  # fmt: skip
        self._reloads = Counter(
            "purgebot_reloads", "Readings of the configuration file after SIGHUP.", ["result"], registry=registry
        )
        self._lag = Gauge("purgebot_loop_lag_seconds", "How late the event loop was, last second.", registry=registry)

    def know(self, providers: Mapping[str, str]) -> None:
        """Accounts that are configured from now on, with their providers; those of before may still be told of."""
        self._providers |= providers

    def reloaded(self, result: str) -> None:
        """The file was read after SIGHUP: it was "taken", "bad", or "kept_out"."""
        self._reloads.labels(result).inc()

    def called(self, account: str, result: str, seconds: float) -> None:
        """A call to `account` ended in `result` ("ok" or the error's class) after `seconds`."""
        provider = self._providers[account]
        self._requests.labels(provider, account, result).inc()
        self._seconds.labels(provider, account).observe(seconds)

    def retried(self, account: str) -> None:
        """A call will be sent again."""
        self._retries.labels(self._providers[account], account).inc()

    def ended(self, site: str, kind: str, source: str, outcome: str, seconds: float | None) -> None:
        """A job ended; `seconds` from request to proof where there is one."""
        self._jobs.labels(site, kind, source, outcome).inc()
        if seconds is not None:
            self._fresh.labels(site).observe(seconds)

    def lagged(self, seconds: float) -> None:
        """The loop woke this late."""
        self._lag.set(seconds)

    def app(self) -> ASGIApp:
        """The page at /metrics."""
        app: ASGIApp = make_asgi_app(self._registry)
        return app
