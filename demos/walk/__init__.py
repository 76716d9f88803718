"""Parts of the latent walk's room: the stage faces are walked between on, the film's row, the look inside."""
