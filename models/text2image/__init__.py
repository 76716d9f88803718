"""Text to image: a miniature latent diffusion pipeline, trained here, in the diffusers folder format."""
