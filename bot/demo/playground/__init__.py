"""The playground: the whole bot in a browser, with no account."""
