"""Reads feature profiles, which may inherit from each other, from a YAML file.

Without a file of the operator's it is the one beside this module. Everything in a file is checked
when it is read, whether it is used or not: a mistake shows at the start, and by its field.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from tradewind.contracts.envelope import describe
from tradewind.contracts.signals.features import ProfileId
from tradewind.contracts.signals.profiles import FeatureProfile, canonical_json, sha256_of
from tradewind.errors import ConfigurationError
from tradewind.trading.strict_yaml import InvalidYaml, read_yaml

VARIABLE: Final = "TRADEWIND_FEATURE_PROFILES_FILE"
PACKAGED: Final = Path(__file__).with_name("feature_profiles.yaml")
MAX_FILE_BYTES: Final = 64 * 1024
MAX_PROFILES: Final = 32
MAX_ANCESTORS: Final = 4
_EXTENDS: Final = "extends"
_ID: Final[TypeAdapter[str]] = TypeAdapter(ProfileId)

type Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NamedProfile:
    """A profile with everything it inherited, as it is recorded."""

    profile_id: str
    profile: FeatureProfile
    text: str
    """Its canonical JSON."""
    sha256: str
    """Of the text, in hexadecimal."""


def named(profile_id: str, profile: FeatureProfile) -> NamedProfile:
    """Return a profile as it is recorded."""
    text = canonical_json(profile)
    return NamedProfile(profile_id, profile, text, sha256_of(text))


def load_profiles(path: Path | None = None) -> dict[str, NamedProfile]:
    """Return all profiles of a file by their ids; ConfigurationError names what is wrong."""
    try:
        content = read_yaml(path or PACKAGED, MAX_FILE_BYTES)
        return profiles_of(content)
    except (InvalidYaml, InvalidProfiles) as error:
        raise ConfigurationError(f"{VARIABLE}: {error}") from None


class InvalidProfiles(ValueError):
    """The file is YAML, but does not hold profiles; the text names the field and the limit."""


def profiles_of(content: Any) -> dict[str, NamedProfile]:
    """Return the profiles of what a file holds; InvalidProfiles."""
    if not isinstance(content, dict) or set(content) != {"profiles"}:
        raise InvalidProfiles("must be a mapping with profiles, and nothing else")
    written = content["profiles"]
    if not isinstance(written, dict) or not written:
        raise InvalidProfiles("profiles: must be a mapping of ids to profiles")
    if len(written) > MAX_PROFILES:
        raise InvalidProfiles(f"profiles: {len(written)} of at most {MAX_PROFILES}")
    for profile_id, one in written.items():
        _check(profile_id, one)
    return {profile_id: _resolved(profile_id, written) for profile_id in written}


def _check(profile_id: str, content: Any) -> None:
    try:
        _ID.validate_python(profile_id)
    except ValidationError as error:
        raise InvalidProfiles(f"profiles: an id {describe(error)}") from None
    if not isinstance(content, dict):
        raise InvalidProfiles(f"profiles.{profile_id}: must be a mapping")
    if not isinstance(content.get(_EXTENDS, ""), str):
        raise InvalidProfiles(f"profiles.{profile_id}.{_EXTENDS}: must be the id of one profile")


def _resolved(profile_id: str, written: Mapping[str, Content]) -> NamedProfile:
    merged: Content = {}
    for one in reversed(_lineage(profile_id, written)):
        merged = _merged(merged, written[one])
    content = {name: value for name, value in merged.items() if name != _EXTENDS}
    try:
        profile = FeatureProfile.model_validate(content, strict=False)
    except ValidationError as error:
        raise InvalidProfiles(f"profiles.{profile_id}.{describe(error)}") from None
    return named(profile_id, profile)


def _lineage(profile_id: str, written: Mapping[str, Content]) -> list[str]:
    """Return a profile and its ancestors, nearest first."""
    lineage = [profile_id]
    while (parent := written[lineage[-1]].get(_EXTENDS)) is not None:
        place = f"profiles.{lineage[-1]}.{_EXTENDS}"
        if parent in lineage:
            raise InvalidProfiles(f"{place}: {parent} extends itself in the end")
        if parent not in written:
            raise InvalidProfiles(f"{place}: names no profile of the file")
        lineage.append(parent)
        if len(lineage) > MAX_ANCESTORS + 1:
            raise InvalidProfiles(f"{place}: at most {MAX_ANCESTORS} profiles one above the other")
    return lineage


def _merged(inherited: Content, own: Content) -> Content:
    """Return mappings merged deeply; lists and values replace, and nothing takes away."""
    merged = dict(inherited)
    for name, value in own.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            before = merged.get(name)
            merged[name] = _merged(before if isinstance(before, dict) else {}, value)
        else:
            merged[name] = value
    return merged
