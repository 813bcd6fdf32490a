"""What codes are worth: similarity, neighbours, methods side by side."""
