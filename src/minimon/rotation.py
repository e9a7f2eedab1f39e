"""Replace the signing key: make a new pair, enter the handover in the ledger, put the new files in place."""

import os
import signal
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from random import SystemRandom

from minimon.clock import Clock, rfc3339, utc_now
from minimon.creatures import new_id
from minimon.durable import sync_folder
from minimon.errors import LedgerInUseError, StartError
from minimon.keys import Pair, PairFiles, load_pair, open_pair, signing_files
from minimon.scores.checkpoint_key import open_checkpoint_key
from minimon.scores.public import PublicKey
from minimon.scores.records import Entry, key_entry
from minimon.scores.signing import Signer, public_key_for, signer_for
from minimon.scores.storing import Identity, LedgerStore, enter, open_ledger
from minimon.settings import Settings


def handover(old: Signer, new: Signer, public: PublicKey, clock: Clock = utc_now) -> Entry:
    """Return the record by which ``old`` hands over to ``new``, signed by both."""
    return key_entry(_payload(old.kid, public, clock), old, new.sign, "rotation")


def _payload(old_kid: str, public: PublicKey, clock: Clock) -> Mapping[str, object]:
    return {
        "id": new_id(SystemRandom()),
        "type": "key",
        "issuedAt": rfc3339(clock()),
        "previous": old_kid,
        "key": dict(public.jwk),
    }


def refuse_retired(store: LedgerStore, public: PublicKey) -> None:
    """Raise StartError for a key that the ledger knows: what was handed over is not taken back."""
    if public.kid in store.keys:
        raise StartError(f"the key {public.kid} has signed in this ledger before: rotate to a new one")


def rotate(settings: Settings) -> str:
    """Hand over to a new pair; return what was done, in words. Raises StartError.

    The new pair is made, or is what lies at the paths with ``.new`` behind them. If a service has the ledger open, it
    is told to read the key again and enters the handover itself.
    """
    files = signing_files(settings)
    old, new = load_pair(files), open_pair(_beside(files, ".new"))
    public = public_key_for(new)
    try:
        _enter(settings, old, new)
    except LedgerInUseError as error:
        _put_in_place(files, new, signer_for(old).kid)
        if error.pid is None:
            return f"new key {public.kid} in place: send SIGHUP to the service"
        os.kill(error.pid, signal.SIGHUP)
        return f"new key {public.kid} in place: the service (pid {error.pid}) was told to hand over; its log says more"
    _put_in_place(files, new, signer_for(old).kid)
    return f"new key {public.kid} in place and in the ledger"


def replace_lost(settings: Settings) -> str:
    """Take up the pair that is in place, made if there is none, where the key before it is lost. Raises StartError.

    The checkpoints' key proves the new one, for the old one cannot. No service may have the ledger open.
    """
    pair, checkpoint_key = open_pair(signing_files(settings)), open_checkpoint_key(settings)
    signer, public = signer_for(pair), public_key_for(pair)
    identity = Identity(signer, public, checkpoint_key, utc_now, lambda: new_id(SystemRandom()))
    with closing(open_ledger(settings, identity, key_lost=True)) as store:
        refuse_retired(store, public)
        lost = list(store.keys)[-1]
        enter(store, key_entry(_payload(lost, public, utc_now), signer, checkpoint_key.prove, "rotation"))
    return f"key {public.kid} in the ledger, in the place of {lost}, which is lost"


def _beside(files: PairFiles, end: str) -> PairFiles:
    return replace(
        files,
        key_path=files.key_path.with_name(files.key_path.name + end),
        cert_path=files.cert_path.with_name(files.cert_path.name + end),
    )


def _enter(settings: Settings, old: Pair, new: Pair) -> None:
    key = open_checkpoint_key(settings)
    identity = Identity(signer_for(old), public_key_for(old), key, utc_now, lambda: new_id(SystemRandom()))
    with closing(open_ledger(settings, identity)) as store:
        refuse_retired(store, public_key_for(new))
        enter(store, handover(signer_for(old), signer_for(new), public_key_for(new)))


def _put_in_place(files: PairFiles, new: Pair, old_kid: str) -> None:
    """Keep the old files under the old key's name, and put the new ones in their place."""
    for path, fresh in ((files.cert_path, new.files.cert_path), (files.key_path, new.files.key_path)):
        if path.exists():
            path.rename(path.with_name(f"{path.stem}-{old_kid[:8]}{path.suffix}"))
        if fresh.exists():
            fresh.rename(path)
    sync_folder(files.key_path.parent)
