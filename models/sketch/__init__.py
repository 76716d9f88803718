"""Sketch to photo: a drawing goes in, a photograph comes out (Isola et al. 2017, arXiv:1611.07004)."""
