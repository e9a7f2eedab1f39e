"""Accept a score's line of the plain form without parsing it.

Nearly every line is of it: its texts are UTF-8 without quote, backslash and control characters, its score has at most
ten digits before the point and four behind. JSON writes such a text as it is, and such a number in one way, which is
RFC 8785's too but for the ``.0`` of a whole one. So a line that fits the pattern is what a parser would write again,
byte for byte, and what is signed follows from its parts. All else that ``LineChecker`` asks of a score is asked here,
but for its signature.

This only ever accepts. A line that it does not is left to ``LineChecker``, which alone says what is wrong.
"""

import re
from binascii import b2a_base64
from collections.abc import Mapping

Signers = Mapping[tuple[bytes, bytes, bytes], int]
"""Key id, algorithm and signature format of each key, and the record that brought it in."""

PARTS = {
    b"text": rb"[ !#-\[\]-\xff]*+",
    b"same": rb'[^"]*+',  # is compared with the only text that may stand there
    b"score": rb"(?!-0)-?(?:0|[1-9][0-9]{0,9})(?:\.(?:0|[0-9]{0,3}[1-9]))?",
}
PLAIN = re.compile(
    rb'\{"v":2,"type":"score","seq":([0-9]+),"prev":"(%(same)b)","kid":"(%(same)b)","signed":\{"payload":'
    rb'\{"id":"(%(text)b)","score":(%(score)b),"nonce":"(%(text)b)","issuedAt":"(%(text)b)"(?:,"subject":"(%(text)b)")?\},'
    rb'"canonicalB64":"(%(same)b)","signatureB64":"%(text)b","algorithm":"(%(same)b)","signatureFormat":"(%(same)b)",'
    rb'"certificateFingerprintSHA256":(?:null|"%(text)b")\},"generatedAt":"(%(same)b)","requestId":"%(text)b"'
    rb'(?:,"client":"%(text)b")?\}' % PARTS
)


def accept(line: bytes, number: int, prev: str, signers: Signers) -> tuple[bytes, bytes] | None:
    """Return subject and nonce of a plain score that is sound as record ``number`` behind hash ``prev``, or None."""
    found = PLAIN.fullmatch(line)
    if not found or not (line.isascii() or _is_utf8(line)):
        return None
    seq, link, kid, name, score, nonce, issued, subject, canonical, algorithm, form, generated = found.groups()
    since = signers.get((kid, algorithm, form))
    if since is None or since > number or seq != b"%d" % number or link != prev.encode() or generated != issued:
        return None
    owner = b"" if subject is None else b',"subject":"%b"' % subject
    data = b'{"id":"%b","issuedAt":"%b","nonce":"%b","score":%b%b}' % (
        name, issued, nonce, score.removesuffix(b".0"), owner,
    )  # fmt: skip
    return (subject or b"", nonce) if b2a_base64(data, newline=False) == canonical else None


def _is_utf8(line: bytes) -> bool:
    try:
        return bool(line.decode())
    except UnicodeDecodeError:
        return False
