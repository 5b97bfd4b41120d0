#!/usr/bin/python3
"""Commands and configurations of docs/wallboard.md are what the program takes: `serve` by --check-config, others by their --help.

  page.py PROGRAM
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # the source tree stays clean
from answers import ROOT, Fault, demand  # noqa: E402

PAGES = ("docs/wallboard.md", "README.md")
ALONE = {"demo"}  # runs until it is ended; tests of its own do that


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.S | re.M)


def commands(text):
    """Of shell blocks and of code in a line."""
    shown = "\n".join(blocks(text, "sh")) + "\n" + "\n".join(re.findall(r"`(caremeter [^`…]+)`", re.sub(r"```.*?```", "", text, flags=re.S)))
    for line in shown.splitlines():
        line = re.sub(r" +#.*", "", line).strip()
        if re.match(r"caremeter (serve -|demo\b)", line):
            yield line


def options_of(program, command):
    done = subprocess.run([program, command, "--help"], capture_output=True, text=True)
    demand(done.returncode == 0, f"{command} --help: exit code {done.returncode}")
    return set(re.findall(r"--[a-z][a-z-]*", done.stdout))


def check_command(program, line, folder):
    name, *words = line.split()[1:]
    unknown = {word for word in words if word.startswith("--")} - options_of(program, name) - {"--help"}
    demand(not unknown, f"{line}: {name} --help knows no {', '.join(unknown)}")
    if name not in ALONE:
        check_configuration(line, ["bash", "-c", f"{line} --check-config".replace("caremeter", f"'{program}'", 1)], folder)


def check_configuration(what, command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    demand(done.returncode == 0, f"{what}: exit code {done.returncode}: {done.stdout}{done.stderr}")


def check_page(program, page, folder):
    text, count = (ROOT / page).read_text("utf-8"), 0
    for line in commands(text):
        check_command(program, line, folder)
        count += 1
    for block in blocks(text, "yaml"):
        if not re.search(r"^(listen|board|webhook|source):", block, re.M):
            continue
        path = os.path.join(folder, "page.yaml")
        pathlib.Path(path).write_text(block if "source:" in block else f"source: kafka://localhost:9092/events\n{block}", "utf-8")
        check_configuration(f"a configuration of {page}", [program, "serve", "--config", path, "--check-config"], folder)
        count += 1
    return count


def main():
    program = os.path.abspath(sys.argv[1])
    try:
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "token").write_text("0123456789abcdef0123456789abcdef\n", "utf-8")
            counts = {page: check_page(program, page, folder) for page in PAGES}
            demand(counts["docs/wallboard.md"] >= 5, f"{counts} commands and configurations only")
            print(", ".join(f"{page}: {count} commands and configurations" for page, count in counts.items()))
    except Fault as fault:
        print(f"FAIL: {fault}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
