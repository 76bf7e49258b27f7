"""why403 says why Microsoft 365 refused a call, and proves it from the exchange itself."""

__version__ = "0.1.0"
