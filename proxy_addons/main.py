"""The addons for mitmproxy's own tools: `mitmdump -s main.py`, and the same with mitmweb and mitmproxy.

Nothing else may stand here: mitmproxy takes any function of this file that is named like a hook for one.
"""

from proxy_addons.addons.assembly import assemble

addons = assemble()
