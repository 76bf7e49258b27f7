"""The only place that talks to Entra, and to Microsoft at all, on our own behalf; never unless somebody asks."""
