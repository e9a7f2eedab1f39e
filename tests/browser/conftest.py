"""What the browser tests share: Chromium, which trusts the services of these tests, and pages that may not complain."""

import base64
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.conftest import Service, start_service

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
LAST_OF = {
    "mint": "#recent .mini",
    "collection": "#binder .mini",
    "odds": "#odds .verdict",
    "scores": ".stamp",
    "service": "#service .spark-line",
}
"""What comes last of each view."""
SECONDS = 20
"""A bound on every wait of these tests, never what they measure."""
expect.set_options(timeout=SECONDS * 1000)

QUICK = {"MINIMON_GENERATION_BACKEND": "drawn", "MINIMON_RATE_LIMIT_PER_MIN": "0", "MINIMON_STOCK_SIZE": "0"}
"""What a service is started with where a test says nothing else: it draws nothing ahead of need."""
USUAL = {"locale": "en-GB", "reduced_motion": "reduce"}
"""How a page is opened where a test says nothing else: most have no reason to wait for a card that turns over."""

Launch = Callable[..., Service]
Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def launch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launch]:
    """Start services that live as long as the session, one for each set of variables; the first one's TLS pair is
    everyone's."""
    running: dict[tuple[object, ...], Service] = {}
    pair: dict[str, str] = {}

    def run(*command: str, **variables: str) -> Service:
        key = (command, *sorted(variables.items()))
        if key not in running:
            folder = tmp_path_factory.mktemp("service")
            running[key] = start_service(folder, QUICK | pair | variables, command or (sys.executable, "-m", "minimon"))
            pair.setdefault("MINIMON_TLS_CERT_PATH", str(folder / "certs/cert.pem"))
            pair.setdefault("MINIMON_TLS_KEY_PATH", str(folder / "certs/key.pem"))
        return running[key]

    yield run
    for service in running.values():
        if service.process.poll() is None:
            service.stop()


@pytest.fixture(scope="session")
def service(launch: Launch) -> Service:
    """A service that draws, by the usual odds, from a stock. The first: Chromium trusts its certificate."""
    return launch(MINIMON_STOCK_SIZE="64")


@pytest.fixture(scope="session")
def chromium(service: Service) -> Iterator[Browser]:
    """Chromium, told to trust the one public key of these tests and no other."""
    assert CHROMIUM, "no Chromium: apt-get install --no-install-recommends chromium"
    certificate = x509.load_pem_x509_certificate((service.folder / "certs/cert.pem").read_bytes())
    public = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pin = base64.b64encode(sha256(public).digest()).decode()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[f"--ignore-certificate-errors-spki-list={pin}"]
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    """Open the page of a service, in a browser of its own unless a page is given to share one with.

    At the end nothing may stand in any console: no error, no warning, no violation of the policy, but ``allow``.
    """
    contexts = []
    faults: list[str] = []

    def open_page(service: Service, *, allow: str = "(?!)", beside: Page | None = None, **options: object) -> Page:
        context = beside.context if beside else chromium.new_context(**USUAL | options)
        contexts.append(context)
        page = context.new_page()

        def note(text: str) -> None:
            if not re.search(allow, text):
                faults.append(text)

        page.on("console", lambda said: note(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: note(str(error)))
        page.goto(service.base_url)
        ready(page)
        return page

    yield open_page
    for context in dict.fromkeys(contexts):
        context.close()
    assert faults == []


def client_of(service: Service) -> httpx2.Client:
    """Return a client beside the browser; whose certificate it is, the browser has looked at."""
    return httpx2.Client(base_url=service.base_url, verify=False, trust_env=False, timeout=SECONDS)


def ready(page: Page) -> None:
    """Wait until the page has started."""
    page.locator("html[data-ready]").wait_for()


def go(page: Page, view: str) -> None:
    """Open a view from the navigation and wait until it has its heading."""
    page.locator(f"nav a[href='#{view}']").click()
    page.locator(f"#view-{view}:not([hidden])").wait_for()


def fill(page: Page) -> None:
    """Bring every view to life: a card, a receipt."""
    mint(page)
    go(page, "scores")
    page.locator("#certify button").click()
    page.locator(".stamp").wait_for()
    go(page, "mint")


def go_and_see(page: Page, view: str) -> None:
    """Open a view that ``fill`` has brought to life, and wait until all of it is there."""
    go(page, view)
    page.locator(LAST_OF[view]).first.wait_for()


def mint(page: Page) -> str:
    """Mint one creature; return its name."""
    page.locator("#mint").click()
    expect(page.locator("#mint")).to_have_attribute("aria-disabled", "false")
    return page.locator("#slot .name").inner_text()


def cards(page: Page) -> list[str]:
    """Return the names of the cards in sight, in order."""
    labels = [button.get_attribute("aria-label") for button in page.locator("#binder button").all()]
    return [label.rsplit(", ", 2)[0] for label in labels]


@pytest.fixture
def downloads(tmp_path: Path) -> Callable[..., Path]:
    """Return what clicks something and keeps the file that comes of it."""

    def take(page: Page, selector: str) -> Path:
        with page.expect_download() as waiting:
            page.locator(selector).click()
        path = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(path)
        return path

    return take
