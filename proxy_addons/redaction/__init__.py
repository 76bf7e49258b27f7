"""What may leave the process: everything a sink writes passes through here first."""
