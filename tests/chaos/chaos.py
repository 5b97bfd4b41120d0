#!/usr/bin/python3
"""Kill, stop, pause and mislead `caremeter serve`, and see that nothing is lost and nothing counts twice.

  chaos.py PROGRAM [--long] [--seed N] [--only NAME,...] [--without NAME,...] [--jobs N] [--keep]

Each scenario is told as one line, passed or failed; the last line counts them. The program must be a build with tests
(-DCAREMETER_TESTS=ON), which has failpoints. Exits 0 where all passed, 3 where no broker can be had.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # the source tree stays clean
HERE = os.path.dirname(os.path.abspath(__file__))
KAFKA = os.path.join(HERE, "..", "kafka")
sys.path[:0] = [HERE, KAFKA]

TIMEOUT_S = {False: 240, True: 8 * 3600}


def scenarios():
    import input as messages
    import scenarios as crashes
    import selftest

    # the longest first: two at a time then end together
    return [crashes.kill9, crashes.failpoints, crashes.rebalances, crashes.transactional, crashes.zombies, crashes.broker,
            crashes.no_skip, crashes.no_manifest, crashes.commit_first, crashes.drain, messages.poison, messages.too_late,
            messages.wrong_keys, selftest.oracle_sees]


def one(arguments):
    """A scenario in this process. Its last line is what happened."""
    from brokers import Cluster
    from world import World

    scenario = {each.__name__: each for each in scenarios()}[arguments.scenario]
    own, address = None, arguments.address
    if arguments.scenario == "broker":
        own = Cluster.start(f"chaos-broker-{os.getpid()}", nodes=3 if arguments.long else 1)
        address = own.address
    world = World(arguments.program, address, arguments.folder, arguments.scenario, arguments.seed, arguments.long, own)
    began = time.monotonic()
    try:
        scenario(world)
        result = "passed"
    except Exception as error:  # of whatever kind: the scenario did not pass
        result = f"failed: {type(error).__name__}: {error}"
        if os.environ.get("CAREMETER_CHAOS_TRACE"):
            import traceback

            traceback.print_exc()
    finally:
        world.clean_up()
        if own:
            own.remove()
    print(f"{arguments.scenario}: {world.counts()}, {time.monotonic() - began:.0f} s: {result}", flush=True)
    return result == "passed"


def all_of_them(arguments):
    """Each in a process of its own, some at a time; they share one broker."""
    from brokers import Cluster

    names = [each.__name__ for each in scenarios()]
    wanted = set(arguments.only.split(",") if arguments.only else names)
    without = set(arguments.without.split(",") if arguments.without else [])
    unknown = (wanted | without) - set(names)
    if unknown:
        print(f"chaos: no such scenario: {', '.join(sorted(unknown))} (there are {', '.join(names)})", file=sys.stderr)
        return 2
    names = [name for name in names if name in wanted - without]
    folder = tempfile.mkdtemp(prefix="caremeter-chaos-")
    results = {}
    with Cluster.start(f"chaos-{os.getpid()}") as cluster:
        print_versions(arguments)
        waiting, running = list(names), {}
        while waiting or running:
            while waiting and len(running) < arguments.jobs:
                name = waiting.pop(0)
                running[name] = (begin(arguments, name, cluster.address, os.path.join(folder, name)), time.monotonic())
            collect(arguments, running, results)
    passed = sum(results.values())
    if passed < len(names) or arguments.keep:
        print(f"chaos: what was written is in {folder}; again: --seed {arguments.seed}")
    else:
        shutil.rmtree(folder)
    print(f"chaos: {passed} passed, {len(names) - passed} failed", flush=True)
    return 0 if passed == len(names) else 1


def begin(arguments, name, address, folder):
    command = [sys.executable, os.path.abspath(__file__), arguments.program, "--scenario", name, "--address", address, "--folder", folder,
               "--seed", arguments.seed] + ["--long"] * arguments.long
    return subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def collect(arguments, running, results):
    for name, (process, began) in list(running.items()):
        try:
            output, _ = process.communicate(timeout=0.2)
        except subprocess.TimeoutExpired:
            if time.monotonic() - began < TIMEOUT_S[arguments.long]:
                continue
            process.kill()
            output = f"{process.communicate()[0]}{name}: failed: not done within {TIMEOUT_S[arguments.long]} s\n"
        results[name] = process.returncode == 0
        print(output, end="", flush=True)
        del running[name]


def print_versions(arguments):
    import confluent_kafka

    program = subprocess.run([arguments.program, "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    print(f"chaos: seed {arguments.seed}, {program}, Kafka {kafka_version()}, test client librdkafka {confluent_kafka.libversion()[0]}",
          flush=True)


def kafka_version():
    with open(os.path.join(KAFKA, "pom.xml"), encoding="utf-8") as pom:
        return pom.read().split("<kafka.version>")[1].split("<")[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--long", action="store_true", help="the figures of a long run: hours")
    parser.add_argument("--seed", help="do again what was done with this seed")
    parser.add_argument("--only", help="these scenarios, with commas between them")
    parser.add_argument("--without", help="all but these, likewise")
    parser.add_argument("--jobs", type=int, default=2, help="scenarios at a time (2)")
    parser.add_argument("--keep", action="store_true", help="keep the logs of a run that passed")
    for hidden in ("--scenario", "--address", "--folder"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.program = os.path.abspath(arguments.program)
    if arguments.scenario:
        return 0 if one(arguments) else 1
    if subprocess.run([os.path.join(KAFKA, "setup"), "--quiet"], check=False).returncode != 0:
        print("skipped: chaos needs Java 17, Maven and Apache Kafka's jars")
        return 3
    if arguments.seed is None:
        from scenarios import fresh_seed

        arguments.seed = str(fresh_seed())
    return all_of_them(arguments)


if __name__ == "__main__":
    sys.exit(main())
