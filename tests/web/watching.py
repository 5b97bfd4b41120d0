#!/usr/bin/python3
"""docs/grafana and docs/prometheus speak of metrics that there are, and Prometheus's own tool finds nothing wrong with either.

  watching.py PROGRAM

promtool is in Debian's package prometheus; without it, what needs it is skipped, and said.
"""

import collections
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # the source tree stays clean
from answers import ROOT, Fault, Program, demand, serving  # noqa: E402

DASHBOARD = ROOT / "docs/grafana/caremeter.json"
RULES = ROOT / "docs/prometheus/caremeter.rules.yml"
SCRAPE = ROOT / "docs/prometheus/prometheus.yml"
ALERTS = pathlib.Path(__file__).with_name("alerts.test.yml")
LIVE_S = 60.0
COLUMNS = 24
NAME = re.compile(r"\bcaremeter_[a-z0-9_]+\b")
LABELS = re.compile(r"(?:\bby|\bon|\bwithout) \(([^)]*)\)|([a-z_]+) *[=!]~?\"|\{\{([a-z_]+)\}\}")
# what Prometheus itself adds, or what a histogram has
ALWAYS = {"instance", "job", "le"}


class Metrics:
    """Families of one /metrics, and the labels of their samples."""

    def __init__(self, text):
        self.types, self.helps, self.labels, self.sampled, self.samples = {}, {}, collections.defaultdict(set), set(), 0
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ", 3)
                demand(name not in self.types, f"/metrics: the family {name} stands twice")
                self.types[name] = kind
            elif line.startswith("# HELP "):
                _, _, name, help_text = line.split(" ", 3)
                self.helps[name] = help_text
            elif line and not line.startswith("#"):
                name, _, rest = line.partition("{")
                family = self.family(name.split(" ")[0])
                demand(family, f"/metrics: {name} belongs to no family")
                self.labels[family] |= set(re.findall(r"([a-z_]+)=\"", rest))
                self.sampled.add(family)
                self.samples += 1

    def family(self, name):
        if name in self.types:
            return name
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        return base if self.types.get(base) == "histogram" else None

    def check(self):
        for name, kind in self.types.items():
            demand(name.startswith("caremeter_"), f"/metrics: {name} is not ours by name")
            demand(self.helps.get(name, "").strip(), f"/metrics: {name} has no help")
            demand((kind == "counter") == name.endswith("_total"), f"/metrics: {name} is a {kind}")
            demand(not re.search(r"_(ms|milliseconds|kib|mib)(_total)?$", name), f"/metrics: {name} is not in base units")


def promtool(*arguments, **options):
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, **options)
    demand(done.returncode == 0, f"promtool {arguments[0]} {arguments[1]}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def check_by_promtool(text):
    if not shutil.which("promtool"):
        print("skipped: promtool is not installed (Debian: prometheus); metrics, rules and alerts are not held against it")
        return
    promtool("check", "config", SCRAPE, cwd=SCRAPE.parent)
    promtool("check", "rules", RULES)
    told = promtool("check", "metrics", input=text)
    demand(not told.strip(), f"promtool check metrics: {told}")
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as alerts:
        alerts.write(ALERTS.read_text("utf-8").replace("RULES", str(RULES)))
        alerts.flush()
        promtool("test", "rules", alerts.name)
    check_expressions()


def check_expressions():
    """What the dashboard asks is PromQL: as rules, with its variables filled in."""
    rules = []
    for panel in panels_of(json.loads(DASHBOARD.read_text("utf-8"))):
        for target in panel["targets"]:
            expression = target["expr"].replace("$__rate_interval", "1m").replace("$instance", ".*").replace("$queue", ".*")
            rules.append({"record": f"panel:{panel['id']}_{target['refId']}", "expr": expression})
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)  # YAML, too
        file.flush()
        promtool("check", "rules", file.name)


def speaks_of(metrics, where, expression, legend=""):
    """Every metric of an expression is there, and so is every label that it goes by."""
    names = set(NAME.findall(expression))
    demand(names or "up{" in expression, f"{where}: {expression} speaks of no metric of ours")
    labels = set(ALWAYS)
    for name in names:
        family = metrics.family(name)
        demand(family, f"{where}: there is no metric {name}")
        labels |= metrics.labels[family]
        demand(family != name or metrics.types[family] != "histogram", f"{where}: {name} is a histogram, not a series")
    if not all(metrics.family(name) in metrics.sampled for name in names):
        return names  # a run without a broker has no partitions: which labels there would be is not known
    for found in LABELS.findall(expression + legend):
        for label in filter(None, re.split(r"[ ,]+", " ".join(found))):
            demand(label in labels, f"{where}: {', '.join(sorted(names))} has no label {label}")
    return names


def panels_of(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def check_dashboard(metrics):
    """It loads as it is: no input to be filled in, ids that differ, panels that do not lie on each other, every data source the variable."""
    dashboard = json.loads(DASHBOARD.read_text("utf-8"))
    demand("__inputs" not in dashboard and dashboard["id"] is None, "the dashboard is an export that asks for inputs")
    demand(39 <= dashboard["schemaVersion"] <= 41, f"schemaVersion {dashboard['schemaVersion']} is not of Grafana 10 or 11")
    variables = {one["name"]: one for one in dashboard["templating"]["list"]}
    demand(variables["datasource"]["type"] == "datasource" and variables["datasource"]["query"] == "prometheus", "no variable for the data source")
    ids, taken, names = set(), {}, set()
    for panel in dashboard["panels"]:
        demand(panel["id"] not in ids, f"two panels have the id {panel['id']}")
        ids.add(panel["id"])
        place = panel["gridPos"]
        demand(place["x"] + place["w"] <= COLUMNS, f"{panel['title']} is wider than the page")
        for cell in ((x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])):
            demand(cell not in taken, f"{panel['title']} lies on {taken.get(cell)}")
            taken[cell] = panel["title"]
    for panel in panels_of(dashboard):
        demand(panel.get("description"), f"{panel['title']} does not say what it is")
        for target in panel["targets"]:
            demand(target["datasource"]["uid"] == panel["datasource"]["uid"] == "${datasource}", f"{panel['title']} has a data source of its own")
            used = set(re.findall(r"\$([a-z]+)\b", target["expr"])) - {"__rate_interval"}
            demand(used <= set(variables), f"{panel['title']} uses {used - set(variables)}")
            names |= speaks_of(metrics, f"dashboard, {panel['title']}", target["expr"], target["legendFormat"])
    for variable in variables.values():
        if variable["type"] == "query":
            names |= speaks_of(metrics, f"dashboard, variable {variable['name']}", variable["definition"])
    return len(panels_of(dashboard)), names


def check_rules(metrics):
    """Without a YAML library: an expression is what follows expr:, on its line or in the block below it."""
    text, names = RULES.read_text("utf-8"), set()
    rules = re.findall(r"- alert: (\w+)\n\s+expr: (?:\|\n)?((?:.|\n)*?)\n\s+(?:for|labels):", text)
    demand(len(rules) == text.count("- alert:"), f"{len(rules)} of {text.count('- alert:')} alerts could be read")
    for alert, expression in rules:
        names |= speaks_of(metrics, alert, expression)
    page = (ROOT / "docs/wallboard.md").read_text("utf-8")
    for name in re.findall(r"`(Caremeter\w+)`", page):
        demand(name in dict(rules), f"docs/wallboard.md speaks of an alert {name}")
    for name in NAME.findall(page):
        demand(metrics.family(name), f"docs/wallboard.md speaks of a metric {name}")
    return len(rules), names


def main():
    try:
        # a webhook that nobody answers: it has metrics only where there is one
        with tempfile.TemporaryDirectory() as folder, Program(*serving(sys.argv[1], folder, "webhook.url=http://127.0.0.1:9/")) as web:
            web.until(lambda: b"caremeter_outcomes_total{" in web.get("/metrics")[2], "an outcome is counted", LIVE_S)
            status, headers, body = web.get("/metrics")
        demand(status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4"), f"/metrics: {status}, {headers.get('Content-Type')}")
        metrics = Metrics(body.decode("utf-8"))
        metrics.check()
        check_by_promtool(body.decode("utf-8"))
        panels, shown = check_dashboard(metrics)
        rules, watched = check_rules(metrics)
        print(f"{len(metrics.types)} metrics, {metrics.samples} samples; {panels} panels show {len(shown)} of them, {rules} alerts watch {len(watched)}")
    except Fault as fault:
        print(f"FAIL: {fault}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
