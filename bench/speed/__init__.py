"""What a search, a fit, reading and opening cost in time and memory."""
