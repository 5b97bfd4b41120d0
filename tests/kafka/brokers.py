"""
brokers: real brokers by name, for tests: one node of Kafka, three, or kfake.

Each cluster is a folder in build/kafka/run: a folder a node, and what describes it. It belongs to a process, its owner: a guard removes it
as soon as the owner is gone, however it ended, so that nothing is left running. tests/kafka/setup must have run.
"""

import concurrent.futures
import json
import os
import random
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import time

from secure import make_secure

HERE = os.path.dirname(os.path.abspath(__file__))
HOME = os.path.normpath(os.path.join(HERE, "..", "..", "build", "kafka"))
RUN = os.path.join(HOME, "run")
# Below the ports that the kernel gives to outgoing connections: a client that tries to reach a broker that is down would sooner or later
# be given the broker's own port, and the broker could not come back.
PORTS = range(15000, 32000)
START_S = 90.0


def free_ports(count):
    """Ports that nobody listens on, all different."""
    held, found = [], []
    while len(found) < count:
        port = random.SystemRandom().choice(PORTS)
        probe = socket.socket()
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            probe.close()
            continue
        held.append(probe)
        found.append(port)
    for probe in held:
        probe.close()
    return found


def have_kfake():
    return os.access(os.path.join(HOME, "kfaked"), os.X_OK)


def _alive(pid):
    """A zombie is dead, though it can be signalled."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (OSError, IndexError):
        return False


class Cluster:
    """Brokers that belong together; nodes are 1, 2, 3."""

    def __init__(self, name):
        self.name = name
        self.folder = os.path.join(RUN, name)
        with open(os.path.join(self.folder, "cluster.json"), encoding="utf-8") as text:
            self.about = json.load(text)
        self.address = ",".join(f"127.0.0.1:{port}" for port in self.about["ports"])
        # of listeners that want a password (secure.USER, secure.PASSWORD), and that speak TLS with a certificate of the folder's ca.pem
        self.sasl, self.tls = (f"127.0.0.1:{port}" for port in self.about.get("secure") or (0, 0))

    @classmethod
    def start(cls, name, nodes=1, fake=False, owner=None, secure=False):
        """Make it and wait until it answers. owner: the pid that it lives as long as (this process). secure: one node of Kafka only."""
        folder = os.path.join(RUN, name)
        if os.path.exists(folder):
            cls(name).remove()
        os.makedirs(folder)
        ports = free_ports(2 * nodes + 2)
        if fake:
            # kfake takes ports that follow each other
            ports = [ports[0] + node for node in range(nodes)]
        about = {"token": secrets.token_hex(8), "nodes": nodes, "fake": fake, "ports": ports[:nodes],
                 "controllers": ports[nodes:2 * nodes], "secure": ports[-2:] if secure else None}
        with open(os.path.join(folder, "cluster.json"), "w", encoding="utf-8") as text:
            json.dump(about, text)
        cluster = cls(name)
        cluster._guard(os.getpid() if owner is None else owner)
        try:
            cluster._format()
            if secure:
                make_secure(cluster.folder, ports[0], ports[1], *ports[-2:])
            cluster.restart()
        except BaseException:
            cluster.remove()
            raise
        return cluster

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def restart(self, node=None):
        """Start what is down, and wait until it answers."""
        down = [each for each in self._nodes(node) if not self.alive(each)]
        for each in down:
            if self.about["fake"]:
                self._start_fake()
            else:
                self._control("start", each)
        for each in down:
            if not self.about["fake"]:
                self._control("wait", each)
        self._reachable(down)

    def stop(self, node=None):
        """In good order; the data stays."""
        self._end("stop", signal.SIGTERM, node)

    def kill9(self, node=None):
        self._end("kill9", signal.SIGKILL, node)

    def alive(self, node=1):
        if not self.about["fake"]:
            return self._control("alive", node, check=False).returncode == 0
        return _alive(self._fake_pid())

    def remove(self):
        """Kill all nodes and delete the data."""
        if os.path.exists(self.folder):
            self.kill9()
            shutil.rmtree(self.folder, ignore_errors=True)

    def log(self, node=1):
        return os.path.join(self.folder, str(node), "log")

    def _nodes(self, node):
        if node is None:
            return [1] if self.about["fake"] else list(range(1, self.about["nodes"] + 1))
        return [int(node)]

    def _control(self, command, node, *arguments, check=True):
        environment = dict(os.environ, CAREMETER_KAFKA=HOME)
        if self.about["nodes"] > 1:
            environment.setdefault("KAFKA_HEAP", "384m")
            environment.setdefault("KAFKA_SESSION_MS", "3000")
        done = subprocess.run([os.path.join(HERE, "kafkactl"), command, os.path.join(self.folder, str(node)), *map(str, arguments)],
                              env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"kafkactl {command} {self.name}.{node}: {done.stderr.strip()}")
        return done

    def _format(self):
        if self.about["fake"]:
            return
        controllers = self.about["controllers"]
        voters = ",".join(f"{node}@127.0.0.1:{port}" for node, port in enumerate(controllers, 1))
        replicas, in_sync = (3, 2) if self.about["nodes"] >= 3 else (1, 1)
        for node, (port, controller) in enumerate(zip(self.about["ports"], controllers), 1):
            self._control("format", node, node, port, controller, replicas, in_sync, voters)

    def _start_fake(self):
        folder = os.path.join(self.folder, "1")
        os.makedirs(folder, exist_ok=True)
        with open(self.log(), "ab") as log:
            process = subprocess.Popen([os.path.join(HOME, "kfaked"), "-port", str(self.about["ports"][0]), "-brokers",
                                        str(self.about["nodes"]), "-data", os.path.join(folder, "data")],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        with open(os.path.join(folder, "pid"), "w", encoding="utf-8") as text:
            text.write(str(process.pid))

    def _fake_pid(self):
        try:
            with open(os.path.join(self.folder, "1", "pid"), encoding="utf-8") as text:
                pid = int(text.read())
            with open(f"/proc/{pid}/cmdline", "rb") as line:
                return pid if self.folder.encode() in line.read() else 0
        except (OSError, ValueError):
            return 0

    def _end(self, command, number, node):
        if not self.about["fake"]:
            # All at once: a node that stops after the quorum is gone would wait for it.
            with concurrent.futures.ThreadPoolExecutor() as pool:
                list(pool.map(lambda each: self._control(command, each), self._nodes(node)))
            return
        pid = self._fake_pid()
        if pid:
            os.kill(pid, number)
            _until(lambda: not _alive(pid), 10, f"{self.name} does not end")

    def _reachable(self, nodes):
        def answers(port):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return True
            except OSError:
                return False

        for node in nodes:
            for port in self.about["ports"] if self.about["fake"] else [self.about["ports"][node - 1]]:
                _until(lambda port=port: answers(port), START_S, f"{self.name}.{node} does not answer: {self.log(node)}")

    def _guard(self, owner):
        subprocess.Popen([sys.executable, os.path.join(HERE, "broker"), "guard", self.name, str(owner), self.about["token"]],
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def _until(fact, seconds, otherwise):
    end = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > end:
            raise RuntimeError(otherwise)
        time.sleep(0.01)


def guard(name, owner, token):
    """Until the owner is gone, or the cluster is: then see that nothing of it is left."""
    def still_there():
        try:
            cluster = Cluster(name)
            return cluster if cluster.about["token"] == token else None
        except (OSError, ValueError):
            return None

    try:
        descriptor = os.pidfd_open(owner)
        while still_there() and not select.select([descriptor], [], [], 1.0)[0]:
            pass
    except OSError:
        pass  # gone already
    cluster = still_there()
    if cluster:
        cluster.remove()


if __name__ == "__main__":
    print(*free_ports(int(sys.argv[1])))
