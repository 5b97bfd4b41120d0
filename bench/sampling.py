"""
sampling: programs run, timed and summed up; what all measures of run.py are made of.
"""
import hashlib
import os
import pathlib
import statistics
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BENCH = ROOT / "bench"
CACHE = "CAREMETER_CACHE"  # where the program keeps compiled packs
EXCUSED_ONE_IN = 100  # pairs that a peer may lose, where a third opinion agrees with ours: Vectorscan's losses are of one cue, whose share differs by input


class Fault(Exception):
    """What ends one definition, told in its row."""


class Skipped(Exception):
    """What a definition needs is not on this machine: told, and no failure."""


def digest(*parts):
    """Of strings and of the contents of files; names what is cached."""
    h = hashlib.sha256()
    for part in parts:
        h.update(part.read_bytes() if isinstance(part, pathlib.Path) else str(part).encode())
        h.update(b"\0")
    return h.hexdigest()


def file_digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tree_digest(*folders):
    return digest(*(path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()))


def run(command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=ROOT, **options)
    if done.returncode != 0:
        told = done.stderr.strip().splitlines() or ["it said nothing"]
        raise Fault(f"{pathlib.Path(command[0]).name} ended with {done.returncode}: {told[-1]}")
    return done


def configure_command(folder, source):
    """A release with benchmarks, of a source tree, into a folder."""
    return ["cmake", "-S", str(source), "-B", str(folder), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DCAREMETER_BENCH=ON", "-DCAREMETER_TESTS=OFF"]


def keeping(folder):
    """An environment in which compiled packs are kept in a folder of the bench's own; run.py's own keeps none."""
    return {**os.environ, CACHE: str(folder)}


def timed(command, environment=None):
    """Wall and processor seconds of one run of a program."""
    with open(os.devnull, "wb") as nowhere:
        begin = time.perf_counter()
        child = subprocess.Popen([str(part) for part in command], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=nowhere,
                                 stderr=subprocess.PIPE)
        told = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stderr.close()
    if child.returncode != 0:
        raise Fault(f"{pathlib.Path(command[0]).name} ended with {child.returncode}: {(told.decode(errors='replace').strip().splitlines() or ['nothing'])[-1]}")
    return {"seconds": wall, "cpu_seconds": usage.ru_utime + usage.ru_stime, "max_rss_mib": usage.ru_maxrss / 1024}


def alternate(sides, runs):
    """sides: name -> function that gives one sample. A first run of each warms the caches and is not kept."""
    samples = {name: [] for name in sides}
    for number in range(runs + 1):
        for name, sample in sides.items():
            got = sample()
            if number:
                samples[name].append(got)
    return samples


def median(samples, key="seconds"):
    return statistics.median(sample[key] for sample in samples)


def spread(samples, key="seconds", digits=6):
    values = [sample[key] for sample in samples]
    return [round(min(values), digits), round(max(values), digits)]


def side(samples, events=None, size=None):
    out = {"median_s": round(median(samples), 6), "from_to_s": spread(samples)}
    if events:
        out["events_per_s"] = round(events / median(samples))
    if size:
        out["mb_per_s"] = round(size / median(samples) / 1e6, 1)
    if "cpu_seconds" in samples[0]:
        out["cpu_s"] = round(median(samples, "cpu_seconds"), 6)
    if "max_rss_mib" in samples[0]:
        out["max_rss_mib"] = round(max(sample["max_rss_mib"] for sample in samples), 1)
    return out
