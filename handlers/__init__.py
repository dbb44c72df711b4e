"""Slack's payloads in, calls out: thin listeners that read a dict, submit and answer."""
