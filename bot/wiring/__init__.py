"""Parts of the wiring: from settings to what they describe."""
