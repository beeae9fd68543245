"""What Supabase Lite is told: the settings of config.toml that it knows, which it checks strictly."""

from __future__ import annotations

from typing import Any

from groundwork.stack.project import Project

AUTH = (
    "site_url",
    "additional_redirect_urls",
    "jwt_expiry",
    "enable_refresh_token_rotation",
    "refresh_token_reuse_interval",
    "enable_signup",
    "minimum_password_length",
    "password_requirements",
    "sessions",
)
EMAIL = ("double_confirm_changes", "enable_confirmations", "secure_password_change", "max_frequency", "smtp")
STORAGE = ("enabled", "file_size_limit")


def auth_settings(project: Project, jwt_secret: str) -> dict[str, Any]:
    """Return the settings of Auth. Lite has no rate limits, so those of config.toml have no counterpart."""
    found: dict[str, Any] = project.setting("auth", {})
    email: dict[str, Any] = found.get("email", {})
    return {
        **{key: found[key] for key in AUTH if key in found},
        "jwt_secret": jwt_secret,
        "email": {
            "enable_signup": email.get("enabled", True),
            **{key: email[key] for key in EMAIL if key in email},
        },
    }


def storage_settings(project: Project) -> dict[str, Any]:
    """Return the settings of Storage."""
    found: dict[str, Any] = project.setting("storage", {})
    return {key: found[key] for key in STORAGE if key in found}
