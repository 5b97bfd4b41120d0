"""
live: what `caremeter serve` costs on Kafka: the measures live-* of run.py.

The broker is started here, on a free port, and ends with this process. Topics are filled once; every run of `serve` has a group, a state
topic and a scores topic of its own, so that none finds what another left.
"""
import json
import os
import re
import signal
import subprocess
import sys
import time

from sampling import ROOT, Fault, Skipped, alternate, median, run, side, spread

sys.path.insert(0, str(ROOT / "tests/kafka"))
import brokers  # noqa: E402

READY = "caremeter: ready"
DEADLINE_S = 600
LOOK_S = 0.02
QUICK_SECONDS = 4
LIBRARY = "CAREMETER_BENCH_RDKAFKA"  # a folder with another librdkafka.so.1
TS = re.compile(rb'"ts":"([^"]*)"')
ID = re.compile(rb'"interaction_id":"([^"]*)"')
ENVELOPE = re.compile(rb',"status":"[a-z]+","revision":[0-9]+')


class Broker:
    """One node of Kafka, and the topics that were filled."""

    def __init__(self):
        if subprocess.run([ROOT / "tests/kafka/setup", "--quiet"], stdout=subprocess.DEVNULL).returncode != 0:
            raise Skipped("no broker: Java 17 and Maven are wanted (tests/kafka/setup says what is missing)")
        try:
            self.cluster = brokers.Cluster.start(f"bench-{os.getpid()}")
        except (RuntimeError, OSError) as error:
            raise Fault(f"the broker does not start: {error}") from None
        self.address = self.cluster.address
        self.filled, self.used = {}, 0

    def topic(self, bench, path, times=1):
        """The topic that holds this archive, so many times."""
        if (path, times) not in self.filled:
            name = f"events-{len(self.filled)}"
            run([bench.program("bench_kafka_load"), self.address, name, path, "--times", times])
            self.filled[path, times] = name
        return self.filled[path, times]

    def fresh(self):
        """A name that no run has used."""
        self.used += 1
        return f"run-{self.used}"


def broker_of(bench):
    if bench.own:
        raise Skipped("on a broker only made-up archives are measured")
    if not bench.broker:
        bench.broker = Broker()
    return bench.broker


def prepared(bench, definition):
    """The archive, whole conversations in the order of time (order), or none of them ever at its end (open)."""
    archive, _ = bench.archive(definition)
    how = definition["conversations"]
    path = archive.with_suffix(f".{how}.ndjson")
    if not path.exists():
        lines = archive.read_bytes().splitlines(True)
        if how == "whole":
            ended = {ID.search(line)[1] for line in lines if b'"type":"end"' in line}
            lines = [line for line in lines if ID.search(line)[1] in ended]
            lines.sort(key=lambda line: TS.search(line)[1].removesuffix(b"Z").ljust(23, b"."))
        elif how == "open":
            lines = [line for line in lines if b'"type":"end"' not in line]
        fresh = path.with_name(path.name + ".new")
        fresh.write_bytes(b"".join(lines))
        fresh.rename(path)
    with open(path, "rb") as lines:
        ids = [ID.search(line)[1] for line in lines]
    return path, len(ids), len(set(ids))


class Serve:
    """One process of `caremeter serve`."""

    def __init__(self, bench, definition, topic, name, settings=()):
        self.broker = broker_of(bench)
        self.scores = f"scores-{name}"
        self.counters_file = bench.cache / f"{name}.counters.json"
        self.said_file = bench.cache / f"{name}.stderr"
        self.counters_file.unlink(missing_ok=True)
        self.command = [bench.caremeter, "serve", "--source", f"kafka://{self.broker.address}/{topic}", "--sink",
                        f"kafka://{self.broker.address}/{self.scores}", "--pack", ROOT / definition["pack"], "--group", name, "--counters",
                        self.counters_file, "--set", f"topics.state_suffix=-state-{name}", "--set",
                        f"topics.dead_letter_suffix=-dead-{name}", "--set", "watch=false"]
        for key, value in {**definition.get("settings", {}), **dict(settings)}.items():
            self.command += ["--set", f"{key}={value}"]

    def __enter__(self):
        self.begin = time.perf_counter()
        with open(self.said_file, "wb") as said:
            self.child = subprocess.Popen([str(part) for part in self.command], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        self.ended = False
        return self

    def __exit__(self, *_):
        if not self.ended:
            self.child.kill()
            self.child.wait()

    def said(self):
        return self.said_file.read_text("utf-8", errors="replace")

    def until(self, fact, what, look=LOOK_S):
        end = time.monotonic() + DEADLINE_S
        while not (found := fact()):
            if self.child.poll() is not None:
                raise Fault(f"serve ended with {self.child.returncode} before it {what}: {(self.said().strip().splitlines() or ['nothing'])[-1]}")
            if time.monotonic() > end:
                raise Fault(f"serve has not {what} within {DEADLINE_S} s")
            time.sleep(look)
        return found

    def wait_ready(self):
        self.until(lambda: READY in self.said(), "was ready", 0.002)
        self.ready_s, self.ready_cpu, self.ready_mib = time.perf_counter() - self.begin, self.cpu_seconds(), self.peak_mib()

    def wait_events(self, messages):
        """Until it has read so many, and all that there is. When it had is known to a tick."""
        self.until(lambda: (now := self.counters()) and now["messages"] >= messages and all(unit.get("lag") == 0 for unit in now["units"]), "read all events")

    def counters(self):
        try:
            return json.loads(self.counters_file.read_bytes())
        except FileNotFoundError:
            return None

    def cpu_seconds(self):
        """So far, all threads; the kernel counts in hundredths."""
        fields = open(f"/proc/{self.child.pid}/stat", encoding="utf-8").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mib(self):
        status = open(f"/proc/{self.child.pid}/status", encoding="utf-8").read()
        return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) / 1024

    def stop(self):
        """SIGTERM: everything that was read is written. One sample, without what happened before it was ready."""
        peak, seconds = self.peak_mib(), time.perf_counter() - self.begin
        self.child.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(self.child.pid, 0)
        self.child.returncode, self.ended = os.waitstatus_to_exitcode(status), True
        if self.child.returncode != 0:
            raise Fault(f"serve ended with {self.child.returncode}: {(self.said().strip().splitlines() or ['nothing'])[-1]}")
        return {"seconds": seconds - self.ready_s, "cpu_seconds": usage.ru_utime + usage.ru_stime - self.ready_cpu, "max_rss_mib": peak,
                "ready_s": self.ready_s, "start_cpu_seconds": self.ready_cpu}


def per_event(one, samples, events):
    """A side with its processor time an event, in µs."""
    return {**one, "cpu_us_per_event": round(1e6 * median(samples, "cpu_seconds") / events, 3)}


def scores_of(bench, serve):
    """The last scorecard of every interaction, in order of ids."""
    path = bench.cache / "scores.ndjson"
    run([bench.program("bench_kafka_read"), serve.broker.address, serve.scores, "--values", path])
    return [ENVELOPE.sub(b"", line) for line in path.read_bytes().splitlines()]


def archive_scores(bench, definition, path):
    out = bench.cache / "archive-scores.ndjson"
    run([bench.caremeter, "score", path, "--pack", ROOT / definition["pack"], "--evidence", definition["settings"]["evidence"], "--quiet", "--out", out])
    return [ENVELOPE.sub(b"", line) for line in out.read_bytes().splitlines()]


def unequal(**pairs):
    return {name.replace("_", " "): pair for name, pair in pairs.items() if pair[0] != pair[1]}


def cpu(bench, definition):
    """Processor time of `serve` beside that of reading alone and of the same run in memory."""
    broker = broker_of(bench)
    path, events, interactions = prepared(bench, definition)
    topic = broker.topic(bench, path)
    memory = [bench.program("bench_live_memory"), path, "--pack", ROOT / definition["pack"], "--evidence", definition["settings"]["evidence"]]
    bare = [bench.program("bench_kafka_bare"), broker.address, topic]
    last = {}

    def serve():
        with Serve(bench, definition, topic, broker.fresh()) as process:
            process.wait_ready()
            process.wait_events(events)
            sample = process.stop()
            last.update(serve=process, counters=process.counters())
            return sample

    samples = alternate({"serve": serve, "in memory": lambda: json.loads(run(memory).stdout), "bare loop": lambda: json.loads(run(bare).stdout)},
                        bench.runs)
    counters, cards, wanted = last["counters"], scores_of(bench, last["serve"]), archive_scores(bench, definition, path)
    in_memory, read = samples["in memory"][-1], samples["bare loop"][-1]
    return {
        "figure": median(samples["serve"], "cpu_seconds") / (median(samples["in memory"], "cpu_seconds") + median(samples["bare loop"], "cpu_seconds")),
        "sides": {name: per_event(side(some, events), some, events) for name, some in samples.items()},
        "counts": {"events": counters["events"], "interactions": interactions, "cards_final": counters["cards_final"], "states": counters["states"],
                   "flushes": counters["flushes"], "start_cpu_ms": round(1000 * median(samples["serve"], "start_cpu_seconds"))},
        "unequal": unequal(events=[events, counters["events"]], events_in_memory=[events, in_memory["events"]], messages_read=[events, read["messages"]],
                           cards_in_memory=[interactions, in_memory["cards_final"]], final_cards=[interactions, counters["cards_final"]],
                           dead_letters=[0, counters["dead_letters"]], scorecards=[len(wanted), len(cards)],
                           scorecards_that_differ=[0, sum(a != b for a, b in zip(wanted, cards))]),
    }


def libraries():
    """What reads, by name: the system's librdkafka, and another one where the environment names its folder."""
    other = os.environ.get(LIBRARY)
    return {"": None, **({"other ": {**os.environ, "LD_LIBRARY_PATH": other}} if other else {})}


def prefetch(bench, definition):
    """Messages a second where each costs something, by librdkafka as it comes, with all room there is, and by our reader."""
    broker = broker_of(bench)
    path, _, _ = prepared(bench, definition)
    topic = broker.topic(bench, path, definition["times"])
    work = ["--work-ns", definition["work_ns"]]
    programs = {"ours": ["bench_kafka_read"], "all room": ["bench_kafka_bare"], "stock": ["bench_kafka_bare", "--stock"]}

    def sample(program, more, environment):
        return json.loads(run([bench.program(program), broker.address, topic, *work, *more], env=environment).stdout)

    sides = {library + name: (lambda program=program, environment=environment: sample(program[0], program[1:], environment))
             for library, environment in libraries().items() for name, program in programs.items()}
    samples = alternate(sides, bench.runs)
    messages = samples["ours"][0]["messages"]
    ratios = [median(samples[library + "all room"]) / median(samples[library + "ours"]) for library in libraries()]
    return {
        "figure": min(ratios),
        "sides": {name: side(some, messages) for name, some in samples.items()},
        "counts": {"messages": messages, **{f"{library}librdkafka": samples[library + "ours"][0]["librdkafka"] for library in libraries()},
                   **{f"{library}times_stock": round(median(samples[library + "stock"]) / median(samples[library + "ours"]), 2) for library in libraries()}},
        "unequal": unequal(**{name.replace(" ", "_"): [messages, some[0]["messages"]] for name, some in samples.items()}),
    }


def size_bytes(text):
    return int(text[:-1]) << {"K": 10, "M": 20, "G": 30}[text[-1]]


def memory(bench, definition):
    """Peak memory with very many open interactions, against what is configured for states and messages, and what the program itself takes."""
    broker = broker_of(bench)
    path, events, interactions = prepared(bench, definition)
    topic = broker.topic(bench, path)
    settings = definition["settings"]
    ceiling = sum(size_bytes(size) for size in (settings["limits.memory"], settings["limits.prefetch"], definition["itself"])) / 2**20
    last = {}

    def serve():
        with Serve(bench, definition, topic, broker.fresh()) as process:
            process.wait_ready()
            process.wait_events(events)
            sample = process.stop()
            last.update(process.counters())
            return sample

    samples = alternate({"serve": serve}, bench.runs)["serve"]
    return {
        "figure": max(sample["max_rss_mib"] for sample in samples) / ceiling,
        "sides": {"serve": per_event(side(samples, events), samples, events)},
        "counts": {"events": last["events"], "open": last["open"], "states_in_memory_mib": last["memory_bytes"] >> 20,
                   "spilled": last["spilled"], "unspilled": last["unspilled"], "ceiling_mib": round(ceiling)},
        "unequal": unequal(events=[events, last["events"]], open_interactions=[interactions, last["open"]]),
    }


def restore(bench, definition):
    """From the start of the process until it reads events, with the state of very many interactions to be taken up."""
    broker = broker_of(bench)
    path, events, interactions = prepared(bench, definition)
    topic, name = broker.topic(bench, path), broker.fresh()
    last = {}
    with Serve(bench, definition, topic, name) as process:
        process.wait_ready()
        process.wait_events(events)
        process.stop()
        written = process.counters()

    def again():
        with Serve(bench, definition, topic, name) as process:
            process.wait_ready()
            process.until(lambda: process.counters(), "told anything")
            process.stop()
            last.update(process.counters())
            return {"seconds": process.ready_s, "cpu_seconds": process.ready_cpu, "max_rss_mib": process.ready_mib}

    samples = alternate({"restore": again}, bench.runs)["restore"]
    return {
        "figure": median(samples),
        "sides": {"restore": side(samples)},
        "counts": {"interactions": interactions, "open": last["open"], "restored": last["restored_states"], "states_written": written["states"],
                   "state_mib": written["state_bytes"] >> 20, "restore_ms": last["restore_ms"]},
        "unequal": unequal(open_before=[interactions, written["open"]], open_after=[interactions, last["open"]], rebuilt=[0, last["rebuilt"]],
                           read_again=[0, last["events"]]),
    }


def latency(bench, definition):
    """From an event's being written to a scorecard's being readable that holds it, at half of what the machine is capable of."""
    broker = broker_of(bench)
    path, _, _ = prepared(bench, definition)
    seconds = QUICK_SECONDS if bench.quick else definition["seconds"]
    empty = bench.cache / "empty.ndjson"
    empty.touch()

    def go(*load):
        topic = f"latency-{broker.fresh()}"
        run([bench.program("bench_kafka_load"), broker.address, topic, empty])
        with Serve(bench, definition, topic, broker.fresh()) as process:
            process.wait_ready()
            got = json.loads(run([bench.program("bench_live_latency"), broker.address, topic, process.scores, path, *load, "--seconds", seconds,
                                  "--warm", 0 if bench.quick else definition["warm"]]).stdout)
            cpu_sample = process.stop()
        return {**got, "seconds": got["p99_ms"] / 1000, "cpu_seconds": cpu_sample["cpu_seconds"], "max_rss_mib": cpu_sample["max_rss_mib"],
                "counters": process.counters()}

    capacity = go("--window", definition["window"])
    rate = round(capacity["events_per_s"] / 2)
    samples = alternate({"serve": lambda: go("--rate", rate)}, bench.runs)["serve"]
    last = samples[-1]
    return {
        "figure": median(samples, "p99_ms"),
        "sides": {"p99": side(samples)},
        "counts": {"capacity_events_per_s": round(capacity["events_per_s"]), "rate_events_per_s": rate, "events": last["events"], "scored": last["scored"],
                   "p50_ms": median(samples, "p50_ms"), "p90_ms": median(samples, "p90_ms"), "max_ms": spread(samples, "max_ms")[1],
                   "cards_open": last["counters"]["cards_open"], "cards_final": last["counters"]["cards_final"],
                   "p50_ms_at_capacity": capacity["p50_ms"], "p99_ms_at_capacity": capacity["p99_ms"]},
        "unequal": unequal(scored=[last["events"], last["scored"]], applied=[last["events"], last["counters"]["events"]]),
    }


MEASURES = {f"live-{measure.__name__}": measure for measure in (cpu, prefetch, memory, restore, latency)}
