"""The parts of the arithmetic room."""
