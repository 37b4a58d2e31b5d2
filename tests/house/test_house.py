"""The house rules that no linter knows. Each has a planted violation beside it, so that a guard cannot rot."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

SOURCE = Path(__file__).parents[2] / "src" / "openkimberley"
STACK = [
    ["kernel"], ["trust"], ["journal"], ["desk"], ["documents"], ["participants"], ["trade", "alerts"],
    ["certificates", "witness"], ["verification"], ["shipments"], ["accounts", "signer"], ["node"],
]  # fmt: skip
AREAS = ["participants", "trade", "alerts", "certificates", "witness", "shipments"]
NAMES = {
    "__init__", "apps", "facts", "statements", "rules", "models", "queries", "actions", "forms", "web", "api", "cli",
    "urls", "templates", "migrations", "tests", "data", "README.md", "static", "__pycache__",
    "alone",  # of the witness: what also runs without a node (ADR 7)
}  # fmt: skip
WRITES = {
    "create", "bulk_create", "get_or_create", "update_or_create", "update", "bulk_update", "delete", "save",
    "acreate", "asave", "adelete", "aupdate",
}  # fmt: skip


def level(area: str) -> int:
    return next(i for i, names in enumerate(STACK) if area in names)


def python_files(*, tests: bool = False) -> Iterator[Path]:
    for path in sorted(SOURCE.rglob("*.py")):
        inside = path.relative_to(SOURCE).parts
        if "migrations" not in inside and (tests or "tests" not in inside):
            yield path


def writes(source: str) -> list[str]:
    """Calls that write through the ORM: X.objects...create(...), row.save(), queryset.update(...)."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES):
            continue
        text = ast.unparse(node.func.value)
        if node.func.attr == "save" and node.args:
            continue  # a picture's save(file, format): a row's takes keywords only
        plain = {"save", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "acreate", "asave"}
        if ".objects" in text or node.func.attr in plain:
            found.append(f"line {node.lineno}: {ast.unparse(node.func)}")
    return found


def belongs_to_actions(path: Path) -> bool:
    inside = path.relative_to(SOURCE).parts
    return len(inside) > 1 and (inside[1] == "actions.py" or inside[1] == "actions")


def test_only_actions_write():
    guilty = {
        str(path.relative_to(SOURCE)): found
        for path in python_files()
        if not belongs_to_actions(path) and (found := writes(path.read_text()))
    }
    assert not guilty, f"only actions write: {guilty}"


@pytest.mark.parametrize(
    "planted",
    ["row.save()", "Entry.objects.create(a=1)", "Entry.objects.filter(a=1).update(b=2)", "X.objects.all().delete()"],
)
def test_the_guard_of_writes_sees_a_planted_one(planted: str):
    assert writes(planted)


def test_every_area_has_the_same_names_and_no_others():
    strangers = {
        f"{area}/{path.name}"
        for area in AREAS
        for path in (SOURCE / area).iterdir()
        if path.stem not in NAMES and path.name not in NAMES
    }
    assert not strangers


def test_foreign_keys_point_down_and_never_cascade():
    wrong = []
    for model in apps.get_models():
        area = model.__module__.split(".")[1] if model.__module__.startswith("openkimberley.") else ""
        if not area:
            continue
        for field in model._meta.get_fields():
            if not isinstance(field, models.ForeignKey):
                continue
            target = field.related_model.__module__
            if not target.startswith("openkimberley."):
                wrong.append(f"{model.__name__}.{field.name} points outside the house")
                continue
            other = target.split(".")[1]
            if other not in (area, "participants"):
                wrong.append(f"{model.__name__}.{field.name} points to {other}: use its official identifier")
            if field.remote_field.on_delete is not models.PROTECT:
                wrong.append(f"{model.__name__}.{field.name} does not PROTECT")
    assert not wrong


def test_models_have_no_verbs_and_no_floats():
    wrong = []
    for model in apps.get_models():
        if not model.__module__.startswith("openkimberley."):
            continue
        wrong += [f"{model.__name__}.{verb}" for verb in ("save", "delete", "clean") if verb in vars(model)]
        for field in model._meta.get_fields():
            if isinstance(field, models.FloatField | models.DecimalField):
                wrong.append(f"{model.__name__}.{field.name} is no exact integer column")
    assert not wrong


def private_imports(source: str, area: str) -> list[str]:
    """Imports of another area's models, forms or shells."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("openkimberley."):
            bits = node.module.split(".")[1:]
            names = [alias.name for alias in node.names] if len(bits) == 1 else [bits[1]]
            if bits[0] in AREAS and bits[0] != area and set(names) & {"models", "forms", "web", "api", "cli", "urls"}:
                found.append(f"line {node.lineno}: {node.module}")
    return found


def test_models_forms_and_shells_are_private_to_their_area():
    guilty = {
        str(path.relative_to(SOURCE)): found
        for path in python_files()
        if (area := path.relative_to(SOURCE).parts[0]) != "node" and (found := private_imports(path.read_text(), area))
    }
    assert not guilty


def test_the_guard_of_privacy_sees_a_planted_one():
    assert private_imports("from openkimberley.certificates.models import Certificate", "shipments")
    assert private_imports("from openkimberley.certificates import models", "shipments")


def test_the_core_runs_without_django():
    core = [
        "kernel.rules", "trust.sdjwt", "trust.qr", "verification.engine", "participants.facts", "participants.data",
        "certificates.rules", "certificates.statements", "shipments.rules", "shipments.facts",
    ]  # fmt: skip
    code = "import sys;" + ";".join(f"import openkimberley.{name}" for name in core)
    code += ";assert not [m for m in sys.modules if m.split('.')[0] in ('django', 'ninja', 'sqlite3', 'socket')]"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_action_takes_by_and_at_as_keywords_only():
    from importlib import import_module

    from openkimberley.journal.actions import ACTIONS

    wrong = []
    for path in python_files():
        if not belongs_to_actions(path):
            continue
        for node in ast.parse(path.read_text()).body:
            decorated = isinstance(node, ast.FunctionDef) and any(
                isinstance(d, ast.Call) and ast.unparse(d.func) == "action" for d in node.decorator_list
            )
            if decorated:
                names = [argument.arg for argument in node.args.kwonlyargs]
                if node.args.args or names[:2] != ["by", "at"]:
                    wrong.append(f"{path.name}:{node.name}")
                if not ast.get_docstring(node):
                    wrong.append(f"{path.name}:{node.name} has no docstring")
    for area in [*AREAS, "accounts"]:
        import_module(f"openkimberley.{area}.actions")
    assert not wrong
    assert len(ACTIONS) > 30


def test_nothing_says_how_or_where_it_was_made():
    """No machine paths, no registry hosts, no tools of a workplace in anything that ships."""
    words = ["/work/" + "main", "/work/" + "shared", "/root/" + ".", "pypi" + ".org/simple", "AI-" + "generated"]
    guilty = []
    root = SOURCE.parents[1]
    tracked = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=False).stdout.split()
    for name in tracked:
        path = root / name
        if path.exists() and path.suffix in {
            ".py",
            ".md",
            ".toml",
            ".txt",
            ".lock",
            ".html",
            ".json",
            ".csv",
            ".js",
            ".css",
            ".po",
        }:
            text = path.read_text(errors="replace")
            guilty += [f"{name}: {word}" for word in words if word in text]
    assert not guilty
