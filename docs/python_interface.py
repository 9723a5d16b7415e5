"""What `freewheel.http` exports, as a page in Markdown, read off its source; `make_reference.py` writes it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"
PACKAGE, TRANSPORT = "freewheel.http", "freewheel.http.httpx_transport"
FIRST = "Client"

HEAD = """\
# The Python interface

What programs may use of freewheel: `freewheel.http`, and `freewheel.http.httpx_transport` with the extra `httpx`.
How: [Use the cache in your own program](../how-to/http-cache-in-your-program.md),
[Give httpx a cache](../how-to/http-cache-for-httpx.md). Everything is typed, and safe from many threads but for a
response and its body.

This page is made from the docstrings by `python docs/make_reference.py`."""

ERRORS = """
## Errors

All are `FreewheelError`s; what each says lies in its attributes.

| error | attributes | what happened |
|---|---|---|"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A name, where it can be imported from, its definition, and its docstring."""

    name: str
    module: str
    node: ast.stmt
    text: str

    @property
    def is_error(self) -> bool:
        """Whether it is an exception."""
        return isinstance(self.node, ast.ClassDef) and "errors" in self.module


def page() -> str:
    """The whole page."""
    exported = sorted(exports(), key=lambda one: (one.name != FIRST, one.name.lower()))
    transport = definition(TRANSPORT, "FreewheelTransport")
    lines = [HEAD]
    for module, one in [*((PACKAGE, one) for one in exported if not one.is_error), (TRANSPORT, transport)]:
        lines += ["", f"## `{module}.{one.name}`", *described(one)]
    lines.append(ERRORS)
    for one in exported:
        if isinstance(one.node, ast.ClassDef) and one.is_error:
            attributes = ", ".join(f"`{field.partition(':')[0]}`" for field in fields(one.node))
            sentence = " ".join(one.text.partition("\n\n")[0].split())
            lines.append(f"| `{one.name}` | {attributes} | {sentence} |")
    return "\n".join(lines) + "\n"


def exports() -> Iterator[Exported]:
    """Everything that the package imports from elsewhere in freewheel."""
    for node in parsed(PACKAGE):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("freewheel."):
            for alias in node.names:
                yield definition(node.module or "", alias.name)


def parsed(module: str) -> list[ast.stmt]:
    """The statements of a module."""
    path = SOURCE.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8")).body


def definition(module: str, name: str) -> Exported:
    """Where a name is defined; LookupError if it is not."""
    body = parsed(module)
    for number, node in enumerate(body):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return Exported(name=name, module=module, node=node, text=ast.get_docstring(node) or "")
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name:
            after = body[number + 1]
            text = str(ast.literal_eval(after.value)) if isinstance(after, ast.Expr) else ""
            return Exported(name=name, module=module, node=node, text=text)
        if isinstance(node, ast.ImportFrom) and any(alias.name == name for alias in node.names):
            return definition(node.module or "", name)
    raise LookupError(f"{module}.{name}")


def described(one: Exported) -> Iterator[str]:
    """How it is written and what it is; of a class its methods too."""
    node, methods = one.node, []
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        yield from code(f"{one.name} = {ast.unparse(node.value)}")
    elif isinstance(node, ast.FunctionDef):
        yield from code(signature(node, one.name))
    elif isinstance(node, ast.ClassDef):
        methods = [method for method in node.body if isinstance(method, ast.FunctionDef)]
        made = next((method for method in methods if method.name == "__init__"), None)
        if found := fields(node):
            yield from code("\n".join((f"class {one.name}:", *(f"    {field}" for field in found))))
        elif made is not None and not any(argument.arg == "source" for argument in made.args.args):
            yield from code(signature(made, one.name))
    yield from ("", *paragraphs(one.text))
    for method in methods:
        told = ast.get_docstring(method)
        if told and (method.name == "__iter__" or not method.name.startswith("_")):
            yield from ("", f"### `{one.name}.{method.name}`", *code(signature(method, method.name)))
            yield from ("", *paragraphs(told))


def code(text: str) -> Iterator[str]:
    """A block of Python."""
    yield from ("", "```python", text, "```")


def fields(node: ast.ClassDef) -> list[str]:
    """The public fields of a dataclass, or the values of an enumeration."""
    found = [line for line in node.body if isinstance(line, ast.AnnAssign | ast.Assign)]
    return [text for text in map(ast.unparse, found) if not text.startswith("_")]


def signature(node: ast.FunctionDef, name: str) -> str:
    """A function as it is called, an argument on a line where there are many."""
    parts = [part for part in arguments(node.args) if part != "self"]
    returned = "" if node.returns is None or node.name == "__init__" else f" -> {ast.unparse(node.returns)}"
    text = ", ".join(parts)
    if len(text) > 90:
        text = "".join(f"\n    {part}," if part != "*" else "\n    *," for part in parts) + "\n"
    return f"{name}({text}){returned}"


def arguments(given: ast.arguments) -> Iterator[str]:
    """Each argument with its type and default."""
    lacking = len(given.args) - len(given.defaults)
    for number, argument in enumerate(given.args):
        yield with_default(argument, given.defaults[number - lacking] if number >= lacking else None)
    if given.kwonlyargs:
        yield "*"
    for argument, value in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield with_default(argument, value)


def with_default(argument: ast.arg, value: ast.expr | None) -> str:
    """An argument."""
    return ast.unparse(argument) + ("" if value is None else f" = {ast.unparse(value)}")


def paragraphs(text: str) -> Iterator[str]:
    """A docstring as Markdown: examples in blocks of their own."""
    is_example = False
    for line in text.splitlines():
        if line.startswith(">>> ") and not is_example:
            is_example = True
            yield "```pycon"
        elif not line and is_example:
            is_example = False
            yield "```"
        yield line
    if is_example:
        yield "```"
