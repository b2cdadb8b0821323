"""What an account of Varnish is told, as data."""

from __future__ import annotations

from providers.contract import A_HEADER, Field
from providers.varnish_admin import FIELD

FIELDS = (
    Field("url", "where Varnish listens", example="http://10.0.0.5:6081"),
    Field("api_url", "another address to send to instead", example="http://127.0.0.1:6081"),
    Field(
        "admin",
        "host and port of its management port (-T)",
        example="10.0.0.5:6082",
        pattern=FIELD,
        form="a host and a port",
    ),
    Field("secret", "the file of its management port (-S)", secret=True),
    Field("tags", "how its objects are tagged", choices=("xkey", "header"), example="xkey"),
    Field(
        "tag_header",
        "the header that lists tags",
        example="Cache-Tag",
        pattern=r"[A-Za-z][A-Za-z0-9-]*",
        form=A_HEADER,
    ),
    Field("soft", "whether its VCL softens single URLs", choices=("yes", "no"), example="yes"),
)
ONE_OF = (("url", "admin"),)
NEEDS = (("secret", "admin"), ("tags: xkey", "url"))
