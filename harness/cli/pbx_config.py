"""`harness pbx-config`: prints or writes a PBX's configuration for the profile of a pbx.toml.

The configurations are data in `harness.pbx_configs`; what a comment in brackets means is in its `recipe`.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import typer
from rich.console import Console

from harness.cli.failure import CommandFailure, ExitStatus
from harness.pbx_configs.recipe import Inputs, Recipe, UnknownRecipe, load_recipe, render_recipe
from harness.settings.pbx import PbxFile, load_pbx
from harness.settings.target import Transport, parse_address
from harness.sip.hop import Hop

_UNWRITABLE = re.compile(r"[\s\"'\\;:<>&=,#]")
"""Characters that some configuration file gives a meaning of its own."""


@dataclass(frozen=True, slots=True)
class ConfigWishes:
    """What the user asked for."""

    product: str
    pbx: Path
    trunk: str | None
    out: Path | None


def show_pbx_config(wishes: ConfigWishes, console: Console) -> None:
    """Prints the files, or writes them to a folder. Raises CommandFailure and SettingsError."""
    try:
        recipe = load_recipe(wishes.product)
    except UnknownRecipe as error:
        raise CommandFailure(str(error), ExitStatus.WRONG_INPUT) from None
    if not wishes.pbx.exists():
        message = (
            f"{wishes.pbx}: there is no such file; write one with: harness certify --init --pbx {wishes.pbx} "
            "and enter addresses, SIP username and password there"
        )
        raise CommandFailure(message, ExitStatus.WRONG_INPUT)
    described = load_pbx(wishes.pbx)
    trunk = trunk_hop(wishes.trunk, described, wishes.pbx)
    _refuse_what_cannot_be_done(recipe, described, wishes.pbx)
    folder = str(wishes.out.absolute()) if wishes.out is not None else recipe.folder
    texts = render_recipe(recipe, Inputs(described, trunk, folder))
    if wishes.out is None:
        _print(recipe, texts)
        console.print(recipe.apply, highlight=False, markup=False, soft_wrap=True)
        return
    for path in _write(texts, wishes.out):
        console.print(str(path), highlight=False, soft_wrap=True)
    console.print(recipe.apply, highlight=False, markup=False, soft_wrap=True)


def trunk_hop(text: str | None, described: PbxFile, path: Path) -> Hop:
    """Where the PBX finds the trunk: ``[TRANSPORT:]HOST:PORT`` of the option, else [trunk] listen."""
    transport = described.pbx.transport
    if text is None:
        hop = described.trunk.hop(transport)
        if hop.port == 0:
            message = (
                f"{path}: [trunk] listen has port 0, so the port is not known yet; say it: --trunk HOST:PORT"
            )
            raise CommandFailure(message, ExitStatus.WRONG_INPUT)
        return hop
    first, colon, rest = text.partition(":")
    if colon and first in get_args(Transport):
        if first != transport:
            message = f'--trunk {text}: {path} says transport = "{transport}"; let them agree'
            raise CommandFailure(message, ExitStatus.WRONG_INPUT)
        text = rest
    try:
        return Hop(transport, *parse_address(text, 5061 if transport == "tls" else 5060))
    except ValueError as error:
        raise CommandFailure(f"--trunk {text}: {error}", ExitStatus.WRONG_INPUT) from None


def _refuse_what_cannot_be_done(recipe: Recipe, described: PbxFile, path: Path) -> None:
    mode, transport = described.pbx.mode, described.pbx.transport
    if mode not in recipe.modes:
        raise CommandFailure(f"{recipe.title} has no {mode} mode", ExitStatus.WRONG_INPUT)
    if transport not in recipe.transports:
        raise CommandFailure(f"{recipe.title} can't use {transport}", ExitStatus.WRONG_INPUT)
    if mode == "registration" and not described.trunk.password:
        message = f'{path}: [trunk] password is missing; write password = "..." (or [pbx] mode = "ip")'
        raise CommandFailure(message, ExitStatus.WRONG_INPUT)
    words = {"[trunk] password": described.trunk.password, "[trunk] domain": described.trunk.domain}
    for phone in described.phones:
        words[f"password of phone {phone.extension}"] = phone.password
        words[f"extension {phone.extension}"] = phone.extension
    for name, word in words.items():
        found = _UNWRITABLE.search(word)
        if found:
            seen = f"{name} has {found[0]!r}, which some configuration file cannot hold"
            raise CommandFailure(f"{path}: {seen}; use letters and digits", ExitStatus.WRONG_INPUT)


def _print(recipe: Recipe, texts: dict[str, str]) -> None:
    """One file as it is; of several each below a line with its name."""
    for name, text in texts.items():
        if len(texts) > 1:
            typer.echo(f"======== {recipe.folder}/{name} ========")
        typer.echo(text)


def _write(texts: dict[str, str], folder: Path) -> list[Path]:
    written = []
    for name, text in texts.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            reason = error.strerror or str(error)
            message = f"--out {folder}: {path} can't be written ({reason})"
            raise CommandFailure(message, ExitStatus.WRONG_INPUT) from None
        written.append(path)
    return written
