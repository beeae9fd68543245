"""Which providers there are, and which of them serve a model, in which order.

GROUNDWORK_PROVIDERS names a TOML file, or holds its text:

    [providers.openai]
    base_url = "…"                  # left out: the SDK's own
    api_key_env = "OPENAI_API_KEY"  # the variable that holds the key
    models = ["gpt-4o", "gpt-4o-mini"]
    timeout = 60

    [providers.backup]
    kind = "anthropic"              # left out: openai, which any OpenAI-compatible server is
    api_key_env = "ANTHROPIC_API_KEY"
    models = ["claude-*"]

    [models."gpt-4o"]
    fallback = ["backup/claude-sonnet-4-5"]
    max_output_tokens = 16384

Without it OPENAI_API_KEY (with OPENAI_BASE_URL) and ANTHROPIC_API_KEY are enough.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from functions._shared.errors import FunctionError

VARIABLE = "GROUNDWORK_PROVIDERS"


class Section(BaseModel):
    """A table of the configuration; an unknown name in it is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ProviderSection(Section):
    """One provider."""

    kind: Literal["openai", "anthropic"] = "openai"
    base_url: str | None = None
    api_key_env: str | None = None
    models: list[str] = Field(default_factory=lambda: ["*"])
    timeout: float = Field(default=120, gt=0)
    connect_timeout: float = Field(default=5, gt=0)
    max_retries: int = Field(default=0, ge=0, le=5)
    continuous_usage: bool = False


class ModelSection(Section):
    """What is particular to one model."""

    # The ledger names the model that answered, so each must be a name that it can hold.
    fallback: list[Annotated[str, Field(pattern=r"^[^/]+(/[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199})?$")]] = Field(
        default_factory=list
    )
    max_output_tokens: int | None = Field(default=None, gt=0)


class Configuration(Section):
    """The whole of it."""

    providers: dict[str, ProviderSection] = Field(default_factory=dict)
    models: dict[str, ModelSection] = Field(default_factory=dict)
    default_model: str | None = None


@dataclass(frozen=True)
class Provider:
    """A provider that can be called."""

    name: str
    kind: str
    base_url: str | None
    api_key: str = field(repr=False)
    models: tuple[str, ...]
    timeout: float
    connect_timeout: float
    max_retries: int
    continuous_usage: bool
    """Whether it understands `continuous_usage_stats` (vLLM does), so that a cut-off stream is charged exactly."""

    def serves(self, model: str) -> bool:
        """Return whether the provider says that it has the model."""
        return any(fnmatchcase(model, pattern) for pattern in self.models)


@dataclass(frozen=True)
class Target:
    """A provider, and what it calls the model."""

    provider: Provider
    model: str


@dataclass(frozen=True)
class Catalogue:
    """All providers, in the order of the configuration, and what is said of models."""

    providers: tuple[Provider, ...]
    models: Mapping[str, ModelSection]
    default_model: str | None

    def targets(self, model: str) -> list[Target]:
        """Return where a model may be asked for, in the order to try; none where nobody serves it."""
        found = [Target(provider, model) for provider in self.providers if provider.serves(model)]
        named = {provider.name: provider for provider in self.providers}
        section = self.models.get(model)
        for spelled in section.fallback if section else []:
            name, _, other = spelled.partition("/")
            found.append(Target(named[name], other or model))
        return found

    def candidates(self, model: str) -> list[str]:
        """Return the models that may answer, first the one asked for."""
        return list(dict.fromkeys([model, *(target.model for target in self.targets(model))]))

    def max_output(self, model: str) -> int | None:
        """Return the most output tokens that the configuration allows the model, or None."""
        section = self.models.get(model)
        return section.max_output_tokens if section else None

    def names(self) -> list[tuple[str, str]]:
        """Return each model that is named (not a pattern) and its first provider."""
        listed: dict[str, str] = {}
        for provider in self.providers:
            for model in provider.models:
                if not any(sign in model for sign in "*?["):
                    listed.setdefault(model, provider.name)
        for model in self.models:
            if targets := self.targets(model):
                listed.setdefault(model, targets[0].provider.name)
        return list(listed.items())


@cache
def catalogue() -> Catalogue:
    """Return the providers of this process's environment, read once; raise FunctionError (500) for a mistake."""
    return load(os.environ)


def load(environment: Mapping[str, str]) -> Catalogue:
    """Return the providers that an environment configures; raise FunctionError (500) for a mistake in it."""
    given = environment.get(VARIABLE, "").strip()
    try:
        text = given if "\n" in given or not given else Path(given).read_text(encoding="utf-8")
        configuration = Configuration.model_validate(tomllib.loads(text) if text else implied(environment))
        made = tuple(provider_of(name, section, environment) for name, section in configuration.providers.items())
    except (OSError, ValueError) as error:
        # A validation error repeats its input, which may hold a key that was put where a variable's name belongs.
        reason = type(error).__name__ if isinstance(error, ValidationError) else str(error)
        raise FunctionError(
            500, "not_configured", f"{VARIABLE} is not valid: {reason}", "See the file's form."
        ) from None
    names = {provider.name for provider in made}
    for model, section in configuration.models.items():
        for spelled in section.fallback:
            if spelled.partition("/")[0] not in names:
                message = f"{VARIABLE}: the fallback {spelled!r} of {model!r} names no provider"
                raise FunctionError(500, "not_configured", message, "Spell it provider/model.")
    return Catalogue(made, configuration.models, configuration.default_model or default_of(configuration))


def implied(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the configuration that the SDKs' own variables stand for."""
    providers: dict[str, Any] = {}
    if environment.get("ANTHROPIC_API_KEY"):
        providers["anthropic"] = {
            "kind": "anthropic",
            "base_url": environment.get("ANTHROPIC_BASE_URL") or None,
            "api_key_env": "ANTHROPIC_API_KEY",
            "models": ["claude-*"],
        }
    if environment.get("OPENAI_API_KEY") or environment.get("OPENAI_BASE_URL"):
        providers["openai"] = {
            "base_url": environment.get("OPENAI_BASE_URL") or None,
            "api_key_env": "OPENAI_API_KEY",
            "models": ["*"],
        }
    return {"providers": providers, "default_model": environment.get("GROUNDWORK_CHAT_MODEL") or None}


def provider_of(name: str, section: ProviderSection, environment: Mapping[str, str]) -> Provider:
    """Return a provider; raise ValueError where it needs a key and has none."""
    key = environment.get(section.api_key_env, "") if section.api_key_env else ""
    if not key and section.base_url is None:
        raise ValueError(f"the provider {name} has no key: {section.api_key_env or 'api_key_env'} is not set")
    return Provider(
        name,
        section.kind,
        section.base_url,
        # A server of one's own (Ollama and the like) takes any key; the SDK insists on one.
        key or "unused",
        tuple(section.models),
        section.timeout,
        section.connect_timeout,
        section.max_retries,
        section.continuous_usage,
    )


def default_of(configuration: Configuration) -> str | None:
    """Return the model that chat asks where nobody names one: the first that is named, not a pattern."""
    for section in configuration.providers.values():
        for model in section.models:
            if "*" not in model:
                return model
    return None
