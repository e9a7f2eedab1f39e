"""The main job, on the real service over HTTPS."""

import base64
import io

from PIL import Image


def test_generate_answers_a_picture_a_name_and_a_rarity(service):
    with service.client() as client:
        answer = client.get("/v1/generate").raise_for_status().json()
    with Image.open(io.BytesIO(base64.b64decode(answer["imageBase64"], validate=True))) as image:
        assert (image.format, image.size) == ("PNG", (512, 512))
    assert answer["metadata"]["name"]
    assert answer["metadata"]["rarity"] in {"F", "E", "D", "C", "B", "A", "S", "S+"}
