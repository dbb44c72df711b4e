"""Pure parts: values in, values or a typed error out. No I/O, no clock, no randomness."""
