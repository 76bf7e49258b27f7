"""Who asks for a token, and how it proves itself. Secrets are named by where they lie, never written down here."""

from __future__ import annotations

import os
import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from proxy_addons.entra.clouds import Cloud
from proxy_addons.setting_values import Placeholder

if TYPE_CHECKING:
    from collections.abc import Callable


class Flow(StrEnum):
    """How a token is got."""

    CLIENT_CREDENTIALS = "client-credentials"
    DEVICE_CODE = "device-code"
    INTERACTIVE = "interactive"
    REFRESH_TOKEN = "refresh-token"  # noqa: S105  # the name of a flow, not a credential


class IdentityError(Exception):
    """An identity nobody can sign in as; the text says what is missing and the remedy."""


class Identity(BaseModel):
    """An application, and whoever signs in to it, as options and configuration files describe them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: Annotated[str, Placeholder("ID")] = Field(
        description="The application (client) id the token is issued to."
    )
    tenant: Annotated[str, Placeholder("TENANT")] = Field(
        default="organizations", description="Tenant id or domain; an application's own token needs one."
    )
    cloud: Annotated[Cloud, Placeholder("|".join(Cloud))] = Field(
        default=Cloud.WORLDWIDE, description="The cloud to sign in to."
    )
    flow: Annotated[Flow | None, Placeholder("|".join(Flow))] = Field(
        default=None,
        description="How to sign in; client-credentials where a secret or certificate is named, else device-code.",
    )
    secret_env: Annotated[str, Placeholder("NAME")] = Field(
        default="", description="Environment variable that holds the client secret."
    )
    secret_file: Annotated[Path | None, Placeholder("FILE")] = Field(
        default=None, description="File that holds the client secret."
    )
    certificate: Annotated[Path | None, Placeholder("FILE")] = Field(
        default=None, description="PEM file with the private key and the certificate the application registered."
    )
    passphrase_env: Annotated[str, Placeholder("NAME")] = Field(
        default="", description="Environment variable that holds the private key's passphrase."
    )
    refresh_token_env: Annotated[str, Placeholder("NAME")] = Field(
        default="", description="Environment variable that holds a refresh token."
    )
    refresh_token_file: Annotated[Path | None, Placeholder("FILE")] = Field(
        default=None, description="File that holds a refresh token."
    )
    login_hint: Annotated[str, Placeholder("USER")] = Field(
        default="", description="User to suggest at an interactive sign-in."
    )
    cae: bool = Field(
        default=False, description="Declare that claims challenges are handled (cp1), as CAE-capable clients do."
    )

    @field_validator("client_id", "tenant")
    @classmethod
    def _plain(cls, value: str) -> str:
        if not re.fullmatch(r"[\w.-]+", value):
            raise ValueError("is no id or domain")
        return value

    @model_validator(mode="after")
    def _one_credential(self) -> Identity:
        given = [self.secret_env, self.secret_file, self.certificate]
        if sum(map(bool, given)) > 1:
            raise ValueError("name one of secret_env, secret_file and certificate, not several")
        return self

    @property
    def chosen_flow(self) -> Flow:
        """The flow asked for, or the one that follows from what is named."""
        if self.flow is not None:
            return self.flow
        if self.refresh_token_env or self.refresh_token_file:
            return Flow.REFRESH_TOKEN
        proves_itself = self.secret_env or self.secret_file or self.certificate
        return Flow.CLIENT_CREDENTIALS if proves_itself else Flow.DEVICE_CODE

    def secret(self, ask: Callable[[str], str]) -> str:
        """The client secret; `ask` puts a question to the person where nothing names one. Raises IdentityError."""
        return self._read("client secret", self.secret_env, self.secret_file) or ask("Client secret")

    def refresh_token(self, ask: Callable[[str], str]) -> str:
        """The refresh token, likewise."""
        return self._read("refresh token", self.refresh_token_env, self.refresh_token_file) or ask("Refresh token")

    @property
    def has_secret(self) -> bool:
        """Whether a client secret is named."""
        return bool(self.secret_env or self.secret_file)

    def _read(self, what: str, variable: str, file: Path | None) -> str:
        if variable:
            return read_variable(variable, what)
        return read_secret_file(file, what) if file else ""


def read_variable(name: str, what: str) -> str:
    """A secret from the environment. Raises IdentityError."""
    value = os.environ.get(name, "").strip()
    if not value:
        raise IdentityError(f"the {what}: the environment variable {name} is empty or not set. Set it, or name another")
    return value


def read_secret_file(file: Path, what: str) -> str:
    """A secret from a file. Raises IdentityError."""
    try:
        value = file.expanduser().read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is no text"
        raise IdentityError(f"the {what}: {file}: {reason}. Name a file that holds it") from None
    if not value:
        raise IdentityError(f"the {what}: {file} is empty. Name a file that holds it")
    return value
