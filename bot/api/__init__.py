"""The HTTP API: the same jobs as in Slack, for programs."""
