"""Measure the Minidex in Chromium against the real service over HTTPS.

How long a first visit takes to its first paint and until it can be used, and how much it loads; how smoothly a binder
of 2,000 creatures scrolls, by the browser's own trace; what the heap holds after hundreds of mints. Needs Chromium and
`make .venv/.browser`. The last line of standard output is one JSON object; the exit status is 1 if a target is missed.
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
from collections import Counter
from hashlib import sha256
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from random import Random
from typing import Any

from common import Running, end_on_sigterm, machine, print_result, service_command, serving, versions
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console

from minimon.creatures import Element, Rarity, Traits, new_id
from minimon.images.drawn.scene import scene_svg

PAINT_MS, INTERACTIVE_MS, FRAMES, GROWTH = 300, 600, 50, 0.05
DISTINCT = 80
SCROLL = {"x": 600, "y": 500, "yDistance": -24_000, "speed": 4000, "repeatCount": 1, "gestureSourceType": "mouse"}
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


def main() -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=9, help="first visits to take the median of (default: 9)")
    parser.add_argument("--mints", type=int, default=500, help="mints between the first and the last look at the heap")
    parser.add_argument("--creatures", type=int, default=2000, help="creatures in the binder (default: 2000)")
    parser.add_argument("--output", type=Path, help="file that gets the JSON, too")
    options = parser.parse_args()
    end_on_sigterm()
    with tempfile.TemporaryDirectory(prefix="minimon-benchmark-") as name:
        folder = Path(name)
        with (
            serving("service", service_command(), folder, VARIABLES) as running,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=_chromium(), args=[_trust(running)])
            result = {
                "visits": visits(browser, running, options.runs),
                "binder": binder(browser, running, folder, options.creatures),
                "heap": heap(browser, running, options.mints),
                "chromium": browser.version,
            }
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
    page = browser.new_context(viewport={"width": 1280, "height": 900}, **options).new_page()
    page.goto(running.url)
    page.locator("html[data-ready]").wait_for()
    return page


def visits(browser: Browser, running: Running, runs: int) -> dict[str, Any]:
    """Visit the page for the first time, again and again; the first of all is not counted."""
    seen = []
    for _ in range(runs + 1):
        page = _open(browser, running)
        page.wait_for_timeout(300)  # the paint is entered after the frame
        seen.append(page.evaluate(TIMES))
        page.context.close()
    seen = seen[1:]
    last = seen[-1]
    return {
        "paint_ms": round(statistics.median(it["paint"] for it in seen), 1),
        "most_paint_ms": round(max(it["paint"] for it in seen), 1),
        "interactive_ms": round(statistics.median(it["interactive"] for it in seen), 1),
        "most_interactive_ms": round(max(it["interactive"] for it in seen), 1),
        "requests": last["requests"],
        "transferred_bytes": last["transferred"],
        "decoded_bytes": last["decoded"],
    }


def binder(browser: Browser, running: Running, folder: Path, creatures: int) -> dict[str, Any]:
    """Scroll a binder of so many creatures and count the frames in the browser's trace."""
    page = _open(browser, running)
    page.locator("nav a[href='#collection']").click()
    page.locator("#empty:not([hidden])").wait_for()
    path = _collection(folder, creatures)
    began = time.perf_counter()
    page.locator("#import-file").set_input_files(path)
    page.locator("#transfer", has_text="added").wait_for(timeout=180_000)
    seconds = time.perf_counter() - began
    browser.start_tracing(page=page, categories=["disabled-by-default-devtools.timeline.frame"])
    page.context.new_cdp_session(page).send("Input.synthesizeScrollGesture", SCROLL)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    scrolled = page.evaluate("scrollY")
    nodes = page.locator("#binder li").count()
    page.context.close()
    return {
        "creatures": creatures,
        "import_seconds": round(seconds, 1),
        "scrolled_px": scrolled,
        "nodes": nodes,
        **_frames(events),
    }


def _frames(events: list[dict[str, Any]]) -> dict[str, float]:
    """Return how many frames reached the screen and how many were dropped, and the time from the first to the last."""
    ends = _frame_ends(events)
    shown = sorted(end for end, state in ends if state.startswith("STATE_PRESENTED"))
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


def heap(browser: Browser, running: Running, mints: int) -> dict[str, Any]:
    """Mint 50 creatures, look at the heap, mint many more, look again."""
    page = _open(browser, running, reduced_motion="reduce")
    session = page.context.new_cdp_session(page)
    looks = []
    for count in (50, *[mints // 5] * 5):
        for _ in range(count):
            page.locator("#mint").click()
            page.locator("#mint[aria-disabled=false]").wait_for()
        session.send("HeapProfiler.collectGarbage")
        looks.append(round(session.send("Runtime.getHeapUsage")["usedSize"] / 1e6, 3))
    page.context.close()
    return {"mints": mints, "used_mb": looks, "growth": round(looks[-1] / looks[0] - 1, 4)}


def _report(result: dict[str, Any], output: Path | None) -> int:
    visit, scroll, kept = result["visits"], result["binder"], result["heap"]
    met = {
        "first paint": visit["paint_ms"] < PAINT_MS,
        "interactive": visit["interactive_ms"] < INTERACTIVE_MS,
        "frames": scroll["frames_per_second"] >= FRAMES,
        "heap": kept["growth"] <= GROWTH,
    }
    console = Console(stderr=True, highlight=False)
    console.print(f"first paint {visit['paint_ms']} ms (target: under {PAINT_MS}), most {visit['most_paint_ms']}")
    console.print(
        f"interactive {visit['interactive_ms']} ms (under {INTERACTIVE_MS}), most {visit['most_interactive_ms']}"
    )
    console.print(f"{visit['requests']} requests, {visit['transferred_bytes']} bytes, {visit['decoded_bytes']} decoded")
    console.print(
        f"{scroll['creatures']} creatures: {scroll['frames_per_second']} frames/s (at least {FRAMES}), {scroll}"
    )
    console.print(
        f"heap over {kept['mints']} mints: {kept['used_mb']} MB, {kept['growth']:+.1%} (at most +{GROWTH:.0%})"
    )
    whole = {"benchmark": "page", "machine": machine(), "versions": versions(), "targets_met": met, **result}
    print_result(whole, output)
    return 0 if all(met.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
