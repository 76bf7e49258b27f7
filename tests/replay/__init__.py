"""An examination of the rule base: recordings written from public signatures, apart from the rules' own examples."""
