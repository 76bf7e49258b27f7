"""Where a diagnosis goes. Every sink takes a redacted `Record` and nothing else: what it shows or stores is clean."""
