"""What rows of measuring programs come to: figures, and whether all found the same."""
import types
import unittest

import steps
from sampling import Fault


def row(side, found=1000, check="a", ns=100.0, **more):
    return {"side": side, "unit": "turn", "units": 10, "counted": "pairs", "found": found, "check": check, "reference": False, "wall_s": [3e-6, 1e-6, 2e-6],
            "cpu_s": [1e-6, 1e-6, 1e-6], "ns_per_unit": ns, "cpu_ns_per_unit": ns / 2, "units_per_s": 1e9 / ns, "mb_per_s": 1e3 / ns, **more}


class Differ(unittest.TestCase):
    def test_equal(self):
        self.assertFalse(steps.differ(row("peer"), row("ours")))

    def test_same_number_of_other_things(self):
        self.assertTrue(steps.differ(row("peer", check="b"), row("ours")))
        self.assertTrue(steps.differ(row("peer", check="b", excusable=True), row("ours")))

    def test_one_in_a_thousand_is_let_off_where_a_peer_is_known_for_it(self):
        self.assertFalse(steps.differ(row("peer", found=999, check="b", excusable=True), row("ours")))
        self.assertTrue(steps.differ(row("peer", found=998, check="b", excusable=True), row("ours")))
        self.assertTrue(steps.differ(row("peer", found=999, check="b"), row("ours")))

    def test_a_peer_that_found_more_is_never_let_off(self):
        self.assertTrue(steps.differ(row("peer", found=1001, check="b", excusable=True), row("ours")))

    def test_a_reference_does_other_work(self):
        self.assertFalse(steps.differ(row("fold", found=5, check="b", reference=True), row("ours")))


class Figures(unittest.TestCase):
    def test_ratio_by_wall_and_by_processor(self):
        rows = [row("ours", ns=50.0), row("peer", ns=100.0)]
        rows[1]["cpu_ns_per_unit"] = 75.0
        figure = {"over": {"side": "ours", "value": "units_per_s"}, "under": {"side": "peer", "value": "units_per_s"}}
        self.assertEqual(steps.figures(rows, figure), {"figure": 2.0, "figure_by_cpu": 3.0})

    def test_time_ratio(self):
        rows = [row("ours", ns=300.0), row("fold", ns=100.0)]
        figure = {"over": {"side": "ours", "value": "ns_per_unit"}, "under": {"side": "fold", "value": "ns_per_unit"}}
        self.assertEqual(steps.figures(rows, figure)["figure_by_cpu"], 3.0)

    def test_alone(self):
        self.assertEqual(steps.figures([row("ours", p99_ns=7)], {"over": {"side": "ours", "value": "p99_ns"}}), {"figure": 7.0})

    def test_missing_and_ambiguous_rows_are_faults(self):
        with self.assertRaises(Fault):
            steps.find([row("ours")], {"side": "peer", "value": "mb_per_s"})
        with self.assertRaises(Fault):
            steps.find([row("ours", phrases=1), row("ours", phrases=2)], {"side": "ours", "value": "mb_per_s"})


class Step(unittest.TestCase):
    DEFINITION = {"program": "p", "arguments": [], "figure": {"over": {"side": "ours", "value": "mb_per_s"}}, "expect": {"found": 1000}}

    def measured(self, *rows, quick=False):
        bench = types.SimpleNamespace(seen={("p", ()): list(rows)}, quick=quick, own=None, runs=3, program=lambda name: name)
        return steps.step(bench, self.DEFINITION)

    def test_counts_as_expected(self):
        self.assertEqual(self.measured(row("ours"), row("peer"))["unequal"], {})

    def test_counts_that_are_not_expected_are_unequal(self):
        self.assertEqual(list(self.measured(row("ours", found=7)) ["unequal"].values()), [[1000, 7]])
        self.assertEqual(self.measured(row("ours", found=7), quick=True)["unequal"], {})

    def test_peer_that_differs(self):
        self.assertEqual(self.measured(row("ours"), row("peer", found=900, check="b"))["unequal"], {"peer, pairs": [1000, 900]})

    def test_a_program_that_says_runs_differ(self):
        self.assertTrue(self.measured(row("ours", differs=True))["unequal"])

    def test_side(self):
        side = self.measured(row("ours", p50_ns=1, p99_ns=2))["sides"]["ours"]
        self.assertEqual((side["median_s"], side["from_to_s"], side["p99_ns"]), (2e-6, [1e-6, 3e-6], 2))


class Sizes(unittest.TestCase):
    def test_quick_is_a_fiftieth_in_runs_and_in_figures(self):
        quick, full = types.SimpleNamespace(quick=True), types.SimpleNamespace(quick=False)
        figure = {"over": {"side": "ours", "phrases": 5000, "value": "mb_per_s"}}
        self.assertEqual(steps.scaled_figure(quick, figure)["over"]["phrases"], steps.scaled(quick, 5000))
        self.assertEqual(steps.scaled_figure(full, figure), figure)
        self.assertEqual([steps.scaled(quick, phrases) for phrases in (5000, 10)], [100, 1])


if __name__ == "__main__":
    unittest.main()
