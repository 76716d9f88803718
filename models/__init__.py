"""The engines of the gallery: networks, their weights, and the cache that holds them. No gradio here."""
