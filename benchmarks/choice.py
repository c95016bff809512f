"""What the words of the command line choose: which benchmarks run, and with which values.

`trunk calls=800 runs=1 echo` is the trunk's with two values of its own, then the echo's as it is. The values
are the keyword parameters of a benchmark's `measure`; what they mean stands there.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

Measure = Callable[..., dict[str, Any]]
"""Measures, and gives figures by name; each of its parameters has a default."""
YES_OR_NO = {"yes": True, "no": False}


class WrongWord(Exception):
    """A word of the command line that means nothing; says what was seen and what there is."""


class Chosen(NamedTuple):
    """A benchmark that shall run."""

    name: str
    values: dict[str, Any]
    """Those that are not the default."""


def choose(words: Sequence[str], known: Mapping[str, Measure]) -> list[Chosen]:
    """The benchmarks in the order of the words; without a word all of them. Raises WrongWord."""
    chosen: list[Chosen] = []
    for word in words:
        key, is_value, text = word.partition("=")
        if is_value:
            if not chosen:
                raise WrongWord(f"seen {word!r} first; write the name of a benchmark before its values")
            name = chosen[-1].name
            chosen[-1].values[key] = _value(name, key, text, known[name])
        elif word in known:
            chosen.append(Chosen(word, {}))
        else:
            raise WrongWord(f"no benchmark is called {word!r}; there are {', '.join(known)}")
    return chosen or [Chosen(name, {}) for name in known]


def values_of(measure: Measure) -> str:
    """The values that a benchmark takes, with their defaults, as they are written."""
    defaults = inspect.signature(measure).parameters.values()
    return " ".join(f"{each.name}={_written(each.default)}" for each in defaults)


def _value(name: str, key: str, text: str, measure: Measure) -> Any:
    parameters = inspect.signature(measure).parameters
    if key not in parameters:
        raise WrongWord(f"{name} has no value {key!r}; it has {values_of(measure)}")
    default = parameters[key].default
    try:
        return YES_OR_NO[text] if isinstance(default, bool) else type(default)(text)
    except (KeyError, ValueError):
        written = _written(default)
        raise WrongWord(f"{name}: seen {key}={text}; write another value like {key}={written}") from None


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
