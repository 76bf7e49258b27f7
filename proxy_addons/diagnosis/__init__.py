"""What the evidence means: rules over facts, ranked, with their proof. Pure, like `evidence`.

Read in this order: `verdict` (the values), `condition`, `rule`, `ruleset`, `ranking`, then `failure.explain`, which is
all that the live proxy, the command line and the tests call.
"""
