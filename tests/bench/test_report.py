"""The page and its plots, from records old and new."""
import json
import pathlib
import tempfile
import unittest
import xml.etree.ElementTree

import report
import svg

DEFINITIONS = {
    "fold": {"model": "fold", "measure": "step", "why": "Because.", "target": {"at_least": 1, "of": "speed"}},
    "score-one-thread": {"model": "archive", "measure": "peer", "why": "Because.", "target": {"at_least": 1.0, "of": "speed beside a loop"}},
    "sweep-x": {"model": "phrase", "measure": "step", "why": "Growth.", "target": {"of": "last ÷ first"},
                "sweep": {"axis": "phrases", "value": "mb_per_s", "unit": "MB/s"}},
    "gone": {"model": "judge", "measure": "step", "why": "Because.", "target": {"at_most": 5, "of": "ns"}},
}
OLD = {"at": "2020-01-01T00:00:00Z", "commit": {"id": "0123456789", "clean": True}, "machine": {"processor": "P", "cores": 2, "kernel": "k", "load": 0.5}, "runs": 5,
       "results": {"score-one-thread": {"target": {"at_least": 0.5, "of": "speed beside a loop"}, "figure": 0.8, "sides": {}, "counts": {}, "unequal": {}, "met": True},
                   "gone": {"target": {"at_most": 5, "of": "µs of something else"}, "figure": 3, "sides": {}, "counts": {}, "unequal": {}}}}
SIDE = {"median_s": 1, "from_to_s": [1, 1], "ns_per_unit": 120.5, "p50_ns": 100, "p99_ns": 900, "mb_per_s": 480.0}
NEW = {"schema": 2, "at": "2021-01-01T00:00:00Z", "commit": {"id": "abcdef0123", "clean": False},
       "machine": {"processor": "Q", "cores": 4, "kernel": "k", "load": 0.1, "memory_gib": 7.8}, "compiler": {"c": "cc 12", "flags": "-O2"}, "libraries": {"pcre2": "10.42"},
       "load": {"before": [0.1, 0, 0], "after": [1.5, 1, 1]}, "runs": 5,
       "results": {"fold": {"target": {"at_least": 1, "of": "speed"}, "figure": 1.5, "figure_by_cpu": 1.25, "sides": {"ours": SIDE}, "counts": {}, "unequal": {}},
                   "sweep-x": {"target": {"of": "last ÷ first"}, "figure": 0.5, "sides": {}, "counts": {}, "unequal": {}, "axis": "phrases", "unit": "MB/s", "value": "mb_per_s",
                               "points": [{"x": x, "sides": {"ours": {"mb_per_s": y}}, "counts": {}} for x, y in ((10, 200.0), (1000, 100.0))]},
                   "live": {"skipped": "no broker", "unequal": {}}}}


class Page(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.kept, report.PLOTS = report.PLOTS, pathlib.Path(self.folder.name)
        self.page = report.page([NEW, OLD], DEFINITIONS)

    def tearDown(self):
        report.PLOTS = self.kept
        self.folder.cleanup()

    def test_where_it_was_made(self):
        for part in ("Q, 4 cores, 7.8 GiB", "load 0.1 before and 1.5 after", "cc 12, `-O2`", "pcre2 10.42", "abcdef0123 with changes"):
            self.assertIn(part, self.page)

    def test_figures_with_verdicts(self):
        self.assertIn("| `fold` | speed | 1.5 | 1.25 | ≥ 1 | met |", self.page)

    def test_old_records_are_held_to_the_target_of_today_and_dated(self):
        self.assertIn("`score-one-thread` (2020-01-01, 0123456) | speed beside a loop | 0.8 | – | ≥ 1.0 | missed |", self.page)

    def test_a_figure_of_something_else_is_not_told(self):
        self.assertNotIn("`gone`", self.page)

    def test_p99_of_steps(self):
        self.assertIn("| `fold` | ours | 120 | 100 | 900 | 480 | – |", self.page)

    def test_what_was_not_measured(self):
        self.assertIn("- `live`: no broker", self.page)
        self.assertRegex(self.page, r"1 of \d targets are met, 1 missed, \d not measured")

    def test_unequal_counts_are_no_success(self):
        wrong = json.loads(json.dumps(NEW))
        wrong["results"]["fold"]["unequal"] = {"tokens": [1, 2]}
        self.assertIn("| ≥ 1 | unequal counts |", report.page([wrong], DEFINITIONS))

    def test_sweeps_have_a_plot_that_is_xml(self):
        root = xml.etree.ElementTree.parse(report.PLOTS / "sweep-x.svg").getroot()
        self.assertTrue(root.tag.endswith("svg"))
        self.assertIn("![last ÷ first](report/sweep-x.svg)", self.page)

    def test_an_old_record_alone(self):
        self.assertIn("load 0.5 at the start", report.page([OLD], DEFINITIONS))


class Records(unittest.TestCase):
    def test_shipped_ones_can_be_read(self):
        self.assertTrue(report.read_records())


class Axes(unittest.TestCase):
    def test_wide_ones_have_powers_of_ten(self):
        self.assertEqual(svg.Log([3, 30000], 0, 1).ticks(), [1, 10, 100, 1000, 10000, 100000])

    def test_narrow_ones_are_finer(self):
        self.assertEqual(svg.Log([12, 90], 0, 1).ticks(), [10, 20, 50, 100])

    def test_an_even_axis_begins_at_nought_and_holds_all(self):
        for high in (0.02, 3, 7, 10.04, 203.8, 99999):
            axis = svg.Even([0, high], 0, 100)
            self.assertEqual(axis.at(0), 0)
            self.assertLessEqual(axis.at(high), 100)
            self.assertTrue(3 <= len(axis.ticks()) <= 8, axis.ticks())
            self.assertEqual(axis.at(axis.ticks()[-1]), 100)

    def test_one_value_has_a_middle(self):
        axis = svg.Log([5, 5], 0, 100)
        self.assertTrue(0 < axis.at(5) < 100)

    def test_all_values_lie_within(self):
        for values in ([0.97, 1.99], [1, 2], [7, 7.1], [1e-4, 5e6]):
            axis = svg.Log(values, 0, 100)
            self.assertTrue(all(-1e-6 <= axis.at(value) <= 100 + 1e-6 for value in values), values)


if __name__ == "__main__":
    unittest.main()
