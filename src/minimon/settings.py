"""Every setting, once: its variable, kind of value, default, unit and meaning.

The README's table, ``.env.example`` and ``minimon settings`` are made from this module.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from minimon import values as v
from minimon.creatures import Rarity
from minimon.environment import ENV_FILE, SECRETS_DIR, Given, read_env_file, read_given, read_secrets, spellings
from minimon.errors import StartError


def _variable(name: str, default: Any, meaning: str, unit: str = "") -> Any:
    return Field(default, description=meaning, json_schema_extra={"variable": name, "unit": unit})


RATE_WINDOW_SECONDS = 60
"""What "per minute" means: any 60 seconds."""


class Settings(BaseSettings):
    """All settings of one process, checked and frozen. ``load_settings`` builds it for a service."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    # Address
    host: v.Host = _variable("MINIMON_HOST", "0.0.0.0", "Address to listen on.")  # noqa: S104 - the contract's default
    port: v.Port = _variable("MINIMON_PORT", 22222, "Port to listen on; 0 takes any free one.")
    tls: v.Switch = _variable("MINIMON_TLS", True, "HTTPS. 0 is plain HTTP, for use behind a proxy.")
    tls_cert_path: v.Path = _variable("MINIMON_TLS_CERT_PATH", "certs/cert.pem", "TLS certificate, PEM.")
    tls_key_path: v.Path = _variable(
        "MINIMON_TLS_KEY_PATH", "certs/key.pem", "Private key of the TLS certificate, PEM."
    )

    # Creatures
    generation_backend: v.ImageBackend = _variable(
        "MINIMON_GENERATION_BACKEND",
        "files",
        "What makes the pictures: `files` hands out those of a folder, `drawn` draws each, `sdxl` paints each, "
        "`openai` asks the server at `OPENAI_IMAGE_BASE_URL`, `ray` a cluster, `stock` hands out those that other "
        "replicas make.",
    )
    drawn_size: v.Pixels = _variable("MINIMON_DRAWN_SIZE", 512, "Width and height of a drawn picture.", "pixels")
    drawn_queue: v.Queue = _variable(
        "MINIMON_DRAWN_QUEUE", 256, "Most drawings that wait for a process; more are refused."
    )
    images_dir: v.Path = _variable("MINIMON_IMAGES_DIR", "./minimon", "Folder of the `files` backend.")
    image_pattern: v.Pattern = _variable(
        "MINIMON_IMAGE_PATTERN", "image_{:02d}.png", "Name of a picture file, as a `str.format` pattern of its index."
    )
    min_index: v.Index = _variable("MINIMON_MIN_INDEX", 0, "First index, inclusive.")
    max_index: v.LastIndex = _variable("MINIMON_MAX_INDEX", 5, "Last index, inclusive.")
    rarity_weights: v.Weights = _variable(
        "MINIMON_RARITY_WEIGHTS",
        dict(zip(Rarity, (24, 20, 16, 12, 10, 8, 5, 1), strict=True)),
        "How often each rarity is drawn, as relative weights.",
    )
    fallback_backend: v.Fallback = _variable(
        "MINIMON_FALLBACK_BACKEND",
        "",
        "What makes the pictures while the backend starts or fails; empty: nothing does.",
    )
    stock_size: v.StockSize = _variable(
        "MINIMON_STOCK_SIZE",
        "auto",
        "Creatures that are kept ready; `auto` keeps 64 for `drawn`, 32 for `sdxl` and `ray`, else none.",
    )
    stock_memory: v.Megabytes = _variable(
        "MINIMON_STOCK_MEMORY", 256, "Most memory that their pictures take; at least a batch has to fit in.", "MB"
    )
    draws_path: v.Path = _variable(
        "MINIMON_DRAWS_PATH",
        "data/draws",
        "File of what was drawn and not handed out yet, so that a restart loses none.",
    )
    name_backend: v.NameBackend = _variable(
        "MINIMON_NAME_BACKEND",
        "local",
        "What makes the names: `local` composes them, `remote` asks the server at `OPENAI_BASE_URL`.",
    )
    name_language: v.Language = _variable("MINIMON_NAME_LANGUAGE", "fr", "Language that names sound like.")

    # Who may call, and how often
    bearer_token: v.Token = _variable(
        "MINIMON_BEARER_TOKEN", SecretStr(""), "Token that the `/v1` routes ask for; empty asks for none."
    )
    rate_limit_per_min: v.Rate = _variable(
        "MINIMON_RATE_LIMIT_PER_MIN", 60, "Requests that one client address may make; 0 sets no limit.", "per minute"
    )
    trusted_proxies: v.Networks = _variable(
        "MINIMON_TRUSTED_PROXIES",
        (),
        "Proxies whose `X-Forwarded-For` is believed, walked from the right; empty ignores the header.",
    )
    cors_origins: v.Origins = _variable(
        "MINIMON_CORS_ORIGINS", (), "Origins whose web pages may call; `*` is every origin. Cookies are never allowed."
    )

    # Replicas
    redis_url: v.RedisUrl = _variable(
        "MINIMON_REDIS_URL",
        SecretStr(""),
        "Redis (or Valkey) whose counts and creatures all replicas share; empty: each has its own.",
    )
    redis_timeout: v.Seconds = _variable(
        "MINIMON_REDIS_TIMEOUT", 0.5, "Longest wait for Redis before a request goes on without it.", "seconds"
    )
    shared_stock_size: v.Count = _variable(
        "MINIMON_SHARED_STOCK_SIZE", 0, "Creatures that replicas keep ready in Redis for each other; 0 keeps none."
    )
    shared_stock_memory: v.Megabytes = _variable(
        "MINIMON_SHARED_STOCK_MEMORY", 256, "Most memory of Redis that their pictures take.", "MB"
    )

    # Scores
    signing_key_path: v.Path = _variable(
        "MINIMON_SIGNING_KEY_PATH", "certs/app_signing_key.pem", "Private key that signs scores, PEM."
    )
    signing_cert_path: v.Path = _variable(
        "MINIMON_SIGNING_CERT_PATH", "certs/app_signing_cert.pem", "Certificate of the signing key, PEM; optional."
    )
    signing_key_passphrase: v.Secret = _variable(
        "MINIMON_SIGNING_KEY_PASSPHRASE", SecretStr(""), "Passphrase of an encrypted signing key."
    )
    score_ledger_path: v.Path = _variable(
        "MINIMON_SCORE_LEDGER_PATH", "data/certified_scores.jsonl", "Ledger of certified scores, one JSON line each."
    )
    ledger_url: v.LedgerUrl = _variable(
        "MINIMON_LEDGER_URL",
        SecretStr(""),
        "Database that holds the ledger instead, for many replicas; empty: that file holds it.",
    )
    checkpoint_key_path: v.Path = _variable(
        "MINIMON_CHECKPOINT_KEY_PATH",
        "certs/ledger_checkpoint_key.pem",
        "Private key that signs the ledger's checkpoints, Ed25519, PEM.",
    )
    ledger_client_address: v.Switch = _variable(
        "MINIMON_LEDGER_CLIENT_ADDRESS", False, "Enter the caller's address, which is personal data, in each record."
    )

    # Logs
    log_level: v.LogLevel = _variable("LOG_LEVEL", "INFO", "Least level that is logged.")
    log_json: v.Switch = _variable("LOG_JSON", True, "Log lines as JSON; 0 writes text for people.")
    log_request_body: v.Switch = _variable("LOG_REQUEST_BODY", False, "Log the body of each certification request.")
    log_remote_content: v.Switch = _variable(
        "LOG_REMOTE_CONTENT", False, "Log what servers of names and pictures answer."
    )
    log_image_b64: v.Switch = _variable("LOG_IMAGE_B64", False, "Log each picture whole, in base64.")
    log_sample_image_bytes: v.ByteCount = _variable(
        "LOG_SAMPLE_IMAGE_BYTES", 0, "Log the first bytes of each picture, in hex.", "bytes"
    )

    # Metrics and traces
    metrics: v.Switch = _variable(
        "MINIMON_METRICS", False, "Serve `/metrics` for Prometheus, on an address of its own."
    )
    metrics_host: v.Host = _variable("MINIMON_METRICS_HOST", "127.0.0.1", "Address of `/metrics`, which is plain HTTP.")
    metrics_port: v.Port = _variable("MINIMON_METRICS_PORT", 9464, "Port of `/metrics`; 0 takes any free one.")
    metrics_token: v.Token = _variable(
        "MINIMON_METRICS_TOKEN", SecretStr(""), "Token that `/metrics` asks for; empty asks for none."
    )
    otlp_endpoint: v.OptionalUrl = _variable(
        "OTEL_EXPORTER_OTLP_ENDPOINT", "", "Collector of traces (OTLP over HTTP); empty sends none."
    )

    # SDXL Turbo
    sdxl_turbo_model: v.Text = _variable(
        "SDXL_TURBO_MODEL", "stabilityai/sdxl-turbo", "Hub id, local folder or `.safetensors` file."
    )
    sdxl_width: v.Side = _variable("SDXL_WIDTH", 512, "Width of a picture.", "pixels")
    sdxl_height: v.Side = _variable("SDXL_HEIGHT", 512, "Height of a picture.", "pixels")
    sdxl_steps: v.Steps = _variable("SDXL_STEPS", 1, "Least number of steps; S takes at least 2, S+ at least 4.")
    sdxl_quantization: v.Quantization = _variable("SDXL_QUANTIZATION", "fp8", "How the model's weights are stored.")
    sdxl_use_compile: v.Switch = _variable("SDXL_USE_COMPILE", True, "`torch.compile`.")
    sdxl_use_xformers: v.Switch = _variable("SDXL_USE_XFORMERS", True, "xFormers attention.")
    sdxl_use_flash_attn: v.Switch = _variable("SDXL_USE_FLASH_ATTN", False, "FlashAttention.")
    sdxl_enable_slicing: v.Switch = _variable("SDXL_ENABLE_SLICING", False, "Attention and VAE in slices: less memory.")
    sdxl_enable_cpu_offload: v.Switch = _variable("SDXL_ENABLE_CPU_OFFLOAD", False, "Idle parts wait in main memory.")
    sdxl_family: v.Family = _variable(
        "SDXL_FAMILY", "auto", "What kind of checkpoint the model is; `auto` goes by its name."
    )
    sdxl_config_model: v.Text = _variable(
        "SDXL_CONFIG_MODEL",
        "stabilityai/sdxl-turbo",
        "Hub id or local folder of the configurations and tokenizers that a single-file model lacks.",
    )
    sdxl_vae: v.Vae = _variable("SDXL_VAE", "full", "Which decoder makes the pixels; `tiny` is quick and coarse.")
    sdxl_tiny_vae_model: v.Text = _variable(
        "SDXL_TINY_VAE_MODEL", "madebyollin/taesdxl", "Hub id or local folder of the tiny decoder."
    )
    sdxl_name_in_prompt: v.Switch = _variable(
        "SDXL_NAME_IN_PROMPT", False, "Tell the model the name too, as 1.3.0 did; keeps the text encoders in memory."
    )
    sdxl_slots: v.Slots = _variable("SDXL_SLOTS", 4, "Most pictures that share one call of the UNet.")
    sdxl_exact: v.Switch = _variable(
        "SDXL_EXACT",
        True,
        "One seed, one picture to the bit, whatever the load; 0 is quicker when there is little to do.",
    )
    sdxl_queue: v.Queue = _variable("SDXL_QUEUE", 64, "Most pictures that wait for a slot; more are refused.")
    sdxl_patience: v.Seconds = _variable("SDXL_PATIENCE", 30.0, "Longest wait for a slot.", "seconds")
    sdxl_cache_dir: v.Path = _variable("SDXL_CACHE_DIR", "data/sdxl", "Folder for what is computed once.")

    # Image server
    openai_image_base_url: v.Url = _variable(
        "OPENAI_IMAGE_BASE_URL", "http://localhost:8000/v1", "Server with OpenAI's `/images/generations`."
    )
    openai_image_model: v.Text = _variable("OPENAI_IMAGE_MODEL", "", "Model to ask for; empty leaves it to the server.")
    openai_image_api_key: v.Token = _variable("OPENAI_IMAGE_API_KEY", SecretStr(""), "Key for that server.")
    openai_image_timeout: v.Seconds = _variable(
        "OPENAI_IMAGE_TIMEOUT", 30.0, "Longest time for a picture, with waiting and further tries.", "seconds"
    )
    openai_image_size: v.Size = _variable("OPENAI_IMAGE_SIZE", (512, 512), "Width and height of a picture.", "pixels")
    openai_image_steps: v.Steps = _variable("OPENAI_IMAGE_STEPS", 1, "As `SDXL_STEPS`, for that server's model.")
    openai_image_guidance: v.Guidance = _variable(
        "OPENAI_IMAGE_GUIDANCE", 0.0, "Guidance scale; 0 suits models of few steps."
    )
    openai_image_seed_bits: v.SeedBits = _variable(
        "OPENAI_IMAGE_SEED_BITS", 53, "Bits of a creature's seed that the server is sent; LocalAI reads 31.", "bits"
    )
    openai_image_calls: v.Calls = _variable("OPENAI_IMAGE_CALLS", 8, "Most pictures asked for at once.")
    openai_image_queue: v.Queue = _variable("OPENAI_IMAGE_QUEUE", 64, "Most pictures that wait; more are refused.")
    openai_image_hedge: v.Moment = _variable(
        "OPENAI_IMAGE_HEDGE", 0.0, "Wait before a slow picture is asked for once more; 0 never does.", "seconds"
    )
    openai_image_url_origins: v.ExactOrigins = _variable(
        "OPENAI_IMAGE_URL_ORIGINS", (), "Origins beside the server's own that pictures may be fetched from."
    )

    # Ray cluster
    ray_address: v.RayAddress = _variable("MINIMON_RAY_ADDRESS", "auto", "Cluster; `auto` is the one of this machine.")
    ray_engine: v.ClusterEngine = _variable(
        "MINIMON_RAY_ENGINE", "sdxl", "What `minimon cluster deploy` puts there, with this engine's own settings."
    )
    ray_min_replicas: v.Replicas = _variable("MINIMON_RAY_MIN_REPLICAS", 1, "Fewest replicas of the engine.")
    ray_max_replicas: v.MostReplicas = _variable("MINIMON_RAY_MAX_REPLICAS", 4, "Most replicas of the engine.")
    ray_replica_gpus: v.Share = _variable("MINIMON_RAY_REPLICA_GPUS", 1.0, "Share of a GPU for a replica of `sdxl`.")
    ray_replica_cpus: v.Share = _variable("MINIMON_RAY_REPLICA_CPUS", 1.0, "Cores for a replica.")
    ray_target_ongoing: v.Calls = _variable(
        "MINIMON_RAY_TARGET_ONGOING", 4, "Pictures under way for each replica that the number of replicas aims at."
    )
    ray_scale_up_after: v.Delay = _variable(
        "MINIMON_RAY_SCALE_UP_AFTER", 10.0, "How long there is too much to do before replicas are added.", "seconds"
    )
    ray_scale_down_after: v.Delay = _variable(
        "MINIMON_RAY_SCALE_DOWN_AFTER",
        300.0,
        "How long there is too little to do before replicas are ended.",
        "seconds",
    )
    ray_timeout: v.Seconds = _variable(
        "MINIMON_RAY_TIMEOUT", 30.0, "Longest time for a picture, with waiting and further tries.", "seconds"
    )
    ray_queue: v.Calls = _variable("MINIMON_RAY_QUEUE", 256, "Most pictures asked for at once; more are refused.")

    # Names server
    openai_base_url: v.Url = _variable("OPENAI_BASE_URL", "http://localhost:11434/v1", "OpenAI-compatible server.")
    openai_model: v.Text = _variable("OPENAI_MODEL", "llama3.2:1b", "Model that makes up names.")
    openai_api_key: v.Token = _variable("OPENAI_API_KEY", SecretStr("dummy"), "Key for that server.")
    openai_timeout: v.Seconds = _variable("OPENAI_TIMEOUT", 5.0, "Longest time for a whole call.", "seconds")
    name_stock: v.Stock = _variable(
        "MINIMON_NAME_STOCK",
        256,
        "Names of that server that are kept ahead of need; where they run out, local ones help.",
    )
    name_wait: v.Moment = _variable(
        "MINIMON_NAME_WAIT",
        0.0,
        "Longest time that a request waits for one of them before it takes a local one.",
        "seconds",
    )

    @field_validator("max_index")
    @classmethod
    def _not_below_min_index(cls, index: int, info: ValidationInfo) -> int:
        if index < info.data.get("min_index", 0):
            raise ValueError
        return index

    @field_validator("ray_max_replicas")
    @classmethod
    def _not_below_min_replicas(cls, replicas: int, info: ValidationInfo) -> int:
        if replicas < info.data.get("ray_min_replicas", 0):
            raise ValueError
        return replicas

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - not used: see ``environment``
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the variables by our own rules (see ``environment``); what the caller passes wins over them."""
        return init_settings, VariablesSource(settings_cls)


class VariablesSource(PydanticBaseSettingsSource):
    """The variables that are set in this process's environment or in ``.env``, by field name."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        """Return the value of one field; pydantic-settings asks for all at once through ``__call__`` instead."""
        return self().get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the text of every variable that is set."""
        given = read_given((variable.name for variable in VARIABLES), os.environ)
        return {variable.field: given[variable.name].text for variable in VARIABLES if variable.name in given}


@dataclass(frozen=True, slots=True)
class Variable:
    """One row of the table of variables, for messages and documents."""

    name: str
    field: str
    default: str
    unit: str
    allowed: str
    meaning: str
    secret: bool


def _row(field: str, info: FieldInfo) -> Variable:
    extra = info.json_schema_extra
    assert isinstance(extra, dict)
    allowed = next(note.text for note in info.metadata if isinstance(note, v.Allowed))
    secret = info.annotation is SecretStr
    return Variable(
        name=str(extra["variable"]),
        field=field,
        default=show_value(info.default, secret=False),
        unit=str(extra["unit"]),
        allowed=allowed,
        meaning=str(info.description),
        secret=secret,
    )


def show_value(value: object, *, secret: bool) -> str:
    """Write a setting's value the way a user would set it; a secret that is set shows as asterisks."""
    match value:
        case SecretStr():
            text = value.get_secret_value()
            return "********" if secret and text else text
        case bool():
            return "1" if value else "0"
        case Mapping():
            return ",".join(f"{name}={weight}" for name, weight in value.items())
        case (int(width), int(height)):
            return f"{width}x{height}"
        case tuple():
            return ",".join(map(str, value))
    return str(value)


VARIABLES: tuple[Variable, ...] = tuple(_row(field, info) for field, info in Settings.model_fields.items())


def load_settings() -> Settings:
    """Read and check every variable. Raises StartError with one line for each fault, all at once."""
    try:
        return Settings()
    except ValidationError as error:
        given = read_given((variable.name for variable in VARIABLES), os.environ)
        faults = dict.fromkeys(_fault(detail, given) for detail in error.errors())
        raise StartError(*faults) from None  # pydantic's own error quotes the values, secrets among them


def _fault(detail: ErrorDetails, given: Mapping[str, Given]) -> str:
    variable = next(variable for variable in VARIABLES if variable.field == detail["loc"][0])
    if variable.name not in given:  # the default of MAX_INDEX against a MIN_INDEX that was set
        return f"{variable.name} is {variable.default} (default): allowed is {variable.allowed}"
    text, spelling, origin = given[variable.name]
    shown = "a secret" if variable.secret else repr(_without_secrets(text))
    return f"{spelling} is {shown} (from {origin}): allowed is {variable.allowed}"


def _without_secrets(text: str) -> str:
    """Mask the places of a URL where a password or a key might stand."""
    return re.sub(r"//[^/]*@|\?.*", "********", text) if "://" in text else text


def unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each variable that looks like ours and is none: a slip of the pen is not passed over.

    Looks in ``environ``, and in the folder and the file that ``read_given`` reads.
    """
    known = {ENV_FILE, SECRETS_DIR} | {spelling for variable in VARIABLES for spelling in spellings(variable.name)}
    given = (environ, read_env_file(environ.get(ENV_FILE, "")), read_secrets(environ.get(SECRETS_DIR, "")))
    names = set().union(*given)
    for name in sorted(name for name in names if name.startswith(("MINIMON_", "SDXL_")) and name not in known):
        close = get_close_matches(name, known, n=1)
        yield f"{name} is not a variable of Minimon{f': did you mean {close[0]}?' if close else ''}"
