"""Takes the wrapping off a language model's answer: thoughts, fences, tags, escapes. Pure, in linear time."""

import re
from typing import Final

from minimon.names.candidates import Label, kind_of

MOST_READ: Final = 262_144  # characters, thoughts and all: a model writes some 60,000 tokens before it gets here
MOST_EXAMINED: Final = 8_192  # characters, once thoughts are gone: an answer with 30 names takes fewer than 1,000

_THOUGHT: Final = r"(?:think|thinking|thought|thoughts|reasoning|reflection|scratchpad)"
_THOUGHT_ENDS: Final = re.compile(
    rf"<\s?/\s?{_THOUGHT}\s?>|\[/THINK\]|◁/think▷|<\|channel\|>\s?final\s?<\|message\|>", re.IGNORECASE
)
_THOUGHT_BEGINS: Final = re.compile(
    rf"<\s?{_THOUGHT}\s?>|\[THINK\]|◁think▷|<\|channel\|>\s?analysis\s?<\|message\|>", re.IGNORECASE
)
_FENCE: Final = re.compile(r"(?:```|~~~)\w{0,12}")
_MODEL_TOKEN: Final = re.compile(r"<\|[^|<>\n]{0,40}\|>|</?s>|\[/?INST\]")
_TAG: Final = re.compile(r"<(/?)([^\W\d_][\w-]{0,20})(?:\s[^<>\n]{0,200})?/?>")
_ESCAPED_LETTER: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_ESCAPED_BREAK: Final = re.compile(r"\\[nrt]")
_QUOTE_AROUND_DATA: Final = re.compile(r"""["'`](?=\s{0,9}[{\[]\s{0,9}["'])""")  # JSON in a string of JSON
_TERMINAL_COLOUR: Final = re.compile(r"\x1b\[[0-9;]{0,12}[a-zA-Z]")
_TAGS_THAT_BREAK: Final = frozenset({"li", "p", "div", "br", "tr", "td", "ul", "ol", "h1", "h2", "h3", "h4"})


def unwrap(answer: str) -> tuple[str, bool]:
    """Return what was said after (or before) the thoughts, as plain text, and whether the thoughts never ended."""
    said, unfinished = _without_thoughts(answer[:MOST_READ])
    said = _TERMINAL_COLOUR.sub("", _MODEL_TOKEN.sub("\n", _FENCE.sub("\n", said[:MOST_EXAMINED])))
    said = _ESCAPED_BREAK.sub("\n", said.replace('\\"', '"').replace("\\'", "'").replace("\\/", "/"))
    said = _ESCAPED_LETTER.sub(lambda match: chr(int(match[1], 16)), said)
    return _TAG.sub(_as_text, _QUOTE_AROUND_DATA.sub("", said)), unfinished


def _without_thoughts(answer: str) -> tuple[str, bool]:
    """Keep what follows the last end of a thought; of a thought that never ends, keep what stood before it."""
    last = max((match.end() for match in _THOUGHT_ENDS.finditer(answer)), default=0)
    said = answer[last:]
    begins = _THOUGHT_BEGINS.search(said)
    return (said[: begins.start()], True) if begins else (said, False)


def _as_text(tag: re.Match[str]) -> str:
    """Turn ``<name>`` into a label and its end into a line break; markup inside a line leaves no trace."""
    closing, word = tag.groups()
    if kind_of(word) is Label.UNKNOWN:
        return "\n" if word.casefold() in _TAGS_THAT_BREAK else ""
    return "\n" if closing else f"\n{word}: "
