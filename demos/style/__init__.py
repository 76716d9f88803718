"""The parts of the style-transfer room."""
