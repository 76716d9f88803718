"""Sound for silent video: watch what is struck and let it be heard (Owens et al. 2016, Visually Indicated Sounds)."""
