"""The key that signs the ledger's checkpoints, opened."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from minimon.errors import StartError
from minimon.keys import Pair, checkpoint_files, load_pair, open_pair
from minimon.scores.checkpoint import CheckpointKey
from minimon.settings import Settings


def open_checkpoint_key(settings: Settings) -> CheckpointKey:
    """Open the key, made if there is none. Raises StartError."""
    return checkpoint_key_of(open_pair(checkpoint_files(settings)))


def load_checkpoint_key(settings: Settings) -> CheckpointKey:
    """Open the key that is there. Raises StartError."""
    return checkpoint_key_of(load_pair(checkpoint_files(settings)))


def checkpoint_key_of(pair: Pair) -> CheckpointKey:
    """Return what signs checkpoints. Raises StartError for any key but one of Ed25519."""
    if not isinstance(pair.key, Ed25519PrivateKey):
        raise StartError(f"{pair.files.key_path}: cannot sign checkpoints ({pair.kind}): use an Ed25519 key")
    return CheckpointKey(pair.key)
