"""The code of a claim's own that a function or class reaches, as JSON values.

*Own* is what comes from no installed package: the case file, modules beside it, a notebook. Of an
own function count its text, its defaults, what it closes over, and every own function, class and
constant that it names, and so on from there; of an installed one its name and its package's
version. So a digest changes with whatever can change what a setting of the claim's own does, and
not with comments, the place of a file, or code that is not reached.
"""

import ast
import functools
import hashlib
import importlib
import importlib.util
import inspect
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import PurePath
from types import FunctionType, MethodType, ModuleType
from typing import Any

from epochal.identity.sources import (
    class_text,
    function_text,
    is_own,
    is_own_module,
    names_in,
    source_of,
)

__all__ = ["Reach"]


class Reach:
    """Gathers the own code that is reached from the things that it is asked about.

    Args:
        plain: gives the JSON of a value, asking back for what is no plain value.

    Attributes:
        found: what was met, by name: text, defaults, closure and what it reaches.
    """

    def __init__(self, plain: Callable[[object, Callable[[object], Any]], Any]) -> None:
        self._plain = plain
        self._names: dict[int, str] = {}
        self._kept: list[object] = []  # so that no two things of one walk have one id
        self.found: dict[str, Any] = {}

    def token(self, thing: object) -> Any:
        """What stands for ``thing`` where it is used; own code goes into ``found``."""
        if isinstance(thing, ModuleType):
            return [
                "module",
                thing.__name__.rpartition(".")[2] if is_own(thing) else thing.__name__,
            ]
        if isinstance(thing, MethodType):
            return ["method", self.token(thing.__func__), self._value(thing.__self__)]
        if isinstance(thing, functools.partial):
            return ["partial", self.token(thing.func), self._value([thing.args, thing.keywords])]
        if hasattr(thing, "__wrapped__") and not isinstance(thing, FunctionType | type):
            return ["wrapped", type(thing).__qualname__, self.token(thing.__wrapped__)]
        if isinstance(thing, FunctionType | type):
            return self._code(thing) if is_own(thing) else _installed(thing)
        if callable(thing) and hasattr(thing, "__qualname__"):
            return _installed(thing)
        return self._object(thing)

    def _code(self, thing: "FunctionType | type") -> Any:
        if id(thing) not in self._names:
            name, same = thing.__qualname__, 2
            while name in self.found:
                name, same = f"{thing.__qualname__} {same}", same + 1
            self._names[id(thing)] = name
            self._kept.append(thing)
            self.found[name] = None  # it may reach itself
            describe = self._class if isinstance(thing, type) else self._function
            self.found[name] = describe(thing)  # type: ignore[arg-type]
        return ["own", self._names[id(thing)]]

    def _function(self, function: FunctionType) -> dict[str, Any]:
        variables = inspect.getclosurevars(function).nonlocals
        return {
            "text": function_text(function),
            "defaults": self._value([function.__defaults__, function.__kwdefaults__]),
            "closure": {name: self._value(each) for name, each in variables.items()},
            "attributes": {name: self._value(each) for name, each in vars(function).items()},
            "reaches": self._named_by(function),
        }

    def _class(self, kind: type) -> dict[str, Any]:
        methods = {name: _functions(each) for name, each in vars(kind).items()}
        return {
            "text": class_text(kind),
            "bases": [self.token(base) for base in (*kind.__bases__, type(kind))],
            "methods": {
                name: [self.token(one) for one in each] for name, each in methods.items() if each
            },
            "values": {
                name: self._value(each)
                for name, each in vars(kind).items()
                if not methods[name]
                and not name.startswith(("__", "_abc_"))  # what Python itself keeps there
                and not hasattr(each, "__get__")
            },
        }

    def _named_by(self, function: FunctionType) -> dict[str, Any]:
        """What the names in a function's code stand for."""
        # Names such as __file__ say where, not what.
        names = {name for name in names_in(function.__code__) if not name.startswith("__")}
        reached: dict[str, Any] = {}
        for name in sorted(names):
            if name in function.__globals__:
                self._reach(name, function.__globals__[name], names, reached)
        for module, name in _imports(function):
            self._reach(f"{module.__name__.rpartition('.')[2]}", module, names | {name}, reached)
        return reached

    def _reach(self, path: str, thing: object, names: set[str], reached: dict[str, Any]) -> None:
        """Notes what ``path`` stands for; of an own module those of its members that are named."""
        if path in reached or path.count(".") > 5:
            return
        reached[path] = self._value(thing)
        if isinstance(thing, ModuleType) and is_own(thing):
            for name in sorted(names & set(vars(thing))):
                self._reach(f"{path}.{name}", vars(thing)[name], names, reached)

    def _value(self, value: object) -> Any:
        return self._plain(value, self.token)

    def _object(self, value: object) -> Any:
        """A constant that is no plain value."""
        kind = type(value)
        if isinstance(value, set | frozenset):
            return ["set", *sorted(map(repr, map(self._value, value)))]
        if isinstance(value, PurePath):
            return ["path", value.name]  # where it lies is no part of a setting
        array = _array(value)
        if array is not None:
            return array
        if id(value) in self._names:
            return ["the same", self._names[id(value)]]
        self._names[id(value)] = kind.__qualname__
        self._kept.append(value)
        text, held = repr(value), getattr(value, "__dict__", {})
        if hasattr(value, "state_dict"):  # a net of torch's or of one's own
            held = value.state_dict()
        elif not is_own(kind):
            held = {}
        if " at 0x" in text:
            text = "" if held else _pickled(value)
        return [
            "object",
            self.token(kind),
            text,
            {str(n): self._value(each) for n, each in held.items()},
        ]


def _installed(thing: object) -> list[str]:
    module = str(getattr(thing, "__module__", None) or "builtins")
    home = sys.modules.get(module)
    if isinstance(thing, FunctionType) and home is not None and is_own(home):
        # What Python made for an own class (a dataclass's repr) goes by its maker's name: the own
        # module's tells where its file lies.
        module = str(thing.__globals__["__name__"])
    version = getattr(sys.modules.get(module.partition(".")[0]), "__version__", "")
    # The environment's key has torch's and numpy's; epochal's code has a fingerprint of its own.
    release = "" if module.partition(".")[0] in ("torch", "numpy", "epochal") else str(version)
    return ["installed", f"{module}.{getattr(thing, '__qualname__', thing)}", release]


def _functions(member: object) -> list[FunctionType]:
    """The functions of a class's member: a method's one, a property's up to three."""
    inner = [getattr(member, name, None) for name in ("__func__", "func", "fget", "fset")]
    found = [each for each in (member, *inner) if isinstance(each, FunctionType)]
    # A method that dataclass wrote follows from the class's own text.
    return [each for each in found if each.__code__.co_filename != "<string>"]


def _imports(function: FunctionType) -> Iterator[tuple[ModuleType, str]]:
    """The own modules that a function imports when it is called, and what it takes of them."""
    with suppress(OSError, TypeError, SyntaxError):
        tree = ast.parse(source_of(function))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                name = f"{'.' * node.level}{node.module or ''}"
                for alias in node.names:
                    module = _own_module(name, function.__globals__)
                    if module is not None:
                        yield module, alias.name
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    module = _own_module(alias.name, function.__globals__)
                    if module is not None:
                        yield module, ""


def _own_module(name: str, globals_: Mapping[str, Any]) -> ModuleType | None:
    """The module of that name if it is own; an installed one is not imported to find out."""
    package = str(globals_.get("__package__") or "")
    with suppress(ImportError, ValueError):
        full = importlib.util.resolve_name(name, package)
        top = full.partition(".")[0]
        if top in sys.modules:
            own = is_own(sys.modules[top])
        else:
            spec = importlib.util.find_spec(top)
            own = spec is not None and is_own_module(top, {"__file__": spec.origin})
        return importlib.import_module(full) if own else None
    return None


def _pickled(value: object) -> str:
    """A hash of what pickle makes of an installed package's object; nothing if it refuses."""
    with suppress(Exception):
        return hashlib.sha256(pickle.dumps(value, protocol=4)).hexdigest()[:16]
    return ""


def _array(value: object) -> Any:
    """An array of numpy's, or a tensor, by its type, shape and a hash of its bytes."""
    held: Any = value.detach().cpu().numpy() if hasattr(value, "detach") else value
    if not all(hasattr(held, name) for name in ("dtype", "shape", "tobytes")):
        return None
    bytes_ = hashlib.sha256(held.tobytes()).hexdigest()[:16]
    return ["array", str(held.dtype), [int(each) for each in held.shape], bytes_]
