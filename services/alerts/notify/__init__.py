"""Alerts' ways to people: mail, webhooks, Slack."""
