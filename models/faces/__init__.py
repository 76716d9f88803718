"""Faces that never were: a generator of portraits, its encoder, and the morphs it learns from."""
