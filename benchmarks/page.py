"""Measure the Minidex in Chromium against the real service over HTTPS.

How long a first visit takes to its first paint and until it can be used, beside the first paint of a few words from the
same service, and how much it loads; how smoothly a binder of 2,000 creatures scrolls, by the browser's own trace; what
the heap holds after hundreds of mints, and of visits to the collection. Needs Chromium and `make .venv/.browser`. The
last line of standard output is one JSON object; the exit status is 1 if a target is missed.
"""

import sys

sys.path.append(sys.path.pop(0))  # this folder comes last, or its http.py would hide the standard library's

import argparse
import base64
import gzip
import json
import shutil
import statistics
import tempfile
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from importlib.resources import files
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from random import Random
from typing import Any

from common import Running, end_on_sigterm, machine, print_result, service_command, serving, versions
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, CDPSession, Page, ViewportSize, sync_playwright
from rich.console import Console
from rich.table import Table

from minimon.creatures import Element, Rarity, Traits, new_id
from minimon.images.drawn.scene import scene_svg

PAINT_MS, INTERACTIVE_MS, BYTES, FRAMES, GROWTH = 300, 600, 120_000, 50, 0.01
SIZE: ViewportSize = {"width": 1280, "height": 900}
PAINTED_MS = 300
"""The browser enters a paint some time after the frame."""
DISTINCT = 80
BROWSED = 200
SCROLL = {"x": 600, "y": 500, "speed": 4000, "gestureSourceType": "mouse"}
MOST_PX = 48_000
VARIABLES = {
    "MINIMON_GENERATION_BACKEND": "drawn",
    "MINIMON_BEARER_TOKEN": "",
    "MINIMON_RATE_LIMIT_PER_MIN": "0",
}
TIMES = """() => {
  const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  return {
    paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    interactive: performance.getEntriesByName("interactive")[0].startTime,
    requests: entries.length,
    transferred: entries.reduce((sum, it) => sum + it.encodedBodySize, 0),
    decoded: entries.reduce((sum, it) => sum + it.decodedBodySize, 0),
  };
}"""

WATCH = """() => {
  const areas = [];
  const list = document.querySelector("#binder");
  const look = () => {
    const cards = [...list.children].map((it) => [it.getBoundingClientRect(), it.querySelector("img").naturalWidth]);
    const area = ({ top, bottom, width }) => width * Math.max(0, Math.min(bottom, innerHeight) - Math.max(top, 0));
    const sum = cards.reduce((sum, [box, picture]) => sum + (picture ? area(box) : 0), 0);
    if (list.getBoundingClientRect().top < 0) areas.push(sum);
    requestAnimationFrame(look);
  };
  globalThis.watched = () => areas.reduce((sum, it) => sum + it, 0) / areas.length / Math.max(...areas);
  look();
}"""
"""Notes, frame by frame, how much of the window is covered by cards with their pictures."""

MINT = """async (count) => {
  const button = document.querySelector("#mint");
  for (let done = 0; done < count; done++) {
    button.click();
    while (button.ariaDisabled === "true") {
      await new Promise((go) => setTimeout(go, 10));
      document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    }
  }
}"""
"""In the page itself: a driver that clicks from outside leaves objects of its own in the heap."""

BROWSE = """async (count) => {
  const find = (selector) => document.querySelector(selector);
  const until = async (test) => { while (!test()) await new Promise((go) => setTimeout(go, 10)); };
  const card = () => find("#binder li img")?.complete;
  const form = find("#filters");
  const filter = async (text) => {
    form.elements.text.value = text;
    form.dispatchEvent(new Event("input"));
    await until(card);
  };
  for (let done = 0; done < count; done++) {
    location.hash = "collection";
    await until(card);
    scrollTo(0, document.documentElement.scrollHeight);
    await until(() => find("#binder li:last-child")?.ariaPosInSet === find("#binder li")?.ariaSetSize);
    await filter("bench");
    find("#binder button").click();
    await until(() => find("#detail[open] img")?.complete);
    find("#detail [data-step='1']").click();
    await until(() => find("#detail [data-step='-1']:enabled"));
    find("#detail").close();
    await filter("");
    location.hash = "mint";
    await until(() => find("#view-collection").hidden);
  }
}"""
"""To the collection, to its end, a search, a card and the next one, and back."""


def main() -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="what to measure (default: all)")
    parser.add_argument("--runs", type=int, default=9, help="first visits to take the median of (default: 9)")
    parser.add_argument("--mints", type=int, default=500, help="mints between the first and the last look at the heap")
    parser.add_argument("--rounds", type=int, default=100, help="visits to the collection between those looks")
    parser.add_argument("--creatures", type=int, default=2000, help="creatures in the binder (default: 2000)")
    parser.add_argument("--output", type=Path, help="file that gets the JSON, too")
    options = parser.parse_args()
    parts = options.parts or list(PARTS)
    end_on_sigterm()
    with tempfile.TemporaryDirectory(prefix="minimon-benchmark-") as name:
        folder = Path(name)
        with (
            serving("service", service_command(), folder, VARIABLES) as running,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=_chromium(), args=[_trust(running)])
            result: dict[str, Any] = {name: PARTS[name](browser, running, options) for name in PARTS if name in parts}
            result["chromium"] = browser.version
            browser.close()
    return _report(result, options.output)


def _chromium() -> str:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        sys.exit("benchmark: no Chromium")
    return found


def _trust(running: Running) -> str:
    """Return the argument that makes Chromium trust the service's key, and no other."""
    certificate = x509.load_pem_x509_certificate((running.folder / "certs/cert.pem").read_bytes())
    public = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"--ignore-certificate-errors-spki-list={base64.b64encode(sha256(public).digest()).decode()}"


def _open(browser: Browser, running: Running, **options: Any) -> Page:
    page = browser.new_context(viewport=SIZE, **options).new_page()
    page.goto(running.url)
    page.locator("html[data-ready]").wait_for()
    return page


def visits(browser: Browser, running: Running, options: Namespace) -> dict[str, Any]:
    """Visit the page for the first time, again and again; the first of all is not counted."""
    seen, least = [], []
    for _ in range(options.runs + 1):
        least.append(_first_paint_of_words(browser, running))
        page = _open(browser, running)
        page.wait_for_timeout(PAINTED_MS)
        seen.append(page.evaluate(TIMES))
        page.context.close()
    del seen[0], least[0]
    last = seen[-1]
    return {
        "paint_ms": round(statistics.median(it["paint"] for it in seen), 1),
        "most_paint_ms": round(max(it["paint"] for it in seen), 1),
        "words_paint_ms": round(statistics.median(least), 1),
        "interactive_ms": round(statistics.median(it["interactive"] for it in seen), 1),
        "most_interactive_ms": round(max(it["interactive"] for it in seen), 1),
        "requests": last["requests"],
        "transferred_bytes": last["transferred"],
        "decoded_bytes": last["decoded"],
        "all_files_bytes": _all_files(),
    }


def _first_paint_of_words(browser: Browser, running: Running) -> float:
    """Return the first paint of an answer of a few words: what no page from this service can be quicker than here."""
    page = browser.new_context(viewport=SIZE).new_page()
    page.goto(f"{running.url}/livez")
    page.wait_for_timeout(PAINTED_MS)
    paint: float = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    page.context.close()
    return paint


def _all_files() -> int:
    """Return the size of all that the page is made of, as it stands, without pictures."""
    page = files("minimon.web") / "page"
    parts = [*(page / "dex").iterdir(), page / "index.html", page / "sw.js"]
    return sum(len(it.read_bytes()) for it in parts if not it.name.endswith(".svg"))


def binder(browser: Browser, running: Running, options: Namespace) -> dict[str, Any]:
    """Scroll a binder of so many creatures and count the frames in the browser's trace."""
    page = _open(browser, running)
    page.locator("nav a[href='#collection']").click()
    path = _collection(running.folder, options.creatures)
    began = time.perf_counter()
    _bring_in(page, path)
    seconds = time.perf_counter() - began
    page.evaluate(WATCH)
    browser.start_tracing(page=page, categories=["disabled-by-default-devtools.timeline.frame"])
    distance = page.evaluate("document.documentElement.scrollHeight - innerHeight")
    scroll = SCROLL | {"yDistance": -min(distance, MOST_PX)}
    page.context.new_cdp_session(page).send("Input.synthesizeScrollGesture", scroll)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    scrolled, covered = page.evaluate("[scrollY, watched()]")
    nodes = page.locator("#binder li").count()
    page.context.close()
    return {
        "creatures": options.creatures,
        "import_seconds": round(seconds, 1),
        "scrolled_px": scrolled,
        "nodes": nodes,
        "covered": round(covered, 4),
        **_frames(events),
    }


def _bring_in(page: Page, path: Path) -> None:
    page.locator("#empty:not([hidden])").wait_for()
    page.locator("#import-file").set_input_files(path)
    page.locator("#transfer", has_text="added").wait_for(timeout=180_000)


def _frames(events: list[dict[str, Any]]) -> dict[str, float]:
    """Return how many frames reached the screen, how many were dropped, and the time from the first to the last.

    A frame that the compositor and the page's own thread finish apart is reported twice, with one time: it counts once.
    """
    ends = _frame_ends(events)
    shown = sorted({round(end, 1) for end, state in ends if state.startswith("STATE_PRESENTED")})
    gaps = sorted(later - earlier for earlier, later in pairwise(shown))
    return {
        "frames": len(shown),
        "dropped": sum(state == "STATE_DROPPED" for _, state in ends),
        "seconds": round((shown[-1] - shown[0]) / 1000, 2),
        "frames_per_second": round(1000 * len(gaps) / (shown[-1] - shown[0]), 1),
        "p99_gap_ms": round(gaps[int(len(gaps) * 0.99)], 1),
    }


def _frame_ends(events: list[dict[str, Any]]) -> list[tuple[float, str]]:
    """Return when each frame of the page's process ended, in ms, and what became of it. Their ids are used again."""
    reports = sorted((it for it in events if it["name"] == "PipelineReporter"), key=itemgetter("ts"))
    page = Counter(it["pid"] for it in reports).most_common(1)[0][0]
    begun: dict[str, str] = {}
    ends = []
    for it in reports:
        if it["pid"] != page:
            continue
        if it["ph"] == "b":
            begun[it["id2"]["local"]] = it["args"]["frame_reporter"]["state"]
        elif it["id2"]["local"] in begun:
            ends.append((it["ts"] / 1000, begun.pop(it["id2"]["local"])))
    return ends


def _collection(folder: Path, creatures: int) -> Path:
    """Write a collection's file, as the page exports it."""
    rng = Random(1)
    rarities, elements = list(Rarity), list(Element)
    pictures = [
        (rarities[it % 8], elements[it // 8 % 4], base64.b64encode(_drawing(it, rarities, elements)).decode())
        for it in range(DISTINCT)
    ]
    path = folder / "collection.jsonl.gz"
    with gzip.open(path, "wt", compresslevel=1) as file:
        file.write('{"minidex":1}\n')
        for seed in range(creatures):
            rarity, element, picture = pictures[seed % DISTINCT]
            facts = {"id": new_id(rng), "name": "Benchmark", "rarity": rarity, "element": element, "seed": seed}
            rest = {"backend": "drawn", "at": "2026-11-22T00:00:00Z", "type": "image/svg+xml", "picture": picture}
            file.write(json.dumps(facts | rest) + "\n")
    return path


def _drawing(seed: int, rarities: list[Rarity], elements: list[Element]) -> bytes:
    return scene_svg(Traits(seed, rarities[seed % 8], elements[seed // 8 % 4])).encode()


def heap(browser: Browser, running: Running, options: Namespace) -> dict[str, Any]:
    """Mint 50 creatures, look at the heap, mint many more, look again."""
    page = _open(browser, running, reduced_motion="reduce")
    looks = _looks(page, MINT, (50, *[options.mints // 5] * 5))
    page.context.close()
    return {"mints": options.mints} | looks


def browse(browser: Browser, running: Running, options: Namespace) -> dict[str, Any]:
    """Go to the collection and back again and again, through all that can be done there; look at the heap."""
    page = _open(browser, running, reduced_motion="reduce")
    page.locator("nav a[href='#collection']").click()
    _bring_in(page, _collection(running.folder, BROWSED))
    looks = _looks(page, BROWSE, (10, *[options.rounds // 5] * 5))
    page.context.close()
    return {"creatures": BROWSED, "rounds": options.rounds} | looks


def _looks(page: Page, program: str, counts: Iterable[int]) -> dict[str, Any]:
    """Let the page run a program so often, and look each time at what it holds.

    What V8 compiles of functions that run often is counted apart: it comes in the first hundreds of rounds, and is
    bounded by the page's code.
    """
    session = page.context.new_cdp_session(page)
    used, compiled, nodes, listeners = [], [], [], []
    for count in counts:
        page.evaluate(program, count)
        for _ in range(2):  # what the first lets go of, the second collects
            page.wait_for_timeout(500)
            session.send("HeapProfiler.collectGarbage")
        used.append(session.send("Runtime.getHeapUsage")["usedSize"])
        compiled.append(_compiled(session))
        counters = session.send("Memory.getDOMCounters")
        nodes.append(counters["nodes"])
        listeners.append(counters["jsEventListeners"])
    held = [whole - part for whole, part in zip(used, compiled, strict=True)]
    return {
        "used_mb": [round(it / 1e6, 3) for it in used],
        "compiled_mb": [round(it / 1e6, 3) for it in compiled],
        "held_mb": [round(it / 1e6, 3) for it in held],
        "dom_nodes": nodes,
        "listeners": listeners,
        "used_growth": round(used[-1] / used[0] - 1, 4),
        "growth": round(held[-1] / held[0] - 1, 4),
    }


def _compiled(session: CDPSession) -> int:
    """Return how many bytes of the heap are code and what V8 keeps with it, by a snapshot's own sorting.

    A buffer's bytes have such a name, too, and lie outside the heap.
    """
    parts: list[str] = []
    take = "HeapProfiler.addHeapSnapshotChunk"
    session.on(take, keep := lambda event: parts.append(event["chunk"]))
    session.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    session.remove_listener(take, keep)
    heap = json.loads("".join(parts))
    fields, kinds = heap["snapshot"]["meta"]["node_fields"], heap["snapshot"]["meta"]["node_types"][0]
    columns = [heap["nodes"][fields.index(name) :: len(fields)] for name in ("type", "name", "self_size")]
    rows = zip(*columns, strict=True)
    ours = {number for number, kind in enumerate(kinds) if kind in {"code", "native"}}
    names = [text.startswith("system /") and text != "system / JSArrayBufferData" for text in heap["strings"]]
    return sum(size for kind, name, size in rows if kind in ours and names[name])


PARTS = {"visits": visits, "binder": binder, "heap": heap, "browse": browse}


def _judge(result: dict[str, Any]) -> dict[str, bool]:
    """Return whether each target is met whose part was measured."""
    visit, scroll, minted, browsed = (result.get(part) for part in PARTS)
    met = {}
    if visit:
        met["first paint"] = visit["paint_ms"] < PAINT_MS
        met["interactive"] = visit["interactive_ms"] < INTERACTIVE_MS
        met["bytes"] = visit["all_files_bytes"] <= BYTES
    if scroll:
        met["frames"] = scroll["frames_per_second"] >= FRAMES
    if minted:
        met["heap"] = minted["growth"] <= GROWTH
    if browsed:
        met["heap of the collection"] = browsed["growth"] <= GROWTH
    return met


def _report(result: dict[str, Any], output: Path | None) -> int:
    met = _judge(result)
    table = Table("part", "measured", "value", title=f"targets met: {met}")
    for part in PARTS:
        for name, value in result.get(part, {}).items():
            table.add_row(part, name, str(value))
    Console(stderr=True, highlight=False).print(table)
    print_result(
        {"benchmark": "page", "machine": machine(), "versions": versions(), "targets_met": met, **result}, output
    )
    return 0 if all(met.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
