"""The objects that one process holds open, and how they are opened and closed."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

import structlog

from minimon.backends import IMAGE_BACKENDS, NAME_BACKENDS, load_factory
from minimon.clock import utc_now
from minimon.creatures import new_id
from minimon.errors import StartError
from minimon.generation import Generator
from minimon.keys import load_pair, open_pair, signing_files
from minimon.scores.certify import Certifier
from minimon.scores.checkpoint_key import open_checkpoint_key
from minimon.scores.ledger import Ledger
from minimon.scores.opening import Identity
from minimon.scores.signing import Signer, public_key_for, signer_for
from minimon.settings import Settings

_log = structlog.get_logger(__name__)

SIGNING_THREADS = 2


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

    def reload(self) -> None:
        """Read the key again; a fault is logged and the key in use stays. Blocks."""
        try:
            self._signer = signer_for(load_pair(self._files))
        except StartError as error:
            _log.error("signing key not replaced", faults=list(error.faults))
        else:
            _log.info("signing key read again", algorithm=self._signer.algorithm, fingerprint=self._signer.fingerprint)


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that routes need, open and ready."""

    settings: Settings
    generator: Generator
    certifier: Certifier
    signing_key: SigningKey
    ledger: Ledger


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Open everything, and close it again in the reverse order. Raises StartError.

    What blocks (files, keys, pictures) runs in a thread.
    """
    rng = SystemRandom()
    async with AsyncExitStack() as stack:
        signing_key = await asyncio.to_thread(SigningKey, settings)
        checkpoint_key = await asyncio.to_thread(open_checkpoint_key, settings)
        public = public_key_for(signing_key.pair)
        identity = Identity(signing_key.signer(), public, checkpoint_key, utc_now, lambda: new_id(rng))
        ledger = await asyncio.to_thread(Ledger.open, Path(settings.score_ledger_path), identity)
        stack.push_async_callback(asyncio.to_thread, ledger.close)
        executor = stack.enter_context(ThreadPoolExecutor(SIGNING_THREADS, "sign"))
        open_images = load_factory(IMAGE_BACKENDS, settings.generation_backend)
        images = await stack.enter_async_context(open_images(settings))
        open_names = load_factory(NAME_BACKENDS, settings.name_backend)
        names = await stack.enter_async_context(open_names(settings))
        yield Services(
            settings,
            Generator(settings, images, names, rng, utc_now),
            Certifier(signing_key.signer, ledger, executor, utc_now, rng, checkpoint_key),
            signing_key,
            ledger,
        )
