"""A simulated Microsoft 365 tenant, served over real HTTPS under Microsoft's own host names.

`Lab.running` and `Lab.started` start one inside a program, `serve` is for the command line. What the invented tenant
Contoso holds is in `accounts` and `registered_apps`; what its administrator can change is in `switches`.
"""

from __future__ import annotations

from proxy_addons.lab.server import Lab, serve

__all__ = ["Lab", "serve"]
