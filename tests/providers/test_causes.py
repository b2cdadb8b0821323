"""Why no connection came about is told in our words, wherever in a chain of errors it stands."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest

from providers.causes import reason, untrusted
from providers.errors import Refused


def behind(*inner: Exception) -> Exception:
    """A library's error with these behind it."""
    outer = RuntimeError("All connection attempts failed")
    outer.__cause__ = ExceptionGroup("several", inner) if len(inner) > 1 else inner[0]
    return outer


def distrust() -> ssl.SSLCertVerificationError:
    """What ssl raises for a certificate that nobody signed."""
    found = ssl.SSLCertVerificationError(1, "certificate verify failed")
    found.verify_message = "self-signed certificate"
    return found


@pytest.mark.parametrize(
    ("exc", "expected"),
    [
        pytest.param(ConnectionRefusedError(), ": the connection was refused", id="refused"),
        pytest.param(behind(ConnectionRefusedError()), ": the connection was refused", id="refused-behind"),
        pytest.param(behind(OSError(), ConnectionRefusedError()), ": the connection was refused", id="one-of-several"),
        pytest.param(socket.gaierror(-2, "Name or service not known"), ": its name is not found here", id="no-name"),
        pytest.param(OSError(errno.EHOSTUNREACH, "No route"), ": no network leads there", id="no-way"),
        pytest.param(ConnectionResetError(), ": the connection was cut", id="cut"),
        pytest.param(ssl.SSLError(), ": no TLS could be agreed on", id="tls"),
        pytest.param(behind(TimeoutError()), ": no connection in time", id="late"),
        pytest.param(RuntimeError("All connection attempts failed"), "", id="unknown"),
    ],
)
def test_the_reason_is_half_a_sentence_of_ours(exc: Exception, expected: str) -> None:
    assert expected == reason(exc)


def test_a_certificate_is_told_by_what_is_wrong_with_it() -> None:
    assert (": self-signed certificate", None) == (untrusted(behind(distrust())), untrusted(ConnectionRefusedError()))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param("", "A. B.", id="nothing"),
        pytest.param("no", 'A. B. It said: "no".', id="a-word"),
        pytest.param("No.", 'A. B. It said: "No."', id="a-sentence"),
        pytest.param("No?", 'A. B. It said: "No?"', id="a-question"),
    ],
)
def test_an_error_is_sentences(said: str, expected: str) -> None:
    assert expected == str(Refused("A.", "B.", said))
