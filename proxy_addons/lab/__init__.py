"""A simulated Microsoft 365 tenant, served over real HTTPS under Microsoft's own host names."""
