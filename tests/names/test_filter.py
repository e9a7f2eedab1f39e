"""The filter: offensive words in five languages, where they offend and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minimon.names.filter import fold, offensive

OFFENSIVE = {
    "whole words": "Con Cul Ass Tit Culo Hure Connard Salope Pendejo Arsch Wichser ちんこ バカ 馬鹿 Hitler",
    "inside a name": "Fuckdragon Nazidrache Fotzendrache Hitlerchen Mierdoso Merdouille Dragonshit Drachenarsch",
    "other spellings": "fuuuckdragon F-u-c-k Fu-ck ＦＵＣＫ Enculé encule Maricón maricon MARICON くそドラゴ シネ",
}
HARMLESS = {
    "en": "Scunthorpe Assassin Therapist Titania Cockatiel Peacock Raccoon Cocoon Sussex Grasshopper Classic Fickle",
    "fr": "Faucon Balcon Concorde Cumulus Dragon Cassiopée Député Orbite Analyste Putois Lumière Massala Chatoyant",
    "es": "Vehículo Oráculo Reputación Computa Círculo Piccolo Océano Verano Montenegro Cometa Vergara Martillo",
    "de": "Marsch Barsch Königreich Konditor Schuhregal Wasserspiegel Kotelett Hurrikan Siegfried Reichweite Tödlich",
    "ja": "コスモス アオバカメ バンビ シネラマ カスミ アクア メロン ツチノコ コバルト アホロートル",
}


@pytest.mark.parametrize("name", [name for names in OFFENSIVE.values() for name in names.split()])
def test_an_offensive_name_is_caught(name: str) -> None:
    assert offensive(name)


@pytest.mark.parametrize("name", [name for names in HARMLESS.values() for name in names.split()])
def test_a_harmless_word_with_a_rude_one_inside_passes(name: str) -> None:
    assert not offensive(name)


@given(st.text(max_size=40), st.sampled_from(["Fuck", "Hitler", "Arschloch", "Salope", "ちんこ"]))
def test_a_strong_word_is_caught_in_capitals_too(rest: str, word: str) -> None:
    assert offensive(f"{word}x") == offensive(f"{word}x".upper()) is True
    assert isinstance(offensive(rest), bool)


@given(st.text(st.characters(max_codepoint=0x24F) | st.sampled_from("アヴばッー馬ﾊﾟＡ"), max_size=60))
def test_folding_is_stable(text: str) -> None:
    assert fold(fold(text)) == fold(text)
