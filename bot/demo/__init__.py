"""A built-in workspace and a built-in CodeMie on loopback: the bot without any account, and its tests."""
