"""The second judge, in parts: conversation, cues, clocks, verdicts."""
