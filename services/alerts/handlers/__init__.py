"""Alerts' doors on the bus."""
