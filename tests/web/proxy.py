#!/usr/bin/python3
"""The nginx of docs/wallboard.md, as it stands there but for addresses and files: pages, the stream event by event, a password.

  proxy.py PROGRAM

Exits 77 where nginx or openssl is missing.
"""

import base64
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # the source tree stays clean
from answers import ROOT, Fault, Program, Stream, demand, serving  # noqa: E402

PAGE = (ROOT / "docs/wallboard.md").read_text("utf-8")
NAME = "board.example.org"
LIVE_S = 60.0
EVENTS = 6
# Ticks and deltas come at least once a second: events that arrive together were held back.
GAP_MAX_S = 2.5
AROUND = """daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{server}
}}
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def example():
    found = re.search(r"```nginx\n(.*?)```", PAGE, re.S)
    demand(found, "docs/wallboard.md has no nginx")
    return found[1]


def configured(folder, port, web):
    """The example with our files and ports in place of its own."""
    text = example()
    for wanted, ours in (("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"), ("/etc/ssl/board.pem", f"{folder}/board.pem"),
                         ("/etc/ssl/board.key", f"{folder}/board.key"), ("/etc/nginx/board.users", f"{folder}/board.users"),
                         ("http://127.0.0.1:8737", f"http://127.0.0.1:{web.port}")):
        demand(wanted in text, f"the nginx of the page has no {wanted}")
        text = text.replace(wanted, ours)
    path = os.path.join(folder, "nginx.conf")
    pathlib.Path(path).write_text(AROUND.format(folder=folder, server=text), "utf-8")
    return path


def prepare(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}", "-addext",
                    f"subjectAltName=DNS:{NAME}", "-keyout", f"{folder}/board.key", "-out", f"{folder}/board.pem"], check=True, capture_output=True)
    hashed = subprocess.run(["openssl", "passwd", "-apr1", "secret"], check=True, capture_output=True, text=True).stdout.strip()
    pathlib.Path(folder, "board.users").write_text(f"anna:{hashed}\n", "utf-8")
    os.chmod(folder, 0o755)  # nginx's workers are nobody


class Secure(http.client.HTTPSConnection):
    """To the proxy on this machine, by the name that it has elsewhere."""

    def __init__(self, port, folder):
        super().__init__(NAME, port, timeout=10, context=ssl.create_default_context(cafile=f"{folder}/board.pem"))

    def connect(self):
        self.sock = self._context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), self.timeout), server_hostname=NAME)


class SecureStream(Stream):
    def __init__(self, port, folder, headers):
        self.connection = Secure(port, folder)
        self.connection.request("GET", "/api/stream", headers=headers)
        self.answer = self.connection.getresponse()
        demand(self.answer.status == 200, f"the stream through nginx: {self.answer.status}")
        self.retry = None


def look(port, folder):
    user = {"Host": NAME, "Authorization": "Basic " + base64.b64encode(b"anna:secret").decode()}

    def get(path, headers):
        connection = Secure(port, folder)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body

    demand(get("/", {"Host": NAME})[0] == 401, "nginx asks nobody")
    status, body = get("/", user)
    demand(status == 200 and b"<html" in body, f"/ through nginx: {status} {body[:200]!r}")
    status, body = get("/api/board", {**user, "Origin": f"https://{NAME}"})
    demand(status == 200 and json.loads(body)["version"] == 1, f"/api/board through nginx: {status} {body[:200]!r}")
    status, body = get("/api/board", {**user, "Origin": "https://elsewhere.example"})
    demand(status == 403, f"a page from elsewhere may read: {status}")
    with SecureStream(port, folder, {**user, "Origin": f"https://{NAME}"}) as stream:
        event, _, _ = stream.next()
        demand(event == "snapshot", f"the stream through nginx begins with {event}")
        gaps, before = [], time.monotonic()
        for _ in range(EVENTS):
            stream.next()
            now = time.monotonic()
            gaps.append(now - before)
            before = now
        demand(max(gaps) < GAP_MAX_S, f"nginx holds events back: {[round(gap, 2) for gap in gaps]} s between them")
    return max(gaps)


def main():
    for tool in ("nginx", "openssl"):
        if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            print(f"skipped: proxy, {tool} is not installed")
            return 77
    try:
        with tempfile.TemporaryDirectory() as folder, Program(*serving(sys.argv[1], folder, f"listen_hosts={NAME}")) as web:
            prepare(folder)
            port = free_port()
            nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
            with open(f"{folder}/error.log", "ab") as said:
                proxy = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", nginx, "-p", folder, "-c", configured(folder, port, web)], stdout=said, stderr=said)
            try:
                web.until(lambda: proxy.poll() is not None or not socket.socket().connect_ex(("127.0.0.1", port)), "nginx listens")
                demand(proxy.poll() is None, f"nginx ended: {pathlib.Path(folder, 'error.log').read_text()}")
                gap = look(port, folder)
            finally:
                proxy.terminate()
                proxy.wait()
        print(f"through nginx: at most {gap:.2f} s between events")
    except Fault as fault:
        print(f"FAIL: {fault}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
