"""codemie-slack-bot: a sentence in Slack becomes a user flow and a UI prototype."""
