"""A site: its hosts, addresses, marker and layers, each checked."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.site import Layer, Marker, Site
from bot.settings import shapes
from bot.settings.accounts import check_whole, missing, plain_value
from bot.settings.complaints import Complaints, quoted, unknown
from bot.settings.document import LayerDoc, MarkerDoc, SiteDoc
from bot.settings.file_rules import read_deploy
from bot.settings.reader import Data, Place
from bot.settings.trees import TreeReader
from providers.contract import Blueprint


class SiteReader:
    """Reads sites. `providers` maps the name of every account to its provider; None where that is not known."""

    def __init__(self, complaints: Complaints, providers: Mapping[str, Blueprint | None]) -> None:
        self._complaints = complaints
        self._providers = providers
        self._hosts: dict[str, tuple[str, Place]] = {}

    def read(self, name: str, data: Data, place: Place) -> Site | None:
        """The site, or None after complaining."""
        if not shapes.name(self._complaints, place, name, "site"):
            return None
        doc = self._complaints.read(SiteDoc, data, place)
        return self._site(name, doc, place) if doc else None

    def _site(self, name: str, doc: SiteDoc, place: Place) -> Site:
        hosts = self._read_hosts(name, doc.hosts, place)
        schemes = self._schemes(doc, place)
        bare = Site(name, hosts, schemes)
        return Site(
            name=name,
            hosts=hosts,
            schemes=schemes,
            origin=shapes.address(self._complaints, (*place, "origin"), doc.origin) if doc.origin else "",
            environment=doc.environment,
            channel=shapes.channel(self._complaints, (*place, "channel"), doc.channel) if doc.channel else "",
            soft=doc.mode == "soft",
            tag_header=self._header((*place, "tags", "header"), doc.tags.header) if doc.tags else "",
            variants=tuple(self._variant(v, (*place, "variants", n)) for n, v in enumerate(doc.variants)),
            marker=self._marker(doc.marker, (*place, "marker")) if doc.marker else None,
            layers=self._layers(doc, place),
            before=doc.before,
            edges={key: self._edge(key, url, (*place, "edges", key)) for key, url in doc.edges.items()},
            deploy=read_deploy(self._complaints, doc.deploy, bare, (*place, "deploy")),
        )

    def _read_hosts(self, site: str, hosts: list[str], place: Place) -> tuple[str, ...]:
        found = []
        for n, typed in enumerate(hosts):
            here = (*place, "hosts", n)
            host = shapes.host(self._complaints, here, typed)
            if host and self._claimed(host, site, here):
                found.append(host)
        return tuple(found)

    def _claimed(self, host: str, site: str, place: Place) -> bool:
        owner, where = self._hosts.setdefault(host, (site, place))
        if where == place:
            return True
        line = self._complaints.line(where)
        what = f"{quoted(host)} belongs to site {owner} already, on line {line}."
        self._complaints.add(place, what, "Keep it once." if owner == site else "Let one site have it.")
        return False

    def _schemes(self, doc: SiteDoc, place: Place) -> tuple[str, ...]:
        if len(set(doc.schemes)) < len(doc.schemes):
            self._complaints.add((*place, "schemes"), f"{quoted(doc.schemes[0])} is named twice.", "Keep it once.")
        return tuple(doc.schemes)

    def _header(self, place: Place, typed: str) -> str:
        return shapes.header_name(self._complaints, place, typed)

    def _variant(self, variant: Mapping[str, str], place: Place) -> Mapping[str, str]:
        if not variant:
            self._complaints.add(place, "is empty.", "Name a header and its value: {CF-Device-Type: mobile}.")
        for header, value in variant.items():
            self._header((*place, header), header)
            shapes.plain_text(self._complaints, (*place, header), value)
        return variant

    def _marker(self, doc: MarkerDoc, place: Place) -> Marker:
        if sum(map(bool, (doc.header, doc.meta, doc.pattern))) != 1:
            what = "must name exactly one of header, meta and pattern."
            self._complaints.add(place, what, "Write, for example, {header: X-Build}.")
        if doc.header:
            self._header((*place, "header"), doc.header)
        shapes.pattern(self._complaints, (*place, "pattern"), doc.pattern)
        return Marker(doc.header, doc.meta, doc.pattern)

    def _edge(self, name: str, url: str, place: Place) -> str:
        shapes.name(self._complaints, place, name, "place")
        return shapes.address(self._complaints, place, url)

    def _layers(self, doc: SiteDoc, place: Place) -> tuple[Layer, ...]:
        seen: set[str] = set()
        layers = []
        for n, layer in enumerate(doc.layers):
            here = (*place, "layers", n)
            if layer.account in seen:
                advice = "Keep it once; what lies in another zone is a site of its own."
                self._complaints.add(here, f"account {layer.account} is a layer of this site already.", advice)
            seen.add(layer.account)
            layers.append(self._layer(layer, here))
        return tuple(layers)

    def _layer(self, doc: LayerDoc, place: Place) -> Layer:
        if doc.account not in self._providers:
            self._complaints.add((*place, "account"), *unknown("account", doc.account, self._providers))
        blueprint = self._providers.get(doc.account)
        return Layer(doc.account, self._layer_settings(doc, blueprint, place) if blueprint else {})

    def _layer_settings(self, doc: LayerDoc, blueprint: Blueprint, place: Place) -> dict[str, str]:
        fields = {field.name: field for field in blueprint.layer_fields}
        settings = {}
        for key, value in doc.extra().items():
            if key in fields and fields[key].tree:
                settings[key] = TreeReader(self._complaints, None).read(value, key, (*place, key))
            elif key in fields:
                settings[key] = plain_value(self._complaints, (*place, key), value, fields[key])
            else:
                self._complaints.add((*place, key), *unknown("key", key, ["account", *fields]))
        for field in blueprint.layer_fields:
            if field.required and field.name not in doc.extra():
                self._complaints.add((*place, field.name), *missing(field))
        check_whole(self._complaints, blueprint.check_layer, settings, place)
        return settings
