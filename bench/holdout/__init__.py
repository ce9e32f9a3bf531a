"""Simulated traffic with a known true effect: how often the figures of the holdout hold."""
