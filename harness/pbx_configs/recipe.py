"""START HERE for recipes: a product's configuration files for one pbx.toml, from Jinja2 templates.

A product is a folder of `recipes/`: its `recipe.toml` lists the files and where they go, a template stands
beside it for each. Comments in a file name the requirements that a line satisfies in brackets, as
``[from_header.pbx-username]``; `lines_for` finds such lines again for a report. Printing and writing is
`harness.cli.pbx_config`'s work.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from harness.pbx_configs.emergency import emergency_numbers
from harness.settings.pbx import PbxFile
from harness.settings.pbx_phone import InsidePhone
from harness.sip.hop import Hop

FOLDER = Path(__file__).parent / "recipes"
"""The recipes that come with the harness."""

LONGEST_BLOCK = 24
"""Lines of a block that a comment stands for."""

_TAG = r"\[[a-z_]+\.[a-z0-9-]+\]"
_TAGS = re.compile(_TAG)


class UnknownRecipe(KeyError):
    """A name that no recipe has; says which names there are."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(name)
        self.name = name
        self.known = known

    def __str__(self) -> str:
        near = difflib.get_close_matches(self.name.lower(), self.known, n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        return f"no configuration of {self.name!r} is known{hint} There are: {', '.join(self.known)}"


@dataclass(frozen=True, slots=True)
class RecipeFile:
    """One file of a configuration."""

    name: str
    """Relative to the folder of the product's configuration."""
    template: str
    comment: tuple[str, str]
    """What begins and what ends a comment."""
    modes: tuple[str, ...]
    """Modes in which it is needed."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A product whose configuration we can write."""

    name: str
    """As `harness pbx-config` takes it."""
    title: str
    """The product and versions it is for."""
    folder: str
    """Where the product looks for its files."""
    proof: str
    """How far it was tried."""
    modes: tuple[str, ...]
    """``registration``, ``ip``."""
    transports: tuple[str, ...]
    """Towards the trunk."""
    apply: str
    """What to do once the files are there."""
    files: tuple[RecipeFile, ...]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a configuration is made for."""

    pbx: PbxFile
    trunk: Hop
    """Where the trunk listens, as the PBX reaches it."""
    folder: str
    """Where the files will lie."""

    @property
    def phones(self) -> tuple[InsidePhone, ...]:
        """Extensions that register with a password."""
        return tuple(each for each in self.pbx.phones if each.password)

    @property
    def routes(self) -> dict[str, str]:
        """Online Number, tag or SIP username -> the extension that rings."""
        routes: dict[str, str] = {}
        for number in self.pbx.trunk.inbound_numbers:
            phone = self.pbx.phone_ringing_for(number)
            if phone is not None:
                routes[number] = phone.extension
        return routes

    @property
    def emergency(self) -> tuple[str, ...]:
        """Numbers that must never reach the trunk."""
        own = self.pbx.dial.emergency
        known = emergency_numbers(self.pbx.trunk.country_code)
        return tuple(dict.fromkeys((*known, own) if own else known))


@lru_cache(maxsize=1)
def recipe_names() -> tuple[str, ...]:
    """Every product we know, in alphabetical order."""
    return tuple(sorted(each.parent.name for each in FOLDER.glob("*/recipe.toml")))


def load_recipe(name: str) -> Recipe:
    """The recipe of that name. Raises UnknownRecipe."""
    if name not in recipe_names():
        raise UnknownRecipe(name, recipe_names())
    table = tomllib.loads((FOLDER / name / "recipe.toml").read_text(encoding="utf-8"))
    files = tuple(
        RecipeFile(
            name=each["name"],
            template=f"{name}/{each['template']}",
            comment=(each.get("comment", "#"), each.get("comment_end", "")),
            modes=tuple(each.get("modes", table["modes"])),
        )
        for each in table["file"]
    )
    return Recipe(
        name=name,
        title=table["title"],
        folder=table["folder"],
        proof=table["proof"],
        modes=tuple(table["modes"]),
        transports=tuple(table["transports"]),
        apply=table["apply"],
        files=files,
    )


def render_recipe(recipe: Recipe, inputs: Inputs) -> dict[str, str]:
    """File name -> text, headers included. The mode and transport must be the recipe's."""
    environment = _environment()
    texts: dict[str, str] = {}
    for file in recipe.files:
        if inputs.pbx.pbx.mode not in file.modes:
            continue
        body = environment.get_template(file.template).render(
            pbx=inputs.pbx.pbx,
            trunk=inputs.pbx.trunk,
            dial=inputs.pbx.dial,
            hop=inputs.trunk,
            phones=inputs.phones,
            phone_hop=inputs.pbx.phone_hop,
            routes=inputs.routes,
            emergency=inputs.emergency,
            registers=inputs.pbx.pbx.mode == "registration",
            folder=inputs.folder,
        )
        texts[file.name] = _with_header(recipe, file, inputs, body)
    return texts


def lines_for(requirement: str, texts: Mapping[str, str]) -> str:
    """The lines of a configuration that satisfy a requirement, below the names of their files; or nothing.

    A comment on a line of its own stands for the line below it, and for the block that this line opens.
    """
    parts = []
    for name, text in texts.items():
        found = _tagged_lines(text.splitlines(), f"[{requirement}]")
        if found:
            parts.append("\n".join([f"{name}:", *found]))
    return "\n\n".join(parts)


def requirements_in(texts: Mapping[str, str]) -> tuple[str, ...]:
    """Every requirement that the comments name, once."""
    found = (tag.strip("[]") for text in texts.values() for tag in _TAGS.findall(text))
    return tuple(dict.fromkeys(found))


def recipe_lines(pbx: PbxFile) -> dict[str, str]:
    """Requirement id -> lines of this product's configuration that satisfy it; empty without a recipe.

    The product is recognised by its name in pbx.toml. Reports are sent around, so passwords are left out.
    """
    words = f"{pbx.pbx.vendor} {pbx.pbx.product}".lower()
    name = next((each for each in recipe_names() if each in words), None)
    if name is None:
        return {}
    recipe = load_recipe(name)
    inputs = Inputs(_without_passwords(pbx), pbx.trunk.hop(pbx.pbx.transport), recipe.folder)
    texts = render_recipe(recipe, inputs)
    return {each: lines_for(each, texts) for each in requirements_in(texts)}


def _without_passwords(pbx: PbxFile) -> PbxFile:
    phones = tuple(each.model_copy(update={"password": "PASSWORD"}) for each in pbx.phones)
    trunk = pbx.trunk.model_copy(update={"password": "PASSWORD"})
    return pbx.model_copy(update={"phones": phones, "trunk": trunk})


def _tagged_lines(lines: list[str], tag: str) -> list[str]:
    found: list[str] = []
    for place, line in enumerate(lines):
        if tag not in line:
            continue
        if line.lstrip().startswith(("#", ";", "<!--")):
            found += _with_block(lines[place:])
        else:
            found.append(line.strip())
    return found


def _with_block(lines: list[str]) -> list[str]:
    """A comment and what it stands for: the line behind it, or the whole block that it opens."""
    comments = list(takewhile(lambda line: line.lstrip().startswith(("#", ";", "<!--")), lines))
    code = lines[len(comments) : len(comments) + LONGEST_BLOCK]
    depth = 0
    for count, line in enumerate(code, 1):
        depth += line.count("{") - line.count("}")
        if depth <= 0:
            return [each.rstrip() for each in (*comments, *code[:count])]
    return [each.rstrip() for each in (*comments, *code)]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=lambda name: name is not None and name.endswith(".xml.j2"),
    )


def _with_header(recipe: Recipe, file: RecipeFile, inputs: Inputs, body: str) -> str:
    begin, end = file.comment
    if not begin:  # a format without comments
        return body
    lines = (
        f"{file.name}: {recipe.title}, {inputs.pbx.pbx.mode} mode over {inputs.trunk.transport.upper()},",
        f"for SIP username {inputs.pbx.trunk.sip_username} on the trunk at {inputs.trunk}.",
        recipe.proof,
        "In brackets: the requirement of the catalogue that a line satisfies (harness requirements).",
    )
    return "".join(f"{begin} {line}{f' {end}' if end else ''}\n" for line in lines) + "\n" + body
