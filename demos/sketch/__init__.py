"""Parts of the sketch-to-photo room: the easel visitors draw on, and what the page asks of the house."""
