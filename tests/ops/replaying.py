"""replaying: archives into topics."""

import gzip
import json
import signal
import time
from datetime import datetime

from bench import demand, event, seqs
from cluster import Record


def archive(bench, name, first, interactions, turns, ms=None, step_ms=1000):
    """Turns of some interactions, interleaved."""
    lines, now = [], ms
    for seq in range(turns):
        for each in range(interactions):
            lines.append(event(f"i{first + each}", seq, **({"ts": now} if now else {})))
            now = now + step_ms if now else None
    return bench.file(name, *lines)


def whole_archive(bench):
    """Files, .gz and a folder; each interaction in one partition, in order; keyed as Kafka's own clients key."""
    ms = int(time.time() * 1000) - 3600_000
    archive(bench, "a.ndjson", 0, 50, 40, ms, 10)
    with open(archive(bench, "b.txt", 50, 10, 40), "rb") as plain, gzip.open(f"{bench.folder}/b.ndjson.gz", "wb") as packed:
        packed.write(plain.read())
    bench.file("c.ndjson", "no JSON", "", '{"interaction_id":"i0","speaker":"agent"}')
    topic = bench.topic()
    bench.run("replay", bench.folder, "--to", bench.uri(topic), "--dry-run")
    demand(bench.client.partitions(topic) == 0, "a dry run makes a topic")
    told = bench.json("replay", bench.folder, "--to", bench.uri(topic), "--partitions", "3")
    demand(told["made"] and told["partitions"] == 3 == bench.client.partitions(topic), f"the topic is not made as wide as asked: {told}")
    demand((told["lines"], told["events"], told["sent"], told["acknowledged"]) == (2402, 2400, 2402, 2402), str(told))
    demand(told["rejected"] == {"not_json": 1, "no_text": 1} and told["rejected_keyed"] == 1, str(told))
    records = bench.client.read(topic)
    bad = [record for record in records if record.value in (b"no JSON", b'{"interaction_id":"i0","speaker":"agent"}')]
    demand([record.key for record in bad] == [None, b"i0"] or [record.key for record in bad] == [b"i0", None], f"{bad}")
    order = seqs(record for record in records if record not in bad)
    demand(all(order[f"i{each}"] == list(range(40)) for each in range(60)), "the order of an interaction is not kept")
    timed = {json.loads(record.value)["ts"]: record.timestamp for record in records if b'"ts"' in record.value}
    demand(len(timed) == 2000 and all(ts == at for ts, at in timed.items()), "messages do not have the times of their events")
    other = bench.topic("-python")
    bench.client.create(other, 3)
    by_python = bench.client.produce(other, [Record(None, f"i{each}".encode(), b"") for each in range(60)])
    where = {record.key: record.partition for record in records if record not in bad}
    demand(all(where[record.key] == record.partition for record in by_python), "keys go elsewhere than those of other clients")


def in_time(bench):
    """Two files that belong together, fifty times as fast; the times of the lines become now."""
    bench.file("a.ndjson", event("x", 1, ts="2026-03-02T09:00:00Z", end_ts="2026-03-02T09:00:05Z"), event("x", 3, ts="2026-03-02T09:01:00Z"))
    bench.file("b.ndjson", event("x", 2, ts="2026-03-02T09:00:30Z"), event("x", 4, ts="2026-03-02T09:01:40Z"))
    topic, began = bench.topic(), time.time()
    told = bench.json("replay", bench.folder, "--to", bench.uri(topic), "--speed", "50", "--rebase")
    demand(told["span_ms"] == 100_000 and 1.9 < told["seconds"] < 20, str(told))
    records = [record for record in bench.client.read(topic) if record.value]
    demand(seqs(records) == {"x": [1, 2, 3, 4]}, f"{seqs(records)}")
    lines = [json.loads(record.value) for record in records]
    times = [datetime.fromisoformat(line["ts"].replace("Z", "+00:00")).timestamp() for line in lines]
    demand(began - 1 < times[0] < began + 30, f"it did not happen now: {lines[0]}")
    demand([round(each - times[0], 3) for each in times] == [0, 0.6, 1.2, 2.0], f"not fifty times as fast: {times}")
    demand([round(record.timestamp / 1000 - times[0], 3) for record in records] == [0, 0.6, 1.2, 2.0], "messages have other times")
    end = datetime.fromisoformat(lines[0]["end_ts"].replace("Z", "+00:00")).timestamp()
    demand(round(end - times[0], 3) == 0.1, f"end_ts: {lines[0]}")


def what_is_old(bench):
    """What the broker would delete at once is sent under the time of now, and that is told."""
    path = bench.file("old.ndjson", event("x", 1, ts="2001-01-01T00:00:00Z"), event("x", 2, ts="2999-01-01T00:00:00Z"), event("x", 3))
    topic, began = bench.topic(), time.time()
    out, err = bench.run("replay", path, "--to", bench.uri(topic))
    demand("2 events lie" in err and "retention of 7 d" in err, err)
    records = bench.client.read(topic)
    demand(len(records) == 3 and all(began - 1 <= record.timestamp / 1000 <= time.time() for record in records), f"{records}")
    keeps = bench.topic("-for-ever")
    bench.client.create(keeps, 1, **{"retention.ms": -1})
    bench.run("replay", path, "--to", bench.uri(keeps))
    demand(bench.client.read(keeps)[0].timestamp == 978307200000, "a topic that keeps everything takes the times as they are")


def refused(bench):
    """A compacted topic would keep one event an interaction; a line may be larger than a topic takes."""
    path = bench.file("a.ndjson", event("x", 1), event("x", 2, text="word " * 5000))
    topic = bench.topic()
    bench.client.create(topic, 1, cleanup_policy="compact")
    _, err = bench.run("replay", path, "--to", bench.uri(topic), code=3)
    demand("cleanup.policy=compact" in err, err)
    demand(bench.count(topic) == 0, "something was sent")
    small = bench.topic("-small")
    bench.client.create(small, 1, **{"max.message.bytes": 10000})
    _, err = bench.run("replay", path, "--to", bench.uri(small), code=3)
    demand("1 line is larger than the topic takes" in err, err)
    demand(bench.count(small) == 1, "the others are not sent")


def stopped(bench):
    """Ctrl-C: what was sent is acknowledged, and said so."""
    now = int(time.time() * 1000)
    path = archive(bench, "a.ndjson", 0, 1, 3, now - 3600_000, 3600_000)
    topic = bench.topic()
    process = bench.start("replay", path, "--to", bench.uri(topic), "--speed", "1", "--json")
    bench.waits(lambda: bench.count(topic) == 1, "the first event does not come")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    demand(process.returncode == 130 and b"all that was sent is acknowledged" in err, f"{process.returncode}: {err}")
    told = json.loads(out)
    demand(told["sent"] == told["acknowledged"] == 1, str(told))


def broker_dies(bench):
    """The broker is killed while a replay is on its way: nothing is missing, and nothing is out of order."""
    path = archive(bench, "a.ndjson", 0, 200, 1500)
    topic = bench.topic()
    bench.client.create(topic, 4)
    process = bench.start("replay", path, "--to", bench.uri(topic), "--json")
    bench.waits(lambda: bench.count(topic) > 20000, "nothing comes")
    bench.cluster.kill9()
    bench.cluster.restart()
    out, err = process.communicate(timeout=100)
    demand(process.returncode == 0, f"{process.returncode}: {err[-1000:]}")
    demand(json.loads(out)["acknowledged"] == 300_000, out.decode())
    order = seqs(bench.client.read(topic))
    demand(all(order[f"i{each}"] == list(range(1500)) for each in range(200)), "not as it was sent")


CASES = [whole_archive, in_time, what_is_old, refused, stopped, broker_dies]
