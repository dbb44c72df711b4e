"""``codemie-bot doctor``: checks all that the bot needs, and says what to do about what is wrong."""
