"""What a pure module may not do, read from its syntax.

The import contract keeps modules such as time and socket out of the pure storeys. What remains is what a harmless
import or a builtin offers: the clock inside datetime, the disk behind open() and Path, chance inside uuid.
"""

import ast
from collections.abc import Iterator
from typing import Final

IMPURE_BUILTINS: Final = {"__import__", "breakpoint", "compile", "eval", "exec", "input", "open", "print"}
IMPURE_METHODS: Final = {
    "now": "reads the clock",
    "utcnow": "reads the clock",
    "today": "reads the clock",
    "uuid1": "reads the clock",
    "uuid4": "draws by chance",
    "urandom": "draws by chance",
    "open": "reaches the disk",
    "read_text": "reaches the disk",
    "read_bytes": "reaches the disk",
    "write_text": "reaches the disk",
    "write_bytes": "reaches the disk",
    "iterdir": "reaches the disk",
    "glob": "reaches the disk",
    "rglob": "reaches the disk",
    "urlopen": "reaches the network",
}


def impurities(source: str) -> list[str]:
    """List what makes a module impure, each as `line N: what`, in the order of its lines."""
    nodes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt | ast.expr))
    found = [(node.lineno, what) for node in nodes for what in _impurities_of(node)]
    return [f"line {line}: {what}" for line, what in sorted(found)]


def _impurities_of(node: ast.stmt | ast.expr) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in IMPURE_BUILTINS:
            yield f"{name}() is not for a pure module"
        case ast.Call(func=ast.Attribute(attr=name)) if name in IMPURE_METHODS:
            yield f".{name}() {IMPURE_METHODS[name]}"
        case ast.Global(names=names):
            yield f"global {', '.join(names)} is state that outlives a call"
        # A private one may collect what a single call builds; a value that leaves the module may not change.
        case ast.ClassDef(decorator_list=decorators, name=name) if not name.startswith("_"):
            yield from (f"dataclass {name} is not frozen with slots" for it in decorators if _is_loose_dataclass(it))
        case ast.ImportFrom(module="urllib", names=names) if any(alias.name == "request" for alias in names):
            yield "urllib.request reaches the network"
        case ast.ImportFrom(module="urllib.request"):
            yield "urllib.request reaches the network"
        case ast.Import(names=names) if any(alias.name == "urllib.request" for alias in names):
            yield "urllib.request reaches the network"
        case _:
            return


def _is_loose_dataclass(decorator: ast.expr) -> bool:
    match decorator:
        case ast.Name(id="dataclass") | ast.Attribute(attr="dataclass"):
            return True
        case ast.Call(func=ast.Name(id="dataclass") | ast.Attribute(attr="dataclass"), keywords=keywords):
            switched_on = {
                word.arg for word in keywords if isinstance(word.value, ast.Constant) and word.value.value is True
            }
            return not {"frozen", "slots"} <= switched_on
        case _:
            return False
