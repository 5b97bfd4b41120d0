#!/usr/bin/env python3
"""The server of the wallboard, with a board whose sections are what we say: what it answers, refuses and streams.

    server.py FAKE_SERVER [TEST...]
"""
import base64
import re
import resource
import sys
import threading
import time
import traceback
import urllib.parse

sys.dont_write_bytecode = True  # the source tree stays clean
from http_client import Server, Stream, parse, wait_until  # noqa: E402

PROGRAM = sys.argv[1]
SECURITY = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
    "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def equal(got, wanted, what=""):
    assert got == wanted, f"{what} {got!r}, not {wanted!r}"


def secured(headers):
    for name, value in SECURITY.items():
        equal(headers.get(name), value, name)


# ---- what there is ----

def answers(server):
    for path, kind, body in [("/api/board", "application/json", b'{"version":1'), ("/metrics", "text/plain; version=0.0.4", b"# HELP fake"),
                             ("/healthz", "text/plain", b"ok\n"), ("/readyz", "text/plain", b"ready\n"),
                             ("/api/board?queue=a%20b", "application/json", b'{"version":1,"queue":"a b"'),
                             ("/api/interactions/known%2F1%20%C3%A9", "application/json", '{"version":1,"interaction_id":"known/1 é"}'.encode())]:
        status, headers, text = server.get(path)
        equal(status, 200, path)
        assert headers["content-type"].startswith(kind), headers
        assert text.startswith(body), text
        equal(headers["cache-control"], "no-store", path)
        secured(headers)
        head_status, head_headers, nothing = server.get(path, method="HEAD")
        equal((head_status, nothing), (200, b""), path)
        if path != "/metrics":
            equal(head_headers["content-length"], headers["content-length"], path)


def front_end(server):
    status, headers, body = server.get("/")
    equal(status, 200)
    equal(headers["content-type"], "text/html; charset=utf-8")
    equal(headers["cache-control"], "no-cache")
    secured(headers)
    tag = headers["etag"]
    for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        status, headers, nothing = server.get("/", If_None_Match=known)
        equal((status, nothing, headers["etag"]), (304, b"", tag), known)
    equal(server.get("/", If_None_Match='"other"')[2], body)
    for path in ("/index.html", "/../etc/passwd", "/%2e%2e/etc/passwd", "//", "/style.css%00", "/no", "/api", "/api/boards", "/api/board/"):
        status, headers, text = server.get(path)
        equal((status, text), (404, b'{"error":"no such page","status":404}'), path)
        secured(headers)


KINDS = {"html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


def whole_front_end(server):
    """What the pages ask for, and what that asks for, is there, of its kind, and nothing of it is written into a page."""
    seen, todo = set(), ["/", "/interaction"]
    while todo:
        path = todo.pop()
        seen.add(path)
        status, headers, body = server.get(path)
        equal(status, 200, path)
        kind = path.rsplit(".", 1)[1] if "." in path else "html"
        equal(headers["content-type"], KINDS[kind], path)
        text = re.sub(r"/\*.*?\*/", "", body.decode(), flags=re.S)
        if kind == "html":
            assert not re.search(r"<script>|<style|\sstyle=|\son\w+=|javascript:", text), f"{path} would break its own policy"
        links = re.findall(r'(?:src|href)="(/[^"#?]*)' if kind == "html" else r'(?:from|import)\s+["\']([./][^"\']+)["\']', text)
        found = {urllib.parse.urljoin(path, link) for link in links if link != "/"}
        todo += [link for link in found if link not in seen and link not in todo]
    assert len(seen) > 10, seen


def unknown_interactions(server):
    for path in ("/api/interactions/unknown", "/api/interactions/", "/api/interactions/known", "/api/interactions/known/1%20%C3%A9/"):
        equal(server.get(path)[0], 404, path)


def readiness(server):
    other = Server(PROGRAM)
    wait_until(lambda: other.get("/readyz")[0] == 200, what="/readyz")
    equal(other.end()[0], 0)


# ---- what is refused ----

def methods(server):
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "head", "GETX", "QUERY", "BREW", "*", "G"):
        for path in ("/", "/api/board", "/metrics", "*", "/api/stream"):
            status, headers, _ = server.get(path, method=method)
            equal((status, headers.get("allow")), (405, "GET, HEAD"), f"{method} {path}")


def hosts(server):
    port = server.port
    for host in (f"127.0.0.1:{port}", "127.0.0.1", f"localhost:{port}", "LOCALHOST", f"[::1]:{port}", "wall.example.org", "WALL.example.org:80"):
        equal(server.get("/healthz", Host=host)[0], 200, host)
    for host in ("evil.example", f"evil.example:{port}", "192.0.2.1", "localhost.evil.example", "127.0.0.1.evil.example", "[::2]", "x@localhost",
                 "localhost:", "localhost:x", "127.0.0.1:80:80", "localhost/", "wall.example.org.evil.example", "..", "[", "]", "%6cocalhost"):
        equal(server.get("/healthz", Host=host)[0], 403, host)
    equal(server.get("/healthz", Host=None)[0], 400)
    equal(parse(server.raw(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"))[0], 400)
    equal(parse(server.raw(b"GET /healthz HTTP/1.0\r\n\r\n"))[0], 400)


def origins(server):
    for origin in (f"http://{server.host}", f"https://{server.host}", f"HTTP://{server.host}"):
        status, headers, _ = server.get("/api/board", Origin=origin)
        equal(status, 200, origin)
        assert not any(name.startswith("access-control") for name in headers), headers
    for origin in ("null", "http://evil.example", "http://127.0.0.1:1", f"http://localhost:{server.port}", "", server.host, "file://", "http://"):
        equal(server.get("/api/board", Origin=origin)[0], 403, origin)
        equal(Stream(server, Origin=origin).status(), 403, origin)


def bad_requests():
    """name, bytes, statuses that will do (0: closed without an answer)."""
    host = b"Host: localhost\r\n"
    get = b"GET / HTTP/1.1\r\n" + host
    bad = []

    def add(name, data, *statuses):
        bad.append((name, data, set(statuses)))

    for i, line in enumerate([b"", b" ", b"\r\n\r\n\r\n", b"GET", b"GET /", b"GET / ", b" GET / HTTP/1.1", b"GET / HTTP", b"GET / HTTP/", b"GET / HTTP/1",
                              b"GET / HTTP/x.y", b"GET / HTTP/9.9", b"GET / HTTP/2.0", b"GET / HTTP/1.1.1", b"GET / HTTP/-1.1", b"GET / http/1.1",
                              b"\0\0\0\0", b"\x16\x03\x01\x02\x00\x01\x00", b"PRI * HTTP/2.0", b"GET\t/\tHTTP/1.1",
                              b"GET /\x01 HTTP/1.1", b"GET /\x7f HTTP/1.1", b"GET / HTTP/1.1 x", b"GET / x HTTP/1.1", b"HTTP/1.1 200 OK", b"{}", b"<x>"]):
        add(f"first line {i}", line + b"\r\n" + host + b"\r\n", 0, 400, 404, 405, 501, 505)
    for i, path in enumerate([b"http://localhost/", b"//localhost/", b"localhost", b"?", b"#", b"*", b"http://", b"/?queue=%", b"/?queue=%zz", b"/?queue=%00",
                              b"/?queue=%ff", b"/?queue=a&queue=b", b"/?queue=%c0%af", b"/?queue=%ed%a0%80", b"/?queue=" + b"a" * 257,
                              b"/api/interactions/%", b"/api/interactions/%0", b"/api/interactions/%00", b"/api/interactions/%ff",
                              b"/api/interactions/" + b"%41" * 257, b"/" + b"a" * 4096, b"/" + b"%41" * 1366,
                              b"/\xff\xfe", "/é".encode()]):
        add(f"target {i}", b"GET " + path + b" HTTP/1.1\r\n" + host + b"\r\n", 400, 404, 414)
    for i, header in enumerate([b"", b":", b": x", b"Host", b"Host localhost", b" Host: localhost", b"Ho st: localhost", b"Host : localhost", b"Host\0: localhost",
                                b"Host: local\0host", b"Host: evil\0.localhost", b"Host:\tlocalhost\x7f", b"Host: localhost,localhost", b"Host: localhost localhost",
                                b"Host: http://localhost", b"Host: localhost\r\nHost: evil.example", b"Host: localhost\n evil", b"X: y"]):
        add(f"header {i}", b"GET / HTTP/1.1\r\n" + header + b"\r\n\r\n", 0, 400, 403)
    smuggled = b"GET /api/board HTTP/1.1\r\n" + host + b"\r\n"
    for i, header in enumerate([b"Content-Length: %d" % len(smuggled), b"Content-Length: 5\r\nContent-Length: 6", b"Content-Length: -1", b"Content-Length: +5",
                                b"Content-Length: 0x5", b"Content-Length: 5, 5", b"Content-Length: 99999999999999999999999", b"Content-Length: x",
                                b"Content-Length:", b"Content-Length: 5 5", b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity",
                                b"Transfer-Encoding: x", b"Transfer-Encoding: chunked\r\nContent-Length: 3", b"Transfer-Encoding: chunked, chunked",
                                b"Transfer-Encoding:\tchunked", b"Transfer-Encoding : chunked", b"transfer-encoding: CHUNKED", b"Expect: 100-continue\r\nContent-Length: 5"]):
        add(f"body {i}", get + header + b"\r\n\r\n" + smuggled, 0, 400, 413)
    for i, data in enumerate([b"X: " + b"a" * 9000, b"\r\n".join(b"X%d: y" % n for n in range(1000)), b"A" * 9000 + b": y", b"Cookie: " + b"c=d; " * 2000,
                              b"Authorization: Basic " + b"A" * 8300, b"\r\n".join([b"X: " + b"a" * 700] * 13)]):
        add(f"long header {i}", get + data + b"\r\n\r\n", 400, 413, 431, 0)
    add("endless first line", b"GET /" + b"a" * 100000, 0, 400, 414, 431)
    add("endless header", get + b"X: " + b"a" * 100000, 0, 400, 413, 431)
    add("endless nothing", b"\r\n" * 50000, 0, 400, 414, 431)
    add("a parameter for every byte", b"GET /?" + b"&" * 4096 + b" HTTP/1.1\r\n" + host + b"\r\n", 0, 414, 431)
    # the library reads up to the zero; what is asked for then is asked for openly
    add("a zero in the first line", b"GET /nothing\0 HTTP/1.1\r\n" + host + b"\r\n", 0, 400, 404)
    add("a folded header", get + b"X: a\r\n\tb\r\n\r\n", 0, 200, 400)
    add("bare line feeds", b"GET /nothing HTTP/1.1\nHost: evil.example\n\n", 0, 400, 403)
    add("bytes at random", bytes((i * 7919 + 13) % 256 for i in range(4096)), 0, 400, 405)
    return bad


def refuses(server):
    all_bad = bad_requests()
    assert len(all_bad) >= 100, len(all_bad)
    wrong = []
    for name, data, statuses in all_bad:
        answer = server.raw(data, timeout=0.3)
        status = parse(answer)[0] if answer else 0
        if status not in statuses:
            wrong.append(f"{name}: {status} for {data[:80]!r}, not of {statuses}: {answer[:80]!r}")
        equal(answer.count(b"HTTP/1.1 200"), int(status == 200), f"{name} was answered twice, or more was given than asked for: {answer!r}")
    assert not wrong, "\n".join(wrong)
    equal(server.get("/healthz")[0], 200, "after all of them")


def one_answer_for_a_body(server):
    """What stands in a body is never taken for a request."""
    for header in (b"Content-Length: 60", b"Transfer-Encoding: chunked"):
        answer = server.raw(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + header + b"\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", timeout=1)
        equal(answer.count(b"HTTP/1.1 "), 1, header)
        assert b"connection: close" in answer.lower(), answer


def keeps_alive(server):
    one = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with server.connect() as sock:
        for _ in range(3):
            sock.sendall(one)
            equal(parse(sock.recv(65536))[0], 200)
        sock.sendall(one * 5)
        data = b""
        while data.count(b"\r\n\r\nok\n") < 5:
            more = sock.recv(65536)
            assert more, data
            data += more


# ---- tokens ----

def tokens(_):
    token = "correct horse battery staple"
    server = Server(PROGRAM, "--token", token)

    def basic(password, user="anybody"):
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    for path in ("/", "/api/board", "/api/stream", "/metrics", "/api/interactions/x", "/nothing", f"/?token={token.replace(' ', '+')}"):
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": basic("wrong")}, {"Authorization": "Basic !"}, {"Authorization": token},
                        {"Cookie": "caremeter=" + "0" * 32}, {"Cookie": f"caremeter={token}"}, {"Authorization": basic("", token)}):
            status, got, _ = server.get(path, **headers)
            equal((status, got.get("www-authenticate")), (401, 'Basic realm="caremeter", charset="UTF-8"'), f"{path} {headers}")
            assert "set-cookie" not in got, got
    for path in ("/healthz", "/readyz"):
        equal(server.get(path)[0], 200, path)
    for authorization in (f"Bearer {token}", basic(token), basic(token, "")):
        status, got, _ = server.get("/metrics", Authorization=authorization)
        equal(status, 200, authorization)
        cookie = got["set-cookie"]
        assert cookie.endswith("; Path=/; HttpOnly; SameSite=Strict") and token not in cookie, cookie
    cookie = cookie.split(";")[0]
    status, got, _ = server.get("/api/board", Cookie=f"other=1; {cookie}")
    equal(status, 200)
    assert "set-cookie" not in got
    equal(Stream(server, Cookie=cookie).next()["event"], "snapshot")
    equal(server.get("/api/board", Cookie=cookie, Host="evil.example")[0], 403, "a token does not open the gate to others' names")
    equal(server.end()[0], 0)


# ---- streams ----

def deltas(server):
    stream = Stream(server)
    first = stream.next()
    equal((first["event"], first["retry"]), ("snapshot", "2000"))
    secured(parse(stream.head + b"\r\n\r\n")[1])
    equal(parse(stream.head + b"\r\n\r\n")[1]["content-type"], "text/event-stream")
    server.feed('concerns {"count":41}')
    delta = stream.next()
    equal((delta["event"], delta["data"]), ("delta", {"concerns": {"count": 41}}))
    server.feed('care {"n":1}')
    server.feed('letters {"list":[]}')
    got = {}
    while set(got) != {"care", "letters"}:
        got.update(stream.next()["data"])
    stream.close()


def pace(server):
    stream = Stream(server)
    stream.next()
    times, newest, start = [], None, time.monotonic()
    count = 0
    while time.monotonic() < start + 2:
        server.feed(f"care {count}")
        count += 1
        event = stream.next(timeout=0.005)
        if event:
            times.append(event["at"])
            newest = event["data"]["care"]
    while newest != count - 1:
        newest = stream.next()["data"]["care"]
    assert 6 <= len(times) <= 9, times
    stream.close()


def comes_at_once(server):
    """After a quiet time nobody waits for a change."""
    stream = Stream(server)
    stream.next()
    late = []
    for _ in range(3):
        equal(stream.next(ticks=True)["event"], "tick")
        start = time.monotonic()
        server.feed(f'moments {{"at":{start}}}')
        late.append(stream.next()["at"] - start)
    assert min(late) < 0.15, late
    stream.close()


def catches_up(_):
    """A board that is slower than what it is told is told all of it in the end."""
    server = Server(PROGRAM)
    stream = Stream(server)
    stream.next()
    for i in range(25):
        server.feed(f"queues {i}\nbusy 30\nqueues {i}\nqueues {i}")
        until = time.monotonic() + 0.015
        while time.monotonic() < until:
            pass
        server.feed(f"care {i}")
        seen = {}
        while seen.get("care") != i:
            event = stream.next()
            assert event, f"care {i} was never told: {seen}"
            seen.update(event["data"])
    equal(server.end()[0], 0)


def ticks(server):
    stream = Stream(server)
    stream.next()
    times = [stream.next(ticks=True) for _ in range(3)]
    for event in times:
        equal((event["event"], set(event["data"]), "id" in event), ("tick", {"now"}, False))
    for before, after in zip(times, times[1:]):
        assert 0.8 < after["at"] - before["at"] < 1.6, after["at"] - before["at"]
    stream.close()


def comes_back(server):
    stream = Stream(server)
    first = stream.next()
    server.feed('queues {"v":1}')
    second = stream.next()
    stream.close()
    server.feed('promises {"v":2}')
    server.feed('moments {"v":3}')
    # the server has it all: another one sees it
    other = Stream(server)
    seen = {}
    while seen.get("moments") != {"v": 3} or seen.get("promises") != {"v": 2}:
        seen.update(other.next()["data"])
    got = Stream(server, last_id=second["id"]).next()
    equal((got["event"], got["data"]), ("delta", {"moments": {"v": 3}, "promises": {"v": 2}}))
    got = Stream(server, last_id=first["id"]).next()
    equal((got["event"], set(got["data"])), ("delta", {"queues", "moments", "promises"}))
    newest = got["id"]
    equal(Stream(server, last_id=newest).next(timeout=0.5), None, "it has seen all")
    for strange in ("0", "abc", newest + "9", newest.replace("-", "-9999999"), "0000000000000000-1", second["id"] + " x", "x" * 3000):
        equal(Stream(server, last_id=strange).next()["event"], "snapshot", strange)
    equal(Stream(server, query="?queue=q", last_id=newest).next()["event"], "snapshot", "of another view")
    elsewhere = Server(PROGRAM)
    equal(Stream(elsewhere, last_id=newest).next()["event"], "snapshot", "of another process")
    equal(elsewhere.end()[0], 0)


def slow_client(_):
    """Who does not read gets the newest when it reads again, never what it has missed."""
    server = Server(PROGRAM)
    slow, quick = Stream(server, receive_bytes=4096), Stream(server)
    quick.next()
    server.feed("care [0]")
    frames, filler = 60, "x" * 20000
    for i in range(1, frames):
        server.feed(f'care [{i},"{filler}"]')
        equal(quick.next()["data"]["care"][0], i)
    events = []
    while not events or events[-1]["data"]["care"][0] != frames - 1:
        event = slow.next()
        assert event, "the newest never came"
        if event["event"] == "delta":
            events.append(event)
    assert len(events) < frames / 2, f"{len(events)} events waited for it"
    metrics = server.get("/metrics")[2].decode()
    skipped = float(metrics.split("\ncaremeter_web_slow_frames_total ")[1].split("\n")[0])
    assert skipped >= 1, skipped
    equal(server.end()[0], 0)


def few_views(_):
    server = Server(PROGRAM)
    streams = [Stream(server, f"?queue=q{i}") for i in range(64)]
    for stream in streams:
        equal(stream.status(), 200)
    over = Stream(server, "?queue=another")
    equal(over.status(), 503)
    assert b"Retry-After: 2" in over.head, over.head
    equal(Stream(server, "?queue=q7").status(), 200, "one that is looked at already")
    equal(server.get("/api/board?queue=another")[0], 200)
    streams[9].close()
    wait_until(lambda: Stream(server, "?queue=another").status() == 200, what="room for another")
    equal(server.end()[0], 0)


def few_clients(_):
    server = Server(PROGRAM, "--clients", "4")
    streams = [Stream(server) for _ in range(4)]
    for stream in streams:
        equal(stream.next()["event"], "snapshot")
    status, headers, _ = server.get("/api/board")
    equal((status, headers["retry-after"]), (503, "2"))
    equal(Stream(server).status(), 503)
    equal(server.get("/healthz")[0], 200, "whether it lives is always told")
    more = [server.connect() for _ in range(80)]
    closed = 0
    for sock in more:
        sock.settimeout(0.02)
        try:
            closed += sock.recv(1) == b""
        except (TimeoutError, ConnectionResetError) as error:
            closed += isinstance(error, ConnectionResetError)
        sock.close()
    assert 10 <= closed <= 80, f"{closed} of 80 were turned away: 64 are let in to be told"
    wait_until(lambda: server.get("/api/board")[0] == 503, what="an answer")
    streams[0].close()
    wait_until(lambda: server.get("/api/board")[0] == 200, what="room for another")
    turned_away = int(server.get("/metrics")[2].split(b"\ncaremeter_web_turned_away_total ")[1].split(b"\n")[0])
    assert turned_away >= closed, turned_away
    equal(server.end()[0], 0)


def few_files(_):
    """What the system does not let us open is said, and is the limit."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    server = Server(PROGRAM, "--clients", "5000", limit=600)
    equal(resource.getrlimit(resource.RLIMIT_NOFILE), before)
    equal(server.get("/healthz")[0], 200)
    code, _, errors = server.end()
    equal((code, errors), (0, "warning: wallboard: 344 clients at once, not 5000: the limit of open files is 600\n"))


def http_1_0(server):
    with server.connect() as sock:
        sock.sendall(f"GET /api/stream HTTP/1.0\r\nHost: {server.host}\r\n\r\n".encode())
        data = b""
        while b"\n\n" not in data:
            data += sock.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    assert b"chunked" not in head.lower(), head
    assert body.startswith(b"retry: 2000\nid: "), body


def head_of_a_stream(server):
    status, headers, body = server.get("/api/stream", method="HEAD")
    equal((status, headers["content-type"], body), (200, "text/event-stream", b""))


def ends(_):
    server = Server(PROGRAM)
    streams = [Stream(server) for _ in range(20)]
    stuck = Stream(server, receive_bytes=4096)
    for stream in streams:
        equal(stream.next()["event"], "snapshot")
    for i in range(30):
        server.feed(f'care [{i},"{"x" * 20000}"]')
        streams[0].next()
    code, took, errors = server.end()
    equal((code, errors), (0, ""))
    assert took < 2.5, took
    for stream in streams:
        while stream.next(timeout=1, ticks=True):
            pass
        assert stream.ended, "a stream was torn off"
    stuck.close()


def ends_at_once(_):
    """Where nobody looks on, or everybody takes what he is sent, nothing is waited for."""
    for count in (0, 20):
        server = Server(PROGRAM)
        streams = [Stream(server) for _ in range(count)]
        for stream in streams:
            equal(stream.next()["event"], "snapshot")
        code, took, errors = server.end()
        equal((code, errors), (0, ""))
        assert took < 0.9, took
        for stream in streams:
            while stream.next(timeout=1, ticks=True):
                pass
            assert stream.ended, "a stream was torn off"


# ---- those who take their time ----

def slow_loris(server):
    """A byte now and then does not hold a connection."""
    start = time.monotonic()
    cut = {}

    def drip(name, prefix):
        with server.connect() as sock:
            sock.sendall(prefix)
            sock.settimeout(0.5)
            while time.monotonic() < start + 20:
                try:
                    if not sock.recv(4096):
                        break
                except (TimeoutError, OSError) as error:
                    if not isinstance(error, TimeoutError):
                        break
                try:
                    sock.sendall(b"a")
                except OSError:
                    break
            cut[name] = time.monotonic() - start

    def idle(name, prefix):
        with server.connect() as sock:
            sock.sendall(prefix)
            sock.settimeout(20)
            try:
                while sock.recv(4096):
                    pass
            except OSError:
                pass
            cut[name] = time.monotonic() - start

    drips = [b"", b"G", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /"]
    idles = [b"", b"GET / HT", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"]
    threads = [threading.Thread(target=drip, args=(f"drip {i}", p)) for i, p in enumerate(drips)]
    threads += [threading.Thread(target=idle, args=(f"idle {i}", p)) for i, p in enumerate(idles)]
    for thread in threads:
        thread.start()
    equal(server.get("/healthz")[0], 200, "meanwhile")
    for thread in threads:
        thread.join()
    for name, after in cut.items():
        assert 8 < after < 13, f"{name} was cut after {after:.1f} s"
    equal(len(cut), len(threads))


def quiet_ones_stay(server):
    """A stream is no slow request."""
    stream = Stream(server)
    stream.next()
    start = time.monotonic()
    while time.monotonic() < start + 12:
        assert stream.next(timeout=3, ticks=True), "the stream was cut"
    stream.close()


ADDRESSES = [("0.0.0.0:0", "token"), ("[::]:0", "token"), ("192.0.2.1:80", "token"), ("localhost", "no address"), ("127.0.0.1", "no address"),
             ("127.0.0.1:", "no address"), ("127.0.0.1:65536", "no address"), ("127.0.0.1:x", "no address"), ("example.org:80", "no address"),
             ("::1:80", "no address"), ("[::1]", "no address"), ("[127.0.0.1]:80", "no address"), (":80", "no address"), ("", "no address"),
             ("/tmp/socket", "no address"), ("127.0.0.1:80:80", "no address")]


def addresses(server):
    for address, why in ADDRESSES + [(server.host, "in use")]:
        try:
            Server(PROGRAM, listen=address).end()
            assert False, f"{address} was taken"
        except RuntimeError as error:
            assert why in str(error), f"{address}: {error}"
    for address in ("[::1]:0", "localhost:0", "127.0.0.2:0"):
        equal(Server(PROGRAM, listen=address).end()[0], 0, address)
    everybody = Server(PROGRAM, "--token", "t", listen="0.0.0.0:0")
    equal(everybody.get("/api/board", Authorization="Bearer t", Host="10.1.2.3")[0], 200)
    equal(everybody.get("/api/board", Authorization="Bearer t", Host="evil.example")[0], 403)
    equal(everybody.end()[0], 0)


TESTS = [answers, front_end, whole_front_end, unknown_interactions, readiness, methods, hosts, origins, refuses, one_answer_for_a_body, keeps_alive, tokens, deltas, pace,
         comes_at_once, catches_up, ticks, comes_back, slow_client, few_views, few_clients, few_files, http_1_0, head_of_a_stream, ends, ends_at_once, addresses]
PATIENT = [slow_loris, quiet_ones_stay]


def run(test, server, failures):
    try:
        test(server)
    except Exception:  # noqa: BLE001 a test that fails, however it does
        failures.append(test.__name__)
        print(f"{test.__name__}\n{traceback.format_exc()}", flush=True)


def main():
    failures = []
    server, patient = Server(PROGRAM, "--host", "wall.example.org"), Server(PROGRAM)
    threads = [threading.Thread(target=run, args=(test, patient, failures)) for test in PATIENT if not sys.argv[2:]]
    for thread in threads:
        thread.start()
    chosen = [test for test in TESTS if not sys.argv[2:] or test.__name__ in sys.argv[2:]]
    for test in chosen:
        run(test, server, failures)
    for thread in threads:
        thread.join()
    for one in (server, patient):
        code, _, errors = one.end()
        if code != 0 or errors:
            failures.append("the end")
            print(code, errors)
    print(f"{len(chosen) + len(threads)} tests, {len(failures)} failed: {', '.join(failures)}")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
