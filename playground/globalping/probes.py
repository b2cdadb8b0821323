"""The pretend probes, and which of them a location names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

CONTINENTS = {"AF": "africa", "AN": "antarctica", "AS": "asia", "EU": "europe", "NA": "north america",
              "OC": "oceania", "SA": "south america"}  # fmt: skip
_COUNTRIES = {"AR": "argentina", "AU": "australia", "BR": "brazil", "DE": "germany", "FR": "france", "IN": "india",
              "JP": "japan", "NL": "netherlands", "NZ": "new zealand", "PL": "poland", "SG": "singapore",
              "US": "united states", "ZA": "south africa"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe. `edge` is the playground's city that its visits come to."""

    city: str
    country: str
    continent: str
    region: str
    asn: int
    network: str
    edge: str
    kind: str = "datacenter-network"
    state: str = ""

    def told(self) -> dict[str, object]:
        """As a measurement's results name it."""
        return {
            "continent": self.continent,
            "region": self.region,
            "country": self.country,
            "state": self.state or None,
            "city": self.city,
            "asn": self.asn,
            "network": self.network,
            "latitude": 0.0,
            "longitude": 0.0,
            "tags": [self.kind],
            "resolvers": ["private"],
        }

    def is_in(self, location: Mapping[str, object]) -> bool:
        """Whether every filter of `location` names this probe; text knows no case."""
        own = self.told()
        for name, wanted in location.items():
            match name, wanted:
                case "limit", _:
                    continue
                case "tags", list():
                    fits = all(str(tag).lower() == self.kind for tag in wanted)
                case "magic", _:
                    fits = all(self._is_like(part.strip().lower()) for part in str(wanted).split("+"))
                case _:
                    fits = str(own[name]).lower() == str(wanted).lower()
            if not fits:
                return False
        return True

    def _is_like(self, part: str) -> bool:
        names = (self.city, self.country, self.continent, self.region, self.state, self.network, f"as{self.asn}",
                 self.kind, CONTINENTS[self.continent], _COUNTRIES[self.country], "world")  # fmt: skip
        return part in {name.lower() for name in names if name}


_WEST, _NORTH, _SOUTH = "Western Europe", "Northern America", "South America"
PROBES = (
    Probe("Frankfurt", "DE", "EU", _WEST, 16509, "Amazon.com, Inc.", "fra"),
    Probe("Ashburn", "US", "NA", _NORTH, 14618, "Amazon.com, Inc.", "iad", state="VA"),
    Probe("Amsterdam", "NL", "EU", _WEST, 14061, "DigitalOcean, LLC", "fra"),
    Probe("Chicago", "US", "NA", _NORTH, 20473, "The Constant Company, LLC", "iad", state="IL"),
    Probe("Warsaw", "PL", "EU", "Eastern Europe", 5617, "Orange Polska S.A.", "fra", "eyeball-network"),
    Probe("Los Angeles", "US", "NA", _NORTH, 7018, "AT&T Enterprises, LLC", "iad", "eyeball-network", "CA"),
    Probe("Paris", "FR", "EU", _WEST, 16276, "OVH SAS", "fra"),
    Probe("Singapore", "SG", "AS", "South-eastern Asia", 16509, "Amazon.com, Inc.", "sin"),
    Probe("Tokyo", "JP", "AS", "Eastern Asia", 2497, "Internet Initiative Japan Inc.", "sin", "eyeball-network"),
    Probe("Mumbai", "IN", "AS", "Southern Asia", 9498, "Bharti Airtel Ltd.", "sin", "eyeball-network"),
    Probe("São Paulo", "BR", "SA", _SOUTH, 16509, "Amazon.com, Inc.", "iad"),
    Probe("Buenos Aires", "AR", "SA", _SOUTH, 7303, "Telecom Argentina S.A.", "iad", "eyeball-network"),
    Probe("Johannesburg", "ZA", "AF", "Southern Africa", 37153, "xneelo (Pty) Ltd", "fra"),
    Probe("Sydney", "AU", "OC", "Australia and New Zealand", 16276, "OVH SAS", "sin"),
    Probe("Auckland", "NZ", "OC", "Australia and New Zealand", 61138, "Zappie Host LLC", "sin"),
)


def chosen(locations: Sequence[Mapping[str, object]], limit: int, away: frozenset[str]) -> list[int]:
    """The numbers of the probes that a measurement gets, each once: `limit` of all, or as many as a location says."""
    found: dict[int, None] = {}
    for location in locations or [{}]:
        wanted = int(str(location.get("limit") or limit))
        fitting = [n for n, probe in enumerate(PROBES) if probe.is_in(location) and probe.city not in away]
        found |= dict.fromkeys([n for n in fitting if n not in found][:wanted])
    return list(found) if any("limit" in location for location in locations) else list(found)[:limit]
