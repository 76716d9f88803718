"""The rooms of the gallery: one module a demo, each exposing ``DEMO`` (see ``demos.kit.Demo``)."""
