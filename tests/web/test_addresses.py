"""The names that logs and metrics have for addresses."""

import pytest

from minimon.app import create_app
from minimon.settings import Settings


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/", "/"),
        ("/v1/generate", "/v1/generate"),
        ("/v1/ledger/records/17", "/v1/ledger/records/{index}"),
        ("/v1/ledger/records/17/", "none"),
        ("/dex/start.js", "/dex/{name}"),
        ("/docs/assets/a/b.js", "/docs/assets"),
        ("/livez", "/livez"),
        ("/v1", "none"),
        ("/nowhere", "none"),
        ("", "none"),
        ("*", "none"),
    ],
)
def test_an_address_has_the_template_of_its_route_whether_or_not_the_request_got_there(path, template):
    assert create_app(Settings()).addresses.template(path) == template
