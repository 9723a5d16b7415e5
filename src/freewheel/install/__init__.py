"""A resolution becomes an environment."""
