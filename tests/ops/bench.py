"""
bench: what a case has: a broker, a folder, the program, and events to play with.
"""

import json
import os
import subprocess

from confluent_kafka import KafkaException

from cluster import Client, wait_for
from serve import Serve

RUN_S = 120.0


class Wrong(Exception):
    """What a case is there to find."""


def demand(fact, otherwise):
    if not fact:
        raise Wrong(otherwise)


def event(interaction, seq, text="I am so sorry about that.", speaker="agent", **more):
    return json.dumps({"interaction_id": interaction, "seq": seq, "channel": "chat", "speaker": speaker, "text": text, **more})


class Bench:
    def __init__(self, program, cluster, folder, name):
        self.program, self.cluster, self.folder, self.name = program, cluster, folder, name
        self.client = Client(cluster.address)
        self.processes = []
        os.makedirs(folder)

    def uri(self, topic):
        return f"kafka://{self.cluster.address}/{topic}"

    def topic(self, suffix=""):
        """A name of this case's own."""
        return self.name.replace("_", "-") + suffix

    def file(self, name, *lines):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8", newline="") as text:
            text.writelines(line + "\n" for line in lines)
        return path

    # ---- the program

    def run(self, *arguments, code=0, stdin=subprocess.DEVNULL):
        """To its end; what it said: (standard output, standard error)."""
        found = subprocess.run([self.program, *arguments], stdin=stdin, capture_output=True, timeout=RUN_S, check=False)
        out, err = found.stdout.decode(), found.stderr.decode()
        demand(found.returncode == code, f"{' '.join(arguments[:1])} exits {found.returncode} instead of {code}: {out[-500:]}{err[-1500:]}")
        demand("Sanitizer" not in err and "runtime error" not in err, err[-3000:])
        return out, err

    def json(self, *arguments, code=0):
        return json.loads(self.run(*arguments, "--json", code=code)[0])

    def start(self, *arguments):
        process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", self.program, *arguments], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.processes.append(process)
        return process

    def serve(self, topic, settings=None, sinks=(), packs=()):
        """packs: further ones."""
        serve = Serve(self.program, self.folder, topic, self.cluster.address, topic, topic,
                      {"tick": "200ms", "watch": "false", "threads": "1", "session": "2s", "poll_interval": "6s", "clock.quiet": "1h",
                       **(settings or {})}, sinks=sinks)
        for pack in packs:
            serve.command += ["--pack", pack]
        self.processes.append(serve)
        serve.start()
        return serve.wait_ready()

    def clean_up(self):
        for each in self.processes:
            process = each.process if isinstance(each, Serve) else each
            if process and process.poll() is None:
                process.kill()
                process.wait()

    # ---- topics

    def count(self, topic):
        """Messages in it; waits for a broker that is away, or has not told its leaders yet."""
        def ends():
            try:
                return self.client.ends(topic) if self.client.partitions(topic) else [(0, 0)]
            except KafkaException:
                return None

        return sum(high - low for low, high in wait_for(ends, f"topic {topic} does not tell its ends"))

    def waits(self, fact, otherwise, seconds=60.0):
        return wait_for(fact, otherwise, seconds, pause=0.05)


def seqs(records):
    """Of each interaction the seq of its events, in log order; and its partitions."""
    order, partitions = {}, {}
    for record in records:
        line = json.loads(record.value)
        demand(record.key is not None and record.key.decode() == line["interaction_id"], f"{record.key} is the key of {line}")
        order.setdefault(line["interaction_id"], []).append(line["seq"])
        partitions.setdefault(line["interaction_id"], set()).add(record.partition)
    demand(all(len(each) == 1 for each in partitions.values()), "an interaction stands in two partitions")
    return order
