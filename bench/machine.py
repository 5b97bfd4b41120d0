"""
machine: what a record says of where it was made: processor, kernel, load, compiler, libraries, commit.
"""
import os
import pathlib
import platform
import re
import subprocess

from sampling import ROOT

LIBRARIES = {"pcre2": "libpcre2-8", "yaml": "yaml-0.1", "zlib": "zlib", "zstd": "libzstd", "xxhash": "libxxhash", "sqlite": "sqlite3", "rdkafka": "rdkafka",
             "microhttpd": "libmicrohttpd", "curl": "libcurl", "jemalloc": "jemalloc", "vectorscan": "libhs", "simdjson": "simdjson", "jansson": "jansson"}
CACHED = re.compile(r"^(CMAKE_C_COMPILER|CMAKE_CXX_COMPILER|CMAKE_BUILD_TYPE|CMAKE_C_FLAGS|CMAKE_C_FLAGS_RELEASE):[^=]*=(.*)$", re.M)


def said(*command, folder=ROOT):
    """What a program says; empty where it is not here or fails."""
    try:
        return subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def field_of(path, name):
    text = pathlib.Path(path).read_text("ascii", "replace") if pathlib.Path(path).exists() else ""
    found = re.search(rf"^{name}\s*:\s*(.*)$", text, re.M)
    return found[1].strip() if found else ""


def load():
    return [round(value, 2) for value in os.getloadavg()]


def about_machine():
    kib = re.match(r"(\d+)", field_of("/proc/meminfo", "MemTotal"))
    return {"processor": field_of("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(), "architecture": platform.machine(),
            "cores": os.cpu_count(), "memory_gib": round(int(kib[1]) / 2**20, 1) if kib else None, "kernel": platform.release(),
            "system": platform.freedesktop_os_release().get("PRETTY_NAME", "") if os.path.exists("/etc/os-release") else "", "load": load()[0]}


def about_compiler(build):
    """Of the build folder, so that it is the one that was used."""
    cache = build / "CMakeCache.txt"
    found = dict(CACHED.findall(cache.read_text("utf-8"))) if cache.exists() else {}
    compiler = found.get("CMAKE_C_COMPILER", "cc")
    flags = " ".join(filter(None, (found.get("CMAKE_C_FLAGS", ""), found.get("CMAKE_C_FLAGS_RELEASE", ""))))
    return {"c": (said(compiler, "--version").splitlines() or ["unknown"])[0], "flags": flags, "build_type": found.get("CMAKE_BUILD_TYPE", ""),
            "python": platform.python_version()}


def about_libraries():
    versions = {name: said("pkg-config", "--modversion", package) for name, package in LIBRARIES.items()}
    return {name: version for name, version in versions.items() if version}


def about_commit(folder=ROOT):
    return {"id": said("git", "rev-parse", "--short=10", "HEAD", folder=folder) or "none",
            "clean": not said("git", "status", "--porcelain", "--untracked-files=no", folder=folder)}
