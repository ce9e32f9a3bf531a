"""Rules of the house that a linter cannot say. Each returns its breaches, so that a planted one can be seen to be found."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from libs.common.telemetry.logs import ALLOWED

ROOT = Path(__file__).parents[2]
CODE = ("services", "libs", "deploy", "tests", "bench", "sdk")
SERVICES = ("gateway", "auth", "cache", "optimizer", "router", "analytics", "alerts")
MAX_LINES = 400
BANNED_NAMES = {"utils", "util", "helpers", "helper", "manager", "misc"}
# Names that were retired for the field's own (docs/glossary.md has what is left of ours). Modules, classes and functions.
RETIRED_NAMES = {
    *("asking", "telling", "reading", "measuring", "calling", "door", "doors", "credit_doors"),
    *("Work", "Ticket", "Admitted", "Flights", "OnTheWay", "Slots", "Wire", "Hop", "Past", "BusPast", "Once"),
    *("taking_back", "standings", "News", "Given", "misfit", "Announcer", "tell_low", "claim_first", "Told", "Leaving"),
    *("Thinker", "Sketcher", "sketching", "Recent", "Room", "is_passing", "tongue", "passing", "_BITE"),
    *("Warmth", "warmth", "Likeness", "likeness", "Memo", "memo", "masking", "BOLDEST", "Masking"),
    *("gain", "Look", "nearby", "Neighbours", "at_hand", "obstacle", "stand_in", "Reach", "ByHand"),
    *("watching", "metering", "notice", "Notice", "GuardedPost", "Notifying", "Lessons", "Stretch"),
    *("keep_up", "Tally", "_Shown", "OffLoop", "UNREADABLE", "regularly"),
}
OUTER_ROOMS = {"clients", "store", "notify", "handlers", "http", "jobs"}
PURE = {"domain", "translate", "schemas", "endpoints", "providers", "formats"}
# Auth's features are folders that have layers of their own.
FEATURES = {
    "accounts",
    "alerts",
    "billing",
    "budgets",
    "captures",
    "experiments",
    "insights",
    "issuers",
    "keys",
    "optimization",
    "reports",
    "routing",
    "sessions",
    "status",
    "team",
    "teams",
    "webhooks",
}


def python_files(root: Path) -> Iterator[Path]:
    for top in CODE:
        for path in sorted((root / top).rglob("*.py")):
            if "node_modules" not in path.parts:
                yield path


def _parts(root: Path, path: Path) -> tuple[str, ...]:
    return path.relative_to(root).parts


def _names(root: Path, path: Path) -> tuple[str, ...]:
    """The names of a module and of the folders it is in, below its service; of a feature's, those below the feature."""
    _, service, *names = path.relative_to(root).with_suffix("").parts
    return _below_the_feature(service, names)


def _below_the_feature(service: str, names: list[str]) -> tuple[str, ...]:
    return tuple(names[1:] if service == "auth" and names and names[0] in FEATURES else names)


def long_modules(root: Path) -> list[str]:
    """Modules over the hard stop."""
    return [str(p.relative_to(root)) for p in python_files(root) if len(p.read_text().splitlines()) > MAX_LINES]


def banned_names(root: Path) -> list[str]:
    """Modules and folders whose name says nothing."""
    return [str(p.relative_to(root)) for p in python_files(root) if {*p.parts[:-1], p.stem} & BANNED_NAMES]


def retired_names(root: Path) -> list[str]:
    """Modules, classes and functions with a name that was retired; tests may tell of them."""
    found = []
    for path in python_files(root):
        if _parts(root, path)[0] == "tests":
            continue
        if path.stem in RETIRED_NAMES:
            found.append(str(path.relative_to(root)))
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name in RETIRED_NAMES:
                found.append(f"{path.relative_to(root)}:{node.lineno} {node.name}")
    return found


def async_in_pure_rooms(root: Path) -> list[str]:
    """`async` or `await` in a folder of pure code."""
    found = []
    for path in python_files(root):
        parts = _parts(root, path)
        if parts[0] == "services" and PURE & set(_names(root, path)):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
                    found.append(f"{'/'.join(parts)}:{node.lineno}")
    return found


def clocks_and_chance_in_pure_rooms(root: Path) -> list[str]:
    """Reading the clock or throwing dice in a folder of pure code."""
    banned = {("time", "time"), ("time", "monotonic"), ("datetime", "now"), ("datetime", "utcnow"), ("date", "today")}
    found = []
    for path in python_files(root):
        parts = _parts(root, path)
        if parts[0] == "services" and PURE & set(_names(root, path)):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                    if (node.value.id, node.attr) in banned:
                        found.append(f"{'/'.join(parts)}:{node.lineno}")
                elif isinstance(node, ast.Import) and {"random", "secrets"} & {alias.name for alias in node.names}:
                    found.append(f"{'/'.join(parts)}:{node.lineno}")
    return found


def environment_outside_settings(root: Path) -> list[str]:
    """`os.environ` or `os.getenv` anywhere but in a settings module."""
    found = []
    for path in python_files(root):
        parts = _parts(root, path)
        if parts[0] in ("services", "libs", "deploy") and path.name != "settings.py":
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv"):
                    found.append(f"{'/'.join(parts)}:{node.lineno}")
    return found


def commits_outside_the_unit_of_work(root: Path) -> list[str]:
    """`.commit()` anywhere but in libs/common/db."""
    found = []
    for path in python_files(root):
        parts = _parts(root, path)
        if parts[0] in ("services", "libs") and parts[:3] != ("libs", "common", "db"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit":
                    found.append(f"{'/'.join(parts)}:{node.lineno}")
    return found


def rooms_imported_from_inside(root: Path) -> list[str]:
    """An import of a door or a way out by anything but app and that very room."""
    found = []
    for path in python_files(root):
        parts = _parts(root, path)
        if parts[0] != "services" or len(parts) < 3 or path.name in ("app.py", "__main__.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(f"services.{parts[1]}"):
                outside = OUTER_ROOMS - set(_names(root, path)[:1])
                for alias in node.names:
                    _, service, *names = [*node.module.split("."), alias.name]
                    if service == parts[1] and outside & set(_below_the_feature(service, names)[:1]):
                        found.append(f"{'/'.join(parts)}:{node.lineno}")
                        break
    return found


def log_fields_that_nobody_would_see(root: Path) -> list[str]:
    """A field in a call of the logger that is not on the list of harmless ones, and so would be dropped."""
    found = []
    for path in python_files(root):
        parts = _parts(root, path)
        if parts[0] in ("services", "libs", "deploy"):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id == "log"
                ):
                    names = {word.arg for word in node.keywords}
                    found += [f"{'/'.join(parts)}:{node.lineno} {name}" for name in names - ALLOWED]
    return found


def structs_that_can_change(root: Path) -> list[str]:
    """A contract whose struct is not spelled frozen and kw_only."""
    found = []
    for path in python_files(root):
        if "contracts" not in path.parts or "libs" not in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith("Struct") for base in node.bases):
                said = {word.arg for word in node.keywords if ast.unparse(word.value) == "True"}
                if not {"frozen", "kw_only"} <= said:
                    found.append(f"{path.name}:{node.lineno} {node.name}")
    return found


RULES: list[Callable[[Path], list[str]]] = [
    long_modules,
    banned_names,
    retired_names,
    async_in_pure_rooms,
    clocks_and_chance_in_pure_rooms,
    environment_outside_settings,
    commits_outside_the_unit_of_work,
    rooms_imported_from_inside,
    log_fields_that_nobody_would_see,
    structs_that_can_change,
]

# One breach for each rule: where it is planted, and the code that breaks it.
PLANTED = {
    "long_modules": ("services/gateway/long.py", "x = 1\n" * (MAX_LINES + 1)),
    "banned_names": ("services/gateway/utils.py", "x = 1\n"),
    "retired_names": ("services/cache/app.py", "class Thinker:\n    def probe(self) -> None: ...\n"),
    "async_in_pure_rooms": ("services/gateway/domain/waits.py", "async def f() -> None: ...\n"),
    "clocks_and_chance_in_pure_rooms": ("services/router/domain/dice.py", "import random\n"),
    "environment_outside_settings": ("services/cache/app.py", "import os\nx = os.environ['HOME']\n"),
    "commits_outside_the_unit_of_work": ("services/auth/store/rows.py", "def f(tx): tx.commit()\n"),
    "rooms_imported_from_inside": ("services/auth/domain/x.py", "from services.auth.store.rows import f\n"),
    "log_fields_that_nobody_would_see": ("services/auth/app.py", "log.info('x', prompt='y')\n"),
    "structs_that_can_change": ("libs/common/contracts/x.py", "class A(msgspec.Struct, frozen=True): ...\n"),
}


# The same within a feature of auth, and by imports that name a package and its module apart.
PLANTED_IN_FEATURES = [
    (async_in_pure_rooms, "services/auth/keys/domain/waits.py", "async def f() -> None: ...\n"),
    (async_in_pure_rooms, "services/auth/keys/schemas.py", "async def f() -> None: ...\n"),
    (clocks_and_chance_in_pure_rooms, "services/auth/team/domain/dice.py", "import random\n"),
    (rooms_imported_from_inside, "services/auth/team/service.py", "from services.auth.team.store import SqlInvites\n"),
    (rooms_imported_from_inside, "services/auth/team/service.py", "from services.auth.team import store\n"),
    (rooms_imported_from_inside, "services/auth/team/service.py", "from services.auth.keys.http import f\n"),
    (rooms_imported_from_inside, "services/auth/team/service.py", "from services.auth.http.guard import guard\n"),
    (rooms_imported_from_inside, "services/auth/team/store.py", "from services.auth.http.guard import guard\n"),
    (rooms_imported_from_inside, "services/auth/ports.py", "from services.auth import store\n"),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps(rule: Callable[[Path], list[str]]) -> None:
    assert rule(ROOT) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_planted_breach_is_found(rule: Callable[[Path], list[str]], tmp_path: Path) -> None:
    where, code = PLANTED[rule.__name__]
    planted = tmp_path / where
    planted.parent.mkdir(parents=True)
    planted.write_text(code)
    assert len(rule(tmp_path)) == 1


@pytest.mark.parametrize(("rule", "where", "code"), PLANTED_IN_FEATURES)
def test_a_breach_planted_in_a_feature_is_found(
    rule: Callable[[Path], list[str]], where: str, code: str, tmp_path: Path
) -> None:
    planted = tmp_path / where
    planted.parent.mkdir(parents=True)
    planted.write_text(code)
    assert len(rule(tmp_path)) == 1


def test_every_service_has_its_rooms() -> None:
    for service in SERVICES:
        folder = ROOT / "services" / service
        for name in ("__main__.py", "app.py", "settings.py", "README.md"):
            assert (folder / name).exists(), f"services/{service}/{name} is missing"
        lines = [
            line for line in (folder / "__main__.py").read_text().splitlines() if line and not line.startswith('"""')
        ]
        assert len(lines) <= 5, f"services/{service}/__main__.py does more than run"
