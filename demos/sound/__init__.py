"""The parts of the room of sound for silent video."""
