"""Posting to Slack: messages, edits, files and the errors Slack answers with."""
