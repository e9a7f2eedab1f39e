"""What of the settings leaves for a cluster."""

from minimon.images.ray.engine_settings import engine_fields
from minimon.settings import Settings


def test_an_engine_gets_its_own_settings_and_no_secret():
    settings = Settings(bearer_token="a-token", openai_api_key="a-key", drawn_size=256, sdxl_width=768)
    assert engine_fields(settings) == {"drawn_size": 256, "sdxl_width": 768}


def test_what_nobody_has_set_is_no_wish_on_the_cluster_either():
    there = Settings.model_construct(**engine_fields(Settings(sdxl_use_xformers=True)))
    assert there.model_fields_set == {"sdxl_use_xformers"}
    assert there.sdxl_use_compile == Settings().sdxl_use_compile
