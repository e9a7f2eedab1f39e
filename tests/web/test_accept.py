"""Which form of an answer a client gets."""

import pytest

from minimon.web.accept import prefer

OFFERS = ("application/json", "image/png", "image/webp")


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ([], "application/json"),
        ([""], "application/json"),
        (["*/*"], "application/json"),
        (["application/*"], "application/json"),
        (["image/png"], "image/png"),
        (["IMAGE/WebP"], "image/webp"),
        (["image/*"], "image/png"),
        (["image/webp;q=0.9, image/png;q=0.8"], "image/webp"),
        (["image/png;q=0.8", "image/webp"], "image/webp"),
        (["application/json;q=0.5, image/png;q=0.5"], "application/json"),
        (["image/*;q=0.9, image/png;q=0"], "image/webp"),
        (["text/html, */*;q=0.1"], "application/json"),
        (["image/png;q=high"], None),
        (["image/png;q=0"], None),
        (["image/svg+xml"], None),
        (["text/html"], None),
        (["," * 5000], None),
    ],
)
def test_the_client_gets_what_it_likes_best(accept, form):
    assert prefer(accept, OFFERS) == form
