"""The parts of the text-to-image room."""
