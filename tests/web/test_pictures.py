"""Pictures in OpenAI's shape, asked for by OpenAI's own client and by another Minimon, over HTTPS."""

import base64
import io
import ssl

import openai
import pytest
from openai import DefaultHttpxClient, OpenAI
from PIL import Image

from minimon.creatures import Element, Rarity, Traits
from minimon.images.drawn.backend import draw_picture
from minimon.images.prompts import prompt_of

TOKEN = "s3cret-Token"
SIDE = 128


@pytest.fixture(scope="module")
def engine(tmp_path_factory, start_real):
    """A Minimon that draws, for others."""
    variables = {
        "MINIMON_GENERATION_BACKEND": "drawn",
        "MINIMON_DRAWN_SIZE": str(SIDE),
        "MINIMON_BEARER_TOKEN": TOKEN,
        "MINIMON_RATE_LIMIT_PER_MIN": "0",
    }
    service = start_real(tmp_path_factory.mktemp("engine"), variables)
    yield service
    assert service.stop() == 0
    assert "Traceback" not in service.log_path.read_text()


@pytest.fixture
def client(engine):
    with sdk(engine) as opened:
        yield opened


def sdk(service, **options):
    trusting = ssl.create_default_context(cafile=service.folder / "certs/cert.pem")
    http = DefaultHttpxClient(verify=trusting, trust_env=False)
    return OpenAI(base_url=f"{service.base_url}/v1", http_client=http, **{"api_key": TOKEN, "max_retries": 0} | options)


def opened(item):
    image = Image.open(io.BytesIO(base64.b64decode(item.b64_json, validate=True)))
    image.load()
    return image


def test_the_sdk_gets_a_picture(client):
    answer = client.images.generate(prompt="a Fire dragon, please", size=f"{SIDE}x{SIDE}", response_format="b64_json")
    assert opened(answer.data[0]).size == (SIDE, SIDE)
    assert answer.data[0].element == "fire"
    assert answer.data[0].revised_prompt.startswith("fire ")
    assert answer.created > 1_700_000_000


def test_what_the_sdk_may_send_besides_is_taken(client):
    answer = client.images.generate(
        prompt="anything", model="minimon", n=1, size="auto", output_format="png", quality="hd", style="vivid",
        background="auto", moderation="low", user="player42", extra_body={"num_inference_steps": 4, "step": 4},
    )  # fmt: skip
    assert opened(answer.data[0]).format == "PNG"


def test_a_seed_and_a_hint_have_one_picture_and_the_next_seed_another(client):
    seed = 2**53 - 1
    twice = client.images.generate(prompt="wind", n=2, extra_body={"seed": seed}).data
    again = client.images.generate(prompt="wind", extra_body={"seed": seed}).data
    assert [item.seed for item in twice] == [seed, 0]
    assert twice[0].b64_json == again[0].b64_json != twice[1].b64_json


def test_the_answer_says_how_long_it_took_and_is_not_kept(client):
    raw = client.images.with_raw_response.generate(prompt="wind")
    assert int(raw.headers["openai-processing-ms"]) >= 0
    assert raw.headers["cache-control"] == "no-store"
    assert raw.headers["x-request-id"]


def test_what_open_webui_sends_is_answered(engine):
    asked = {"model": "minimon", "prompt": "a cat", "n": 1, "size": f"{SIDE}x{SIDE}", "response_format": "b64_json"}
    with engine.client(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        (item,) = client.post("/v1/images/generations", json=asked).raise_for_status().json()["data"]
    assert base64.b64decode(item["b64_json"]).startswith(b"\x89PNG")
    assert "url" not in item


def test_the_sdk_lists_the_model(client):
    assert [model.id for model in client.models.list()] == ["minimon"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"prompt": ""}, "'prompt'"),
        ({"prompt": "x" * 4001}, "'prompt'"),
        ({"n": 5}, "'n' must be 1 to 4"),
        ({"n": 0}, "'n' must be 1 to 4"),
        ({"size": "1024x1024"}, f"'size' must be auto, {SIDE}x{SIDE}"),
        ({"response_format": "url"}, "'response_format' must be b64_json"),
        ({"output_format": "jpeg"}, "'output_format' must be png"),
        ({"model": "dall-e-3"}, "'model' must be minimon"),
        ({"stream": True}, "'stream' must be false"),
        ({"extra_body": {"stream": 0}}, "'stream' must be false"),
        ({"extra_body": {"n": True}}, "'n' must be 1 to 4"),
        ({"extra_body": {"seed": 1.0}}, "'seed' must be 0 to"),
        ({"user": "x" * 257}, "'user'"),
        ({"extra_body": {"seed": -1}}, "'seed' must be 0 to"),
        ({"extra_body": {"seed": 2**53}}, "'seed' must be 0 to"),
        ({"extra_body": {"negative_prompt": "ugly"}}, "'negative_prompt' is not known"),
    ],
)
def test_the_sdk_understands_a_refusal(client, options, says):
    with pytest.raises(openai.BadRequestError, match="400") as refused:
        client.images.generate(**{"prompt": "water", **options})
    assert refused.value.code == "INVALID_PAYLOAD"
    assert says in refused.value.body["message"]


def test_the_sdk_understands_a_wrong_key(engine):
    with sdk(engine, api_key="wrong") as stranger, pytest.raises(openai.AuthenticationError) as refused:
        stranger.images.generate(prompt="water")
    assert refused.value.code == "UNAUTHORIZED"


def test_the_rate_limit_holds_here_too(run_service):
    service = run_service(MINIMON_RATE_LIMIT_PER_MIN="1")
    with sdk(service) as client:
        client.images.generate(prompt="water")
        with pytest.raises(openai.RateLimitError) as refused:
            client.images.generate(prompt="water")
    assert refused.value.code == "RATE_LIMITED"
    assert int(refused.value.response.headers["retry-after"]) > 0


def test_pictures_of_a_folder_keep_their_size(service):
    with sdk(service, api_key="none") as client:
        assert opened(client.images.generate(prompt="x", size="512x512").data[0]).size == (512, 512)
        with pytest.raises(openai.BadRequestError):
            client.images.generate(prompt="x", size="64x64")


def test_a_folder_of_several_sizes_gives_the_size_that_was_asked_for_or_none(run_service, tmp_path):
    for index, side in enumerate((64, 96)):
        Image.new("RGB", (side, side)).save(tmp_path / f"image_{index:02d}.png")
    sizes = set()
    with sdk(run_service(MINIMON_IMAGES_DIR=str(tmp_path)), api_key="none") as client:
        for seed in range(12):
            try:
                answer = client.images.generate(prompt="x", size="64x64", extra_body={"seed": seed})
                sizes.add(opened(answer.data[0]).size)
            except openai.BadRequestError as refused:
                sizes.add(refused.code)
    assert sizes == {(64, 64), "INVALID_PAYLOAD"}


def test_a_minimon_takes_its_pictures_from_another(engine, run_service):
    service = run_service(
        MINIMON_GENERATION_BACKEND="openai",
        OPENAI_IMAGE_BASE_URL=f"{engine.base_url}/v1",
        OPENAI_IMAGE_API_KEY=TOKEN,
        OPENAI_IMAGE_SIZE=f"{SIDE}x{SIDE}",
        SSL_CERT_FILE=str(engine.folder / "certs/cert.pem"),
    )
    with service.client() as client:
        for _ in range(5):
            made = client.get("/v1/generate").raise_for_status().json()
            assert made["metadata"]["backend"] == "openai"
            shows = made["metadata"]
            traits = Traits(shows["seed"], Rarity(shows["rarity"]), Element(shows["element"]))
            assert pixels(base64.b64decode(made["imageBase64"])) == pixels(draw_picture(traits, SIDE).png)
    assert TOKEN not in service.log_path.read_text()


def pixels(png):
    with Image.open(io.BytesIO(png)) as image:
        return image.convert("RGB").tobytes()


def test_a_minimon_whose_engine_is_another_with_no_token_says_why(engine, run_service):
    service = run_service(
        MINIMON_GENERATION_BACKEND="openai",
        OPENAI_IMAGE_BASE_URL=f"{engine.base_url}/v1",
        OPENAI_IMAGE_SIZE=f"{SIDE}x{SIDE}",
        MINIMON_FALLBACK_BACKEND="files",
        SSL_CERT_FILE=str(engine.folder / "certs/cert.pem"),
    )
    with service.client() as client:
        made = [client.get("/v1/generate").raise_for_status().json()["metadata"]["backend"] for _ in range(6)]
        assert made == ["files"] * 6
        facts = client.get("/v1/backend").json()["facts"]
    assert (facts["server"], facts["last_fault"]) == ("open", "unauthorized")
    assert any("OPENAI_IMAGE_API_KEY" in str(line.get("detail")) for line in service.log())


def test_a_prompt_of_ours_says_which_rarity_and_element(client):
    for rarity in Rarity:
        traits = Traits(7, rarity, Element.EARTH)
        (item,) = client.images.generate(prompt=prompt_of(traits, "Noctyx"), extra_body={"seed": 7}).data
        assert (item.rarity, item.element, item.revised_prompt) == (rarity, "earth", prompt_of(traits))
