"""Hand out a creature: the one that is next, made ahead of need where there is a stock."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from minimon.backends import STOCK_SIZES
from minimon.creatures import Creature
from minimon.draws import Draw
from minimon.filling import Supply
from minimon.images import PNG, SVG, Picture, VectorBackend, raw, raw_forms
from minimon.logs import note
from minimon.minting import Mint
from minimon.settings import Settings
from minimon.stock import Ready, Stock

JSON: Final = "application/json"
MEGABYTE: Final = 10**6
HANDED_OUT: Final = "HANDED_OUT"
OTHER: Final = "other"


@dataclass(frozen=True, slots=True)
class Minted:
    """A creature and its picture, when it was made, and when it was handed out."""

    creature: Creature
    picture: Picture
    minted_at: datetime
    generated_at: datetime


@dataclass(frozen=True, slots=True)
class MintedFile:
    """A creature whose picture is a file of one media type."""

    creature: Creature
    content: bytes
    media_type: str
    backend: str
    minted_at: datetime
    generated_at: datetime


@dataclass(frozen=True, slots=True)
class StockLevel:
    """How many creatures are ready, of how many, and for how many seconds the next one has been."""

    level: int
    size: int
    oldest_seconds: float | None


class Generator:
    """Hands out creatures, in the order in which they were drawn.

    Whatever was drawn is handed out: a creature whose client left goes to the next one, and a draw whose picture failed
    is tried again. Nothing says what is next before it is handed out, so that nobody can choose who gets it.
    """

    def __init__(self, settings: Settings, making: Mint) -> None:
        self.images = making.images
        self.names = making.names
        self.stock = Stock(stock_size(settings), settings.stock_memory * MEGABYTE)
        self._settings = settings
        self.making = making
        self.supply = Supply(self.making, self.stock)
        self._clock = making.clock
        self.forms = raw_forms(making.images)
        """The media types that ``mint_file`` can make."""
        self._vector = making.images if isinstance(making.images, VectorBackend) else None

    def stock_level(self) -> StockLevel | None:
        """Return what an operator may see of the stock, None if there is none: not which creatures it holds."""
        first = self.stock.first
        age = (self._clock() - first.minted_at).total_seconds() if first else None
        return StockLevel(self.stock.level, self.stock.size, age) if self.stock.size else None

    def waits(self, form: str) -> bool:
        """Say whether a creature in this form takes so long that its client may leave meanwhile."""
        return form not in {JSON, PNG} or (self.images.slow and not self.stock.first)

    async def mint(self) -> Minted:
        """Return the creature that is next.

        When cancelled, it is kept for whoever comes then. Raises GenerationFailedError, whose cause is in the log,
        OverloadedError and StartingError.
        """
        ready = await self.supply.next()
        while not await self.supply.hand_out(ready):
            ready = await self.supply.next()
        self._hand_out(ready.creature, ready.picture.png, ready.picture.backend)
        return Minted(ready.creature, ready.picture, ready.minted_at, self._clock())

    async def mint_file(self, form: str) -> MintedFile:
        """Return the creature that is next with its picture as a file; ``form`` is one of ``forms``. See ``mint``."""
        if form == SVG and self._vector and not self.stock.places:
            return await self._mint_vector(self._vector)
        ready, content = await self._next_file(form)
        while not await self.supply.hand_out(ready):
            ready, content = await self._next_file(form)
        self._hand_out(ready.creature, content, ready.picture.backend)
        return MintedFile(ready.creature, content, form, ready.picture.backend, ready.minted_at, self._clock())

    async def make(self, seed: int) -> Ready:
        """Return the creature of a seed, whatever the stock holds. Its id and time are new. Raises as ``mint`` does."""
        return await self.making.make(Draw(seed))

    async def _mint_vector(self, images: VectorBackend) -> MintedFile:
        """Draw a creature that is wanted as SVG alone: nobody needs its pixels."""
        with self.making.drawn() as draw:
            creature, content = await self.making.make_with(lambda traits, _: images.draw_svg(traits), draw)
            self.making.draws.handed_out(draw)
        backend, now = self._settings.generation_backend, self._clock()
        self._hand_out(creature, content, backend)
        return MintedFile(creature, content, SVG, backend, now, now)

    async def _next_file(self, form: str) -> tuple[Ready, bytes]:
        ready = await self.supply.next()
        with self.supply.or_put_back(ready):
            return ready, await self._file(ready, form)

    async def _file(self, ready: Ready, form: str) -> bytes:
        if form == SVG and self._vector:
            return await self._vector.draw_svg(ready.creature.traits)
        return await raw(ready.picture, form)

    def _hand_out(self, creature: Creature, picture: bytes, backend: str) -> None:
        """Count and log it: now it may be known."""
        known = backend if backend in STOCK_SIZES else OTHER  # Redis may hold what a replica of another version made
        self.making.outcomes.count(known, creature.traits.rarity, HANDED_OUT)
        extra: dict[str, str] = {}
        if self._settings.log_image_b64:
            extra["image_b64"] = b64encode(picture).decode()
        if self._settings.log_sample_image_bytes:
            extra["image_hex"] = picture[: self._settings.log_sample_image_bytes].hex()
        traits = creature.traits
        note(
            "generated",
            id=creature.id,
            name=creature.name,
            rarity=traits.rarity.value,
            seed=traits.seed,
            backend=backend,
            **extra,
        )


def stock_size(settings: Settings) -> int:
    """Return how many creatures are kept ready: what was set, or what suits the backend."""
    return STOCK_SIZES[settings.generation_backend] if settings.stock_size == "auto" else settings.stock_size
