"""The shape of the code: who may import whom, and what only one place may do.

The table is ARCHITECTURE in one screen. A new module of `app` needs a row here before it can be imported from.
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Layer -> the layers of ours that it may import, beside itself. A layer is a folder or a file of app/, or gateway.
FOUNDATION = {"contract", "config", "errors"}
STORED = FOUNDATION | {"extensions", "models"}
ANY = None  # an edge: puts the parts together
MAY_IMPORT: dict[str, set[str] | None] = {
    "contract": set(),
    "config": set(),
    "errors": set(),
    "language": set(),
    "doorbell": {"config"},
    "logs": {"config"},
    "startup": {"config"},
    # Every process tells of itself in a row; the gateway too, which may not import domain.
    "presence": {"config", "contract", "extensions", "models"},
    # Asks everything that the person who runs it can see: stores, processes, and a socket as a browser has it.
    "doctor": STORED | {"domain", "presence"},
    "extensions": {"config", "doorbell"},
    "models": {"extensions", "contract"},
    "providers": {"config", "errors"},
    # The process of the simulators.
    "providers.__main__": {"providers", "config", "logs", "startup"},
    "domain": {"models", "providers", "contract", "errors", "extensions", "language"},
    "jobs": STORED | {"domain", "logs", "startup"},
    "jobs.__main__": ANY,
    "views": STORED | {"domain", "language"},
    "demo": STORED | {"domain"},
    "cli": ANY,
    "factory": ANY,
    "gateway": {"contract", "config", "extensions", "models", "doorbell", "logs", "presence", "startup"},
    "wsgi": {"cli", "config", "factory"},
}

# What contract may import beside the standard library: both processes and any tool can load it.
CONTRACT_MAY_LOAD = {"itsdangerous"}
# Libraries that speak to strangers, and those that speak to sockets.
OUTSIDE_WORLD = {"httpx", "requests", "urllib3", "smtplib", "pywebpush", "aiohttp"}
SOCKET_SERVERS = {"flask_socketio", "socketio", "engineio"}
ENVIRONMENT = {"os.environ", "os.environb", "os.getenv"}
WRITES = {"insert", "update", "delete"}
SESSION_WRITES = {"add", "add_all", "delete", "merge", "bulk_save_objects", "bulk_insert_mappings"}


class Module:
    """One file of ours, parsed."""

    def __init__(self, path: Path, root: Path = ROOT) -> None:
        self.path = path.relative_to(root)
        parts = self.path.with_suffix("").parts
        self.package = parts if path.name == "__init__.py" else parts[:-1]
        self.package = tuple(part for part in self.package if part != "__init__")
        self.tree = ast.parse(path.read_text(encoding="utf-8"))

    @property
    def layer(self) -> str:
        """Its row of the table; app/__init__.py holds the map and belongs to none."""
        first, *rest = self.path.with_suffix("").parts
        if first == "app":
            return f"{rest[0]}.__main__" if rest[-1] == "__main__" else rest[0]
        return first

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and full dotted name of all that it imports, also inside of functions."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = ".".join(self.package[: len(self.package) - node.level + 1]) if node.level else ""
                source = ".".join(part for part in (base, node.module) if part)
                yield from ((node.lineno, f"{source}.{alias.name}") for alias in node.names)

    def calls(self) -> Iterator[tuple[int, str]]:
        """Line and dotted name of all that it calls."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield node.lineno, ast.unparse(node.func)


@cache
def modules() -> tuple[Module, ...]:
    files = [*ROOT.glob("app/**/*.py"), *ROOT.glob("gateway/**/*.py"), *ROOT.glob("wsgi.py")]
    return tuple(Module(path) for path in sorted(files))


def layer_of(name: str) -> str | None:
    """The layer that a dotted name belongs to; None if it is not ours."""
    first, _, rest = name.partition(".")
    if first == "app":
        return rest.partition(".")[0]
    return first if first in {"gateway", "wsgi"} else None


def forbidden_imports(module: Module) -> Iterator[str]:
    allowed = MAY_IMPORT.get(module.layer, set())
    for line, name in module.imports():
        layer = layer_of(name)
        if layer is None or allowed is ANY or layer == module.layer or layer in allowed:
            continue
        may = ", ".join(sorted(allowed)) or "nothing of ours"
        yield f"{module.path}:{line} imports {name}, but {module.layer} may import {may}"


def loads(libraries: set[str], *, but_in: set[str]) -> list[str]:
    return [
        f"{module.path}:{line} imports {name}; only {', '.join(sorted(but_in))} may"
        for module in modules()
        if module.layer not in but_in
        for line, name in module.imports()
        if name.partition(".")[0] in libraries
    ]


def agree(sentences: list[str]) -> None:
    assert not sentences, "\n".join(["", *sentences])


def test_every_module_stands_in_the_table():
    agree(
        [
            f"{module.path}: give {module.layer} a row in MAY_IMPORT that says what it may import"
            for module in modules()
            if module.layer not in {*MAY_IMPORT, "__init__"}
        ]
    )


def test_every_module_imports_only_what_the_table_allows():
    agree([sentence for module in modules() for sentence in forbidden_imports(module)])


def test_every_module_says_what_lives_in_it():
    agree([f"{module.path} has no docstring" for module in modules() if not ast.get_docstring(module.tree)])


def test_the_contract_loads_without_our_libraries():
    allowed = sys.stdlib_module_names | CONTRACT_MAY_LOAD | {"app"}
    agree(
        [
            f"{module.path}:{line} imports {name}; contract may load the standard library and itsdangerous"
            for module in modules()
            if module.layer == "contract"
            for line, name in module.imports()
            if name.partition(".")[0] not in allowed
        ]
    )


def test_only_config_reads_the_environment():
    agree(
        [
            f"{module.path}:{line} reads the environment; only app/config.py may"
            for module in modules()
            if module.layer != "config"
            for line in environment_reads(module)
        ]
    )


def environment_reads(module: Module) -> Iterator[int]:
    """Lines where os.environ or os.getenv is used; writing one name for a library to read is allowed."""
    nodes = list(ast.walk(module.tree))
    written = {id(node.value) for node in nodes if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            yield from (node.lineno for alias in node.names if f"os.{alias.name}" in ENVIRONMENT)
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in ENVIRONMENT and id(node) not in written:
            yield node.lineno


def test_only_atomic_commits():
    """Beside it the gateway's store, which has connections of its own, in threads, and no session."""
    agree(
        [
            f"{module.path}:{line} calls {name}(); only extensions.atomic() commits (in the gateway: its store)"
            for module in modules()
            if module.path != Path("app/extensions.py") and not is_store(module)
            for line, name in module.calls()
            if name.endswith(".commit")
        ]
    )


def test_only_the_gateway_emits():
    agree(
        [
            f"{module.path}:{line} calls {name}(); only the gateway emits: write to the log instead"
            for module in modules()
            if module.layer != "gateway"
            for line, name in module.calls()
            if name.endswith(".emit")
        ]
    )
    agree(loads(SOCKET_SERVERS, but_in={"gateway"}))


def test_only_providers_talk_to_strangers():
    agree(loads(OUTSIDE_WORLD, but_in={"providers"}))


def test_only_the_domain_writes_business_rows():
    """The demo's bulk load is allowed as well, and the gateway's store, which writes the log's own bookkeeping."""
    agree(
        [
            f"{module.path}:{line} calls {name}(); only domain writes rows (in the gateway: its store)"
            for module in modules()
            if module.layer not in {"domain", "demo"} and not is_store(module)
            for line, name in module.calls()
            if writes_rows(name)
        ]
    )


def is_store(module: Module) -> bool:
    return module.layer == "gateway" and "store" in module.path.parts[1]


def writes_rows(call: str) -> bool:
    owner, _, verb = call.rpartition(".")
    if owner in {"", "db", "sa", "sqlalchemy"}:
        return verb in WRITES
    return owner.endswith("session") and verb in SESSION_WRITES


@pytest.mark.parametrize(
    "source",
    [
        "from app.views import orders",
        "from app import views",
        "import app.views.admin",
        "from ..views import orders",
        "from .. import views",
        "def late():\n    from app.views import orders",
    ],
)
def test_it_finds_an_import_however_it_is_written(tmp_path: Path, source: str):
    module = tmp_path / "app" / "domain" / "orders.py"
    module.parent.mkdir(parents=True)
    module.write_text(source)
    sentences = list(forbidden_imports(Module(module, tmp_path)))
    assert len(sentences) == 1
    assert "but domain may import contract, errors, extensions, language, models, providers" in sentences[0]


@pytest.mark.parametrize("name", ["db.update", "update", "sa.insert", "db.session.add", "session.delete"])
def test_it_knows_a_write(name: str):
    assert writes_rows(name)


@pytest.mark.parametrize("name", ["context.update", "form.delete", "seen.add", "db.select", "session.get"])
def test_it_knows_what_is_no_write(name: str):
    assert not writes_rows(name)
