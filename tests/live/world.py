"""
world: what a bad day has: a folder, a broker, topics of its own, and `caremeter serve`, which is started, watched and ended.
"""

import json
import os
import resource
import shutil
import signal
import subprocess
import time

from cluster import Client, Record, wait_for
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import NewPartitions

HERE = os.path.dirname(os.path.abspath(__file__))
PACK = os.path.join(HERE, "..", "e2e", "pack")
# A SIGTERM ends a run within so long, whatever the broker and the disk do.
END_S = 5.0
WAIT_S = 120.0
READY = "caremeter: ready"
# Short times, so that a test need not wait.
SETTINGS = {"tick": "50ms", "session": "2s", "poll_interval": "6s", "threads": "1", "limits.prefetch": "16M", "watch": "false"}
MANIFEST, FENCE = b"\0manifest", b"\0fence"


class Fault(Exception):
    """What a test is there to find."""


def demand(fact, otherwise):
    if not fact:
        raise Fault(otherwise)


def event(name, seq, speaker="customer", text="my parcel is lost", **more):
    """A line of a chat; seq None: its end."""
    line = {"interaction_id": name, "seq": seq, "channel": "chat", "speaker": speaker, "text": text, **more}
    if speaker == "agent":
        line["agent_id"] = "amy"
    return json.dumps(line)


def end(name, seq):
    return json.dumps({"interaction_id": name, "seq": seq, "channel": "chat", "type": "end"})


def conversation(name):
    """Three turns and their end."""
    return [event(name, 1), event(name, 2, "agent", "Hello, I am so sorry about that. I will check."), event(name, 3, text="thank you"),
            end(name, 4)]


class Serve:
    """One process. Its standard error is what people would see."""

    def __init__(self, world, arguments, stdin=None, stdout=None, environment=None, file_max=None):
        """file_max: bytes of a file that it may write, until make_room()."""
        self.errors = world.path(f"serve-{len(world.serves) + 1}.stderr")
        self.counters_file = world.path(f"serve-{len(world.serves) + 1}.counters.json")
        self.arguments = arguments
        with open(self.errors, "wb") as errors:
            # It must not outlive us, however we end. These become the program: their pid is the program's.
            before = ["setpriv", "--pdeathsig", "KILL"] + (["prlimit", f"--fsize={file_max}:unlimited"] if file_max else [])
            self.process = subprocess.Popen([*before, world.program, "serve", *arguments], stdin=stdin or subprocess.DEVNULL,
                                            stdout=stdout or errors, stderr=errors, cwd=world.folder,
                                            env={**os.environ, **(environment or {})})
        world.serves.append(self)

    def said(self):
        with open(self.errors, encoding="utf-8", errors="replace") as errors:
            return errors.read()

    def last_words(self):
        return f"it said:\n{self.said()[-1500:]}"

    def running(self):
        return self.process.poll() is None

    def until(self, fact, what, seconds=WAIT_S):
        """Wait for a fact, or until the process has ended without it."""
        def known():
            found = fact()
            if not found and not self.running() and not fact():
                raise Fault(f"it ended ({self.process.returncode}) before {what}; {self.last_words()}")
            return found

        try:
            return wait_for(known, "", seconds)
        except TimeoutError:
            raise Fault(f"not within {seconds:.0f} s: {what}; {self.last_words()}") from None

    def says(self, text, times=1, seconds=WAIT_S):
        self.until(lambda: self.said().count(text) >= times, f"\"{text}\" is said", seconds)
        return self

    def says_once(self, text):
        demand(self.said().count(text) == 1, f"\"{text}\" is said {self.said().count(text)} times; {self.last_words()}")
        return self

    def never_says(self, text):
        demand(text not in self.said(), f"\"{text}\" is said; {self.last_words()}")
        return self

    def ready(self):
        return self.says(READY)

    def counters(self):
        try:
            with open(self.counters_file, encoding="utf-8") as text:
                return json.load(text)
        except FileNotFoundError:
            return {}

    def limit(self, file_max):
        """No file may grow beyond so many bytes: what a full disk says, this says, too."""
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (file_max, resource.RLIM_INFINITY))

    def make_room(self):
        self.limit(resource.RLIM_INFINITY)

    def counts(self, seconds=WAIT_S, **wanted):
        """Wait until counters are at least these."""
        self.until(lambda: all(self.counters().get(name, 0) >= value for name, value in wanted.items()), f"counters reach {wanted}", seconds)
        return self.counters()

    def exits(self, code, seconds=WAIT_S):
        """By itself."""
        try:
            found = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Fault(f"it still runs after {seconds:.0f} s; {self.last_words()}") from None
        demand(found == code, f"exit code {found} instead of {code}; {self.last_words()}")
        demand("Sanitizer" not in self.said() and "runtime error:" not in self.said(), f"a sanitizer found something; {self.last_words()}")
        return self

    def stop(self, code=0, times=1):
        """SIGTERM, and it ends in time."""
        began = time.monotonic()
        for _ in range(times):
            self.process.send_signal(signal.SIGTERM)
        self.exits(code)
        took = time.monotonic() - began
        slow = 3 if os.environ.get("CAREMETER_TEST_SLOW") else 1  # a build with sanitizers
        demand(took <= END_S * slow, f"it ended after {took:.1f} s, not within {END_S:.0f}; {self.last_words()}")
        return self


class World:
    def __init__(self, program, cluster, folder, name):
        self.program, self.cluster, self.folder, self.name = program, cluster, folder, name
        self.client = Client(cluster.address)
        self.topic = self.group = name.replace("_", "-")
        self.serves = []
        os.makedirs(folder, exist_ok=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)
        return self.path(name)

    def own_pack(self, name="pack"):
        """A copy of the tests' small pack."""
        shutil.copytree(PACK, self.path(name))
        return self.path(name)

    def clean_up(self):
        for serve in self.serves:
            if serve.running():
                serve.process.send_signal(signal.SIGCONT)
                serve.process.kill()
                serve.process.wait()

    # ---- topics

    def make(self, partitions=1, suffix="", **settings):
        self.client.create(self.topic + suffix, partitions, **settings)

    def widen(self, partitions, *suffixes):
        for suffix in suffixes:
            name = self.topic + suffix
            self.client.admin.create_partitions([NewPartitions(name, partitions)])[name].result(WAIT_S)
            wait_for(lambda name=name: self.client.partitions(name) == partitions, f"topic {name} does not grow")
        self.client = Client(self.cluster.address)  # the old one knows how many there were

    def delete(self, suffix=""):
        name = self.topic + suffix
        try:
            self.client.admin.delete_topics([name])[name].result(WAIT_S)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise
        wait_for(lambda: self.client.partitions(name) == 0, f"topic {name} does not go")

    def say(self, *lines, key=None, partition=0):
        """Lines to the source, keyed by their interactions."""
        records = []
        for line in lines:
            name = json.loads(line)["interaction_id"].encode() if key is None else key
            records.append(Record(partition, name, line.encode() if isinstance(line, str) else line))
        self.put(*records)

    def put(self, *records, suffix=""):
        return self.client.produce(self.topic + suffix, records)

    def read(self, suffix):
        return self.client.read(self.topic + suffix) if self.client.partitions(self.topic + suffix) else []

    def cards(self):
        """The newest scorecard of each interaction."""
        return {record.key.decode(): json.loads(record.value) for record in self.read("-scores") if record.value}

    def dead(self):
        return [json.loads(record.value) for record in self.read("-dead-letter")]

    # ---- the program

    def serve(self, *arguments, source=None, address=None, settings=None, **more):
        """On Kafka, where nothing else is said."""
        number = len(self.serves) + 1
        command = ["--source", source or f"kafka://{address or self.cluster.address}/{self.topic}", "--counters",
                   self.path(f"serve-{number}.counters.json"), "--group", self.group]
        if "--pack" not in arguments:
            command += ["--pack", PACK]
        for key, value in {**SETTINGS, **(settings or {})}.items():
            command += ["--set", f"{key}={value}"]
        return Serve(self, [*command, *arguments], **more)

    def final(self, serve, *names):
        """Wait for the final scorecards of these."""
        cards = {}

        def there():
            try:
                cards.update(self.cards())
            except KafkaException:
                return False  # a broker that is just back
            return all(cards.get(name, {}).get("status") == "final" for name in names)

        serve.until(there, f"{names} have final scorecards")
        return cards
