"""The objects that one process holds open, and how they are opened and closed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

import structlog

from minimon.backends import IMAGE_BACKENDS, MAKES_NONE, NAME_BACKENDS, load_factory
from minimon.clock import SteadyClock, utc_now
from minimon.creatures import new_id
from minimon.draws import open_draws
from minimon.errors import MinimonError, StartError
from minimon.generation import Generator, stock_size
from minimon.images import ImageBackend, Status
from minimon.images.fallback import FallbackImages
from minimon.keys import expiry_warning, load_pair, open_pair, signing_files
from minimon.minting import Mint
from minimon.randomness import BufferedRandom
from minimon.replicas import open_shared
from minimon.rotation import handover, refuse_retired
from minimon.scores.certify import Certifier
from minimon.scores.checkpoint_key import open_checkpoint_key
from minimon.scores.ledger import Ledger
from minimon.scores.public import PublicKey
from minimon.scores.signing import Signer, public_key_for, signer_for
from minimon.scores.storing import Identity, open_ledger
from minimon.settings import Settings

if TYPE_CHECKING:
    from minimon.shared.opening import Shared  # needs an extra

_log = structlog.get_logger(__name__)

SIGNING_THREADS = 2
MOST_BEHIND_SECONDS = 5

HandOver = Callable[[Signer, Signer, PublicKey], None]
"""Called with the old signer, the new one and its public key. Raises MinimonError."""
LOOK_SECONDS = 0.1

Show = Callable[[Status], None]
"""Told how a backend is, again and again while it starts."""


class SigningKey:
    """The key that signs scores: read at start, and again when the operator asks."""

    def __init__(self, settings: Settings) -> None:
        """Open the pair, made if there is none. Blocks. Raises StartError."""
        self._files = signing_files(settings)
        self.pair = open_pair(self._files)
        self._signer = signer_for(self.pair)

    def signer(self) -> Signer:
        """Return the signer of the moment."""
        return self._signer

    def warnings(self) -> list[str]:
        """Return what an operator should know: that the certificate expires soon."""
        warning = expiry_warning(self.pair, utc_now())
        return [warning] if warning else []

    def reload(self, hand_over: HandOver = lambda _old, _new, _public: None) -> None:
        """Read the key again; a fault is logged and the key in use stays. Blocks.

        ``hand_over`` enters a new key in the ledger before it signs anything.
        """
        try:
            pair = load_pair(self._files)
            new = signer_for(pair)
            if new.kid != self._signer.kid:
                hand_over(self._signer, new, public_key_for(pair))
            self._signer, self.pair = new, pair
        except MinimonError as error:
            faults = getattr(error, "faults", [str(error)])
            _log.error("signing key not replaced", faults=list(faults))
        except Exception:  # noqa: BLE001 - nobody else would see it: this runs on its own
            _log.exception("signing key not replaced")
        else:
            _log.info("signing key read again", algorithm=self._signer.algorithm, fingerprint=self._signer.fingerprint)


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that routes need, open and ready."""

    settings: Settings
    images: ImageBackend
    generator: Generator
    certifier: Certifier
    signing_key: SigningKey
    ledger: Ledger
    clock: SteadyClock
    shared: "Shared | None" = None
    """What all replicas share, where there is something."""

    def serves(self) -> bool:
        """Say whether there are creatures to hand out, of our own or of others."""
        theirs = self.shared.stock if self.shared else None
        makes = self.settings.generation_backend != MAKES_NONE and self.images.status().serves
        return makes or bool(theirs and theirs.reachable and theirs.level)

    def warnings(self) -> list[str]:
        """Return what an operator should know although the service works."""
        behind = int(self.clock.behind().total_seconds())
        late = [f"the clock is {behind} s behind the last record"] if behind > MOST_BEHIND_SECONDS else []
        return self.signing_key.warnings() + late + (self.shared.warnings() if self.shared else [])

    def reload_key(self, loop: asyncio.AbstractEventLoop) -> None:
        """Read the signing key again and hand over to it if it is new. Blocks: for a thread beside the loop."""

        def hand_over(old: Signer, new: Signer, public: PublicKey) -> None:
            self.ledger.store.refresh()
            if list(self.ledger.store.keys)[-1] == public.kid:
                return  # another replica has handed over to it, or the command
            refuse_retired(self.ledger.store, public)
            asyncio.run_coroutine_threadsafe(self.ledger.append(handover(old, new, public)), loop).result()

        self.signing_key.reload(hand_over)


@asynccontextmanager
async def open_images(settings: Settings) -> AsyncIterator[ImageBackend]:
    """Open what makes the pictures, with what stands in for it if the settings name that. Raises StartError."""
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(load_factory(IMAGE_BACKENDS, name)(settings))
            for name in (settings.generation_backend, settings.fallback_backend)
            if name
        ]
        fallback = settings.fallback_backend
        yield FallbackImages(opened[0], opened[1], fallback) if fallback else opened[0]


@asynccontextmanager
async def open_generator(settings: Settings, draws_path: Path | None = None) -> AsyncIterator[Generator]:
    """Open what mints creatures, with a file for its draws where they may outlive a process. Raises StartError."""
    rng = BufferedRandom()
    async with open_images(settings) as images, load_factory(NAME_BACKENDS, settings.name_backend)(settings) as names:
        lasting = images.slow or stock_size(settings)
        with open_draws(draws_path if lasting else None, rng) as draws:
            yield Generator(settings, Mint(settings, images, names, draws, rng=rng, clock=utc_now))


@asynccontextmanager
async def filling(generator: Generator) -> AsyncIterator[None]:
    """Keep the stock of a generator filled meanwhile."""
    tasks = [asyncio.create_task(generator.supply.fill(), name="stock")] if generator.stock.size else []
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        generator.supply.stop()


async def until_loaded(images: ImageBackend, show: Show) -> None:
    """Return when ``images`` is ready, showing how far it is. Raises StartError if it never will be.

    What has failed but has a stand-in is a line in the log.
    """
    while (status := images.status()).state == "starting":
        show(status)
        await asyncio.sleep(LOOK_SECONDS)
    show(status)
    if status.state == "failed" and not status.serves:
        raise StartError(status.fault)
    if status.fault:
        _log.error("the backend cannot start: the fallback draws", fault=status.fault, fallback=status.stand_in)


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Open everything, and close it again in the reverse order. Raises StartError.

    What blocks (files, keys, pictures) runs in a thread.
    """
    rng = SystemRandom()
    async with AsyncExitStack() as stack:
        signing_key = await asyncio.to_thread(SigningKey, settings)
        for warning in signing_key.warnings():
            _log.warning(warning)
        checkpoint_key = await asyncio.to_thread(open_checkpoint_key, settings)
        public = public_key_for(signing_key.pair)
        identity = Identity(signing_key.signer(), public, checkpoint_key, utc_now, lambda: new_id(rng))
        ledger = Ledger(await asyncio.to_thread(open_ledger, settings, identity))
        stack.push_async_callback(asyncio.to_thread, ledger.close)
        clock = SteadyClock(utc_now, ledger.store.last_time())
        executor = stack.enter_context(ThreadPoolExecutor(SIGNING_THREADS, "sign"))
        shared = await stack.enter_async_context(open_shared(settings))
        generator = await stack.enter_async_context(open_generator(settings, Path(settings.draws_path)))
        await stack.enter_async_context(filling(generator))
        if shared and shared.stock:
            await stack.enter_async_context(shared.stock.serving(generator.supply))
        yield Services(
            settings,
            generator.images,
            generator,
            Certifier(signing_key.signer, ledger, executor, clock, BufferedRandom(), checkpoint_key),
            signing_key,
            ledger,
            clock,
            shared,
        )
