"""Results as Globalping's probes tell them, and what is made of each: recorded shapes, a row each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pytest

from bot.domain.answers.answer import Answer
from bot.domain.answers.body import MARK_SHOWN, OPENING
from bot.edge.globalping_answers import Left, MeasurementDoc, Unclear, left_of, sights, told

BEGAN = Answer("https://www.shop.test/", "", 1.0)
PROBE = {
    "continent": "EU", "region": "Western Europe", "country": "DE", "state": None, "city": "Falkenstein",
    "asn": 24940, "network": "Hetzner Online GmbH", "latitude": 50.47785, "longitude": 12.3713,
    "tags": ["datacenter-network"], "resolvers": ["185.12.64.1"],
}  # fmt: skip
TLS = {"authorized": True, "protocol": "TLSv1.3", "cipherName": "TLS_AES_256_GCM_SHA384"}
FINISHED = {
    "status": "finished", "resolvedAddress": "104.16.85.20", "rawOutput": "HTTP/1.1 200\ndate: …",
    "headers": {"cf-ray": "8a1-FRA", "cf-cache-status": "HIT", "set-cookie": ["a=1", "b=2"], "content-length": "2"},
    "rawHeaders": "Cf-Ray: 8a1-FRA", "rawBody": "v1", "truncated": False, "statusCode": 200, "statusCodeName": "OK",
    "timings": {"total": 24, "dns": 5, "tcp": 2, "tls": 7, "firstByte": 9, "download": 1}, "tls": TLS,
}  # fmt: skip
V1 = hashlib.sha256(b"v1").hexdigest()


def seen(result: Mapping[str, object], probe: Mapping[str, object] = PROBE) -> Answer:
    doc = {"status": "finished", "results": [{"probe": probe, "result": result}]}
    return sights(MeasurementDoc.model_validate(doc), BEGAN)[0].answer


def test_a_finished_result_is_an_answer() -> None:
    got = seen(FINISHED)
    assert ("Falkenstein, DE (AS24940)", 200, "v1", V1, 2, "104.16.85.20", "") == (
        got.place, got.status, got.text, got.digest, got.size, got.dialled, got.problem,
    )  # fmt: skip
    assert (("a=1", "b=2"), "HIT") == (got.lines("set-cookie"), got.says("cf-cache-status"))


PROBLEMS = {
    "failed": (
        {"status": "failed", "rawOutput": "Request timeout.", "failureSource": "target"},
        'the probe got no answer ("Request timeout.")',
    ),
    "failed without a word": ({"status": "failed", "rawOutput": ""}, "the probe got no answer"),
    "failed at length": (
        {"status": "failed", "rawOutput": "queryA\n\tENOTFOUND " + "x" * 200},
        f'the probe got no answer ("queryA ENOTFOUND {"x" * 52}…',
    ),
    "offline": ({"status": "offline", "rawOutput": "This probe is currently offline."}, "this probe is away now"),
    "in progress": ({"status": "in-progress", "rawOutput": ""}, "no answer in time"),
    "another status": ({"status": "paused"}, "the probe's answer holds no status"),
    "no status code": ({**FINISHED, "statusCode": None}, "the probe's answer holds no status"),
    "a certificate that is not trusted": (
        {**FINISHED, "tls": {**TLS, "authorized": False, "error": "DEPTH_ZERO_SELF_SIGNED_CERT"}},
        "its certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)",
    ),
    "endless headers": ({**FINISHED, "headers": {"a": "b" * 70_000}}, "its headers are larger than 64 kB"),
    "headers by the thousand": ({**FINISHED, "headers": {"a": ["b"] * 999}}, "its headers have more than 256 lines"),
}


@pytest.mark.parametrize(("result", "problem"), PROBLEMS.values(), ids=PROBLEMS)
def test_what_is_no_answer_says_why(result: Mapping[str, object], problem: str) -> None:
    assert seen(result).problem.startswith(problem)


LOCATION = {"location": "https://www.shop.test/b"}
DIGESTS = {
    "whole": ({}, V1),
    "no body": ({"rawBody": None, "headers": {}}, hashlib.sha256(b"").hexdigest()),
    "cut": ({"truncated": True}, ""),
    "no text": ({"rawBody": "a\ufffd", "headers": {}}, ""),
    "shorter than it says": ({"headers": {"content-length": "3"}}, ""),
    "packed on the way": ({"headers": {"content-length": "22", "content-encoding": "br"}}, V1),
    "no length": ({"headers": {}}, V1),
    "a redirect": (
        {"statusCode": 302, "headers": LOCATION},
        hashlib.sha256(b"https://www.shop.test/b\nv1").hexdigest(),
    ),
}


@pytest.mark.parametrize(("more", "digest"), DIGESTS.values(), ids=DIGESTS)
def test_a_digest_stands_for_the_very_bytes_or_there_is_none(more: Mapping[str, object], digest: str) -> None:
    assert digest == seen({**FINISHED, **more}).digest


LONG = "v1" * OPENING
OPENINGS = {
    "cut": (LONG, True),
    "no text after it": (f"{LONG}\ufffd", True),
    "no text": (f"\ufffd{LONG}", False),
    "short": ("v1", False),
}


@pytest.mark.parametrize(("body", "is_known"), OPENINGS.values(), ids=OPENINGS)
def test_the_beginning_that_a_probe_has_read_is_kept(body: str, is_known: bool) -> None:
    read = seen({**FINISHED, "headers": {}, "rawBody": body, "truncated": True})
    expected = hashlib.sha256(LONG[:OPENING].encode()).hexdigest()[:MARK_SHOWN] if is_known else ""
    assert (expected, "") == (read.opening, read.digest)


PLACES = {
    "a city": (PROBE, "Falkenstein, DE (AS24940)"),
    "no network": ({**PROBE, "asn": None}, "Falkenstein, DE"),
    "no city": ({**PROBE, "city": ""}, "DE (AS24940)"),
    "nothing": ({}, "somewhere"),
    "a strange one": ({**PROBE, "city": "<!here>\u202e"}, "<!here>\u202e, DE (AS24940)"),
}


@pytest.mark.parametrize(("probe", "place"), PLACES.values(), ids=PLACES)
def test_a_place_is_named_by_what_the_probe_says(probe: Mapping[str, object], place: str) -> None:
    got = seen(FINISHED, probe).place
    assert (got.isprintable(), len(got) <= 40) == (True, True)
    assert got == place or not place.isprintable()


def test_two_probes_in_one_city_and_network_are_told_apart() -> None:
    doc = {"status": "finished", "results": [{"probe": PROBE, "result": FINISHED}] * 3}
    got = [sight.answer.place for sight in sights(MeasurementDoc.model_validate(doc), BEGAN)]
    assert [f"Falkenstein, DE (AS24940){n}" for n in ("", " 2", " 3")] == got


ERRORS = {
    "validation": (
        b'{"error":{"type":"validation_error","message":"Parameter validation failed.",'
        b'"params":{"target":"\\"target\\" is required"}}}',
        'target: "target" is required',
    ),
    "no probes": (b'{"error":{"type":"no_probes_found","message":"No suitable probes found."}}',
                  "No suitable probes found."),
    "html": (b"<html>", ""),
    "nothing": (b"", ""),
}  # fmt: skip


@pytest.mark.parametrize(("body", "words"), ERRORS.values(), ids=ERRORS)
def test_an_error_is_quoted(body: bytes, words: str) -> None:
    assert words == told(body)


def test_limits_are_read() -> None:
    anybody = b'{"rateLimit":{"measurements":{"create":{"type":"ip","limit":250,"remaining":249,"reset":60}}}}'
    signed = b'{"rateLimit":{"measurements":{"create":{"type":"user","limit":500,"remaining":0,"reset":1}}},'
    signed += b'"credits":{"remaining":9}}'
    assert (Left(250, 249, 60.0, False), Left(500, 0, 1.0, True)) == (left_of(anybody), left_of(signed))
    with pytest.raises(Unclear):
        left_of(b'{"rateLimit":{}}')
