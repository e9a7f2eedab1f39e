"""What of the settings leaves for a cluster."""

from minimon.images.ray.engine_settings import engine_fields
from minimon.settings import Settings


def test_an_engine_gets_its_own_settings_and_no_secret():
    fields = engine_fields(Settings(bearer_token="a-token", openai_api_key="a-key", drawn_size=256))
    assert fields["drawn_size"] == 256
    assert {name.partition("_")[0] for name in fields} == {"drawn", "sdxl"}
    assert "a-token" not in str(fields)
