"""The admin port: /metrics, /livez and /readyz, for whoever runs the proxy."""
