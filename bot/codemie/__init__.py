"""The CodeMie client: ``wire`` reads and writes bytes, ``client`` moves them, ``auth`` gets the token."""
