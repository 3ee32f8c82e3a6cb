"""The proxy of deploy/ in front of the app, on this machine: TLS, websocket, security headers, nothing internal."""

import os
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest
import requests
from websockets.sync.client import connect

from benchmarks.browser import served, settle

ROOT = Path(__file__).parents[2]
METRICS = "# TYPE"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """(URL of the proxy, file of its certificate authority, URL of the app)."""
    if not shutil.which("caddy"):
        (pytest.fail if os.environ.get("PROXY_TESTS") == "required" else pytest.skip)("Caddy is not installed.")
    home = tmp_path_factory.mktemp("caddy")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        url = f"https://localhost:{probe.getsockname()[1]}"
    with served() as (app, _), (home / "log").open("w") as log:
        own = {"SITE": url, "APP": app.removeprefix("http://"), "HOME": str(home), "XDG_DATA_HOME": str(home)}
        command = ["caddy", "run", "--config", str(ROOT / "deploy" / "Caddyfile"), "--adapter", "caddyfile"]
        proxy = subprocess.Popen(command, env=os.environ | own, stderr=log)
        try:
            authority = home / "caddy" / "pki" / "authorities" / "local" / "root.crt"
            deadline = time.monotonic() + 60
            while not (authority.exists() and answers(url, authority)):
                assert proxy.poll() is None, (home / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield url, str(authority), app
        finally:
            proxy.terminate()
            proxy.wait(10)


def answers(url, authority):
    try:
        return requests.get(url, verify=authority, timeout=5).ok
    except requests.RequestException:
        return False


def test_every_answer_has_the_security_headers(site):
    url, authority, _ = site
    for path in ("/", "/segmentation", "/_stcore/health", "/_stcore/metrics"):
        headers = requests.get(url + path, verify=authority, timeout=30).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "max-age" in headers["Strict-Transport-Security"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "Server" not in headers


@pytest.mark.parametrize(
    ("query", "ancestors"),
    [("?embed=true", "*"), ("?embed=true&tab=x", "*"), ("?embed=false", "'none'"), ("?x=embed=true", "'none'")],
)
def test_other_sites_may_frame_the_embedded_app_alone(site, query, ancestors):
    answer = requests.get(f"{site[0]}/convolution{query}", verify=site[1], timeout=30)
    assert answer.headers["Content-Security-Policy"].endswith(f"frame-ancestors {ancestors}")


@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/metrics",
        "/_stcore/metrics/",
        "/_STCORE/METRICS",
        "//_stcore//metrics",
        "/x/../_stcore/metrics",
        "/%5Fstcore/%6Detrics",
        "/_stcore%2Fmetrics",
        "/convolution/_stcore/metrics",
        "/_stcore/health/../metrics",
        "/_stcore/script-health-check",
        "/_stcore/agent/openapi.json",
    ],
)
def test_streamlits_own_interface_is_closed(site, path):
    url, authority, app = site
    assert METRICS in requests.get(f"{app}/_stcore/metrics", timeout=30).text
    prepared = requests.Request("GET", url).prepare()
    prepared.url = url + path  # as it is written, without normalization
    with requests.Session() as session:
        answer = session.send(prepared, verify=authority, timeout=30)
    assert METRICS not in answer.text
    assert '"openapi"' not in answer.text


def test_the_websocket_of_the_page_passes(site):
    url, authority, _ = site
    trusted = ssl.create_default_context(cafile=authority)
    stream = url.replace("https", "wss") + "/_stcore/stream"
    with connect(stream, subprotocols=["streamlit"], ssl=trusted, origin=url) as socket:
        assert socket.subprotocol == "streamlit"


@pytest.mark.browser
def test_a_page_works_under_the_policy(site):
    from playwright.sync_api import sync_playwright

    from benchmarks.browser import chromium_path, launched

    if not chromium_path():
        pytest.skip("Chromium is not installed.")
    with sync_playwright() as playwright, launched(playwright) as browser:
        page = browser.new_page(ignore_https_errors=True)
        problems = []
        page.on("console", lambda message: "Policy" in message.text and problems.append(message.text))
        page.goto(f"{site[0]}/latent_space?atlas=true")
        settle(page)
        page.locator(".st-key-live canvas[data-frames]").wait_for()
        assert problems == []
