"""Public vocabulary: words that tell nothing about a person or an organisation."""
