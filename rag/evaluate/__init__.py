"""Measuring: cases in, metrics with their intervals out; no metric here needs a model to judge."""
