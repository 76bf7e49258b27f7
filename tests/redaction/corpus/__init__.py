"""Exchanges with planted secrets and personal values, each with the facts that must survive."""
