"""A ready creature as bytes: a line of JSON, then its picture."""

from base64 import b64encode
from dataclasses import asdict
from datetime import datetime
from typing import Final

import orjson

from minimon.creatures import Creature, Element, Rarity, Traits
from minimon.draws import Draw
from minimon.images import Picture
from minimon.stock import Ready

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"


def pack(ready: Ready) -> bytes:
    """Return the bytes of a creature, its rarity as it was drawn: another replica may have other weights."""
    creature, picture = ready.creature, ready.picture
    facts = {
        "id": creature.id,
        "name": creature.name,
        "traits": asdict(creature.traits),
        "backend": picture.backend,
        "minted_at": ready.minted_at.isoformat(),
    }
    return orjson.dumps(facts) + b"\n" + picture.png


def unpack(parcel: bytes, claim: str) -> Ready:
    """Return the creature of ``pack``, taken under the name ``claim``. Raises ValueError if it is none."""
    head, _, png = parcel.partition(b"\n")
    try:
        facts = orjson.loads(head)
        given = facts["traits"]
        traits = Traits(int(given["seed"]), Rarity(given["rarity"]), Element(given["element"]))
        creature = Creature(str(facts["id"]), str(facts["name"]), traits)
        picture = Picture(png, b64encode(png), str(facts["backend"]))
        minted_at = datetime.fromisoformat(facts["minted_at"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"no creature: {error}") from error
    if not png.startswith(SIGNATURE):
        raise ValueError("its picture is no PNG")
    return Ready(Draw(traits.seed), creature, picture, minted_at, claim)
