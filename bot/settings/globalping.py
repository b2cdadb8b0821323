"""Looking from around the world: which sites, from where, and how much of it; each checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

from bot.domain.proof.world import REGIONS, Region, World
from bot.domain.site import Site
from bot.settings import shapes
from bot.settings.complaints import Complaints, quoted, unknown
from bot.settings.document import GlobalpingDoc, RegionDoc, SecretDoc
from bot.settings.model import Globalping, Secret
from bot.settings.reader import Data, Place

ANONYMOUS_MAX, SIGNED_MAX = 50, 500  # probes in one measurement; jsdelivr/globalping, config/default.cjs, 2026-08-07
PLACE: Place = ("globalping",)
_COUNTRY = re.compile(r"[A-Z]{2}")


class GlobalpingReader:
    """Reads the part. `sites` are those that could be read."""

    def __init__(
        self, complaints: Complaints, sites: Mapping[str, Site], secret: Callable[[SecretDoc], Secret]
    ) -> None:
        self._complaints = complaints
        self._sites = sites
        self._secret = secret

    def read(self, data: Data, named: Collection[str]) -> Globalping:
        """What is configured; `named` are the sites that have a name in the file."""
        doc = None if data is None else self._complaints.read(GlobalpingDoc, data, PLACE)
        if doc is None:
            return Globalping()
        limit = self._limit(doc)
        regions = REGIONS if doc.regions is None else self._regions(doc.regions, limit)
        sites = [self._site(site, (*PLACE, "sites", n), named, regions) for n, site in enumerate(doc.sites)]
        for n, site in enumerate(sites):
            if site in sites[:n]:
                self._complaints.add((*PLACE, "sites", n), f"{quoted(site)} is named twice.", "Keep one.")
        api_url = shapes.address(self._complaints, (*PLACE, "api_url"), doc.api_url, with_path=True)
        world = World(frozenset(sites), regions, limit, doc.reserve, doc.prove)
        return Globalping(api_url, self._secret(doc.token) if doc.token else None, world)

    def _limit(self, doc: GlobalpingDoc) -> int:
        most = SIGNED_MAX if doc.token else ANONYMOUS_MAX
        if doc.limit > most:
            more = "" if doc.token else " With a `token` it has 500."
            what = f"{doc.limit} is more than the {most} probes that a measurement has.{more}"
            self._complaints.add((*PLACE, "limit"), what, f"Write {most} or less.")
        return doc.limit

    def _site(self, site: str, place: Place, named: Collection[str], regions: Mapping[str, Region]) -> str:
        if site not in named:
            self._complaints.add(place, *unknown("site", site, named))
        edges = self._sites[site].edges if site in self._sites else {}
        both = [region for region in regions if region.lower() in {edge.lower() for edge in edges}]
        if both:
            what = f"{quoted(both[0])} is an edge of {site} and a region too."
            self._complaints.add(place, what, "Give one another name: `from` names the regions.")
        return site

    def _regions(self, docs: Mapping[str, RegionDoc], limit: int) -> Mapping[str, Region]:
        here: Place = (*PLACE, "from")
        if not docs:
            self._complaints.add(here, "is empty.", "Name a region, such as {eu: {continent: EU}}, or remove the key.")
        return {name: self._region(name, doc, (*here, name), limit) for name, doc in docs.items()}

    def _region(self, name: str, doc: RegionDoc, place: Place, limit: int) -> Region:
        shapes.name(self._complaints, place, name, "region")
        if doc.limit > limit:
            what = f"{doc.limit} probes are more than one check may have, which is {limit}."
            self._complaints.add((*place, "limit"), what, "Write less, or raise `limit` of globalping.")
        if doc.country and not _COUNTRY.fullmatch(doc.country):
            what = f"{quoted(doc.country)} is not the code of a country."
            self._complaints.add((*place, "country"), what, "Write two large letters, such as DE.")
        wants = tuple(_wants(doc))
        if not wants:
            self._complaints.add(place, "does not say where.", "Add, for example, continent: EU.")
        return Region(wants, doc.limit)


def _wants(doc: RegionDoc) -> list[tuple[str, str]]:
    """The filters that are given; a tag each."""
    texts = {
        "continent": doc.continent or "",
        "region": doc.region,
        "country": doc.country,
        "state": doc.state,
        "city": doc.city,
        "network": doc.network,
        "asn": "" if doc.asn is None else str(doc.asn),
        "magic": doc.magic,
    }
    return [*((name, text) for name, text in texts.items() if text), *(("tags", tag) for tag in doc.tags)]
