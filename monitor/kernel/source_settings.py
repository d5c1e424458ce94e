"""Settings of the sources: which are asked, where, how often, and how long records are kept."""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class SettingsSection(BaseModel):
    """A part of the settings that refuses keys it does not know."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)


class FeedSettings(SettingsSection):
    """One RSS or Atom feed."""

    name: str = Field(min_length=1, max_length=80, description="how pages call it")
    url: str = Field(pattern=r"^https?://\S+$", description="its address")


class UseFeedSettings(SettingsSection):
    """One survey of use that others publish: JSON, or a CSV table with a TOML about it."""

    name: str = Field(min_length=1, max_length=60, description="how pages call it")
    url: str = Field(
        pattern=r"^https://\S+$|^http://(127\.0\.0\.1|localhost|\[::1\])[:/]\S*$",
        description="its address, over https",
    )
    about_url: str | None = Field(
        None,
        pattern=r"^https://\S+$|^http://(127\.0\.0\.1|localhost|\[::1\])[:/]\S*$",
        description="address of the TOML about it, where the feed is a CSV table",
    )


class UsageSettings(SettingsSection):
    """Feeds of use: surveys that others publish, brought in as drafts of waves, never published by themselves."""

    feeds: tuple[UseFeedSettings, ...] = Field(
        (),
        description='the feeds, such as [{name = "A survey", url = "https://…/wave.json"}], or with '
        'a table, [{name = "A survey", url = "https://…/wave.csv", about_url = "https://…/wave.toml"}]',
    )
    every_hours: float = Field(24, ge=0.001, le=24 * 31, description="hours between askings")

    @model_validator(mode="after")
    def _once(self) -> Self:
        names = [feed.name.casefold() for feed in self.feeds]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"feeds: two are called {twice[0]!r}: give each its own name")
        return self


BaseUrl = Annotated[str, Field(pattern=r"^https?://\S+$", description="the service and its path")]


class SourceSettings(SettingsSection):
    """One source with an API."""

    enabled: bool = Field(default=True, description="ask this source")
    base_url: BaseUrl
    api_key_file: Path | None = Field(None, description="file that holds the key, if there is one")
    every_hours: float = Field(24, ge=0.001, le=24 * 31, description="hours between polls")


class FeedSourceSettings(SettingsSection):
    """One source made of feeds."""

    enabled: bool = Field(default=True, description="ask these feeds")
    feeds: tuple[FeedSettings, ...] = Field(
        (), description='the feeds, such as [{name = "Journal", url = "https://…/rss"}]'
    )
    every_hours: float = Field(12, ge=0.001, le=24 * 31, description="hours between polls")


class PubMedSettings(SourceSettings):
    """PubMed through NCBI's E-utilities."""

    base_url: BaseUrl = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"


class EuropePmcSettings(SourceSettings):
    """Europe PMC's REST service."""

    base_url: BaseUrl = "https://www.ebi.ac.uk/europepmc/webservices/rest"


class ClinicalTrialsSettings(SourceSettings):
    """ClinicalTrials.gov's registry (API version 2)."""

    base_url: BaseUrl = "https://clinicaltrials.gov/api/v2"


class IsrctnSettings(SourceSettings):
    """The ISRCTN registry."""

    base_url: BaseUrl = "https://www.isrctn.com/api"


class FinderSettings(SourceSettings):
    """One that is asked about known papers, and may be searched for new ones."""

    search: bool = Field(default=True, description="search it for new papers too")


class CrossrefSettings(FinderSettings):
    """Crossref: new papers by their titles; retractions, corrections and concerns; DOI look-ups."""

    base_url: BaseUrl = "https://api.crossref.org"


class OpenAlexSettings(FinderSettings):
    """OpenAlex: new papers by title and abstract; look-ups of single DOIs for what others leave out."""

    enabled: bool = Field(
        default=False, description="ask this source; true where it is not set and there is a key"
    )
    base_url: BaseUrl = "https://api.openalex.org"
    search: bool = Field(
        default=True,
        description="search it for new papers too; it lists nothing without a key, and is then "
        "only looked up in",
    )

    @model_validator(mode="before")
    @classmethod
    def _on_with_a_key(cls, data: Any) -> Any:  # noqa: ANN401 - pydantic hands over raw data
        """Ask it where there is a key, unless the settings say otherwise."""
        if isinstance(data, dict) and data.get("api_key_file") and "enabled" not in data:
            return {**data, "enabled": True}
        return data


class PubMedFeedSettings(FeedSourceSettings):
    """PubMed's RSS feeds of saved searches; each needs its address from PubMed's website."""


class JournalFeedSettings(FeedSourceSettings):
    """Journals' own RSS or Atom feeds."""


class OtherSourceSettings(SourceSettings):
    """A source that has no section of its own; an empty address is the source's own default."""

    base_url: str = Field("", pattern=r"^(https?://\S+)?$", description="the service and its path")


class ByFileSettings(SettingsSection):
    """A database that a person searches, and whose export they bring as a file."""

    person: str = Field(
        pattern=r"^[^@\s]+@[^@\s]+$",
        description="e-mail address of whoever is asked for the export",
    )
    every_days: int = Field(90, ge=1, le=366, description="days between exports")


class SourcesSettings(SettingsSection):
    """The literature sources."""

    allow_loopback: bool = Field(
        default=False,
        description="permit sources on this machine (the demo and tests); shown on Status",
    )
    contact: str = Field(
        "", description="address sent to the sources, so that they can reach you; NCBI asks for it"
    )
    since: str = Field(
        "2020-01-01",
        pattern=r"^\d{4}-\d{2}-\d{2}$",
        description="first day searched when a source is asked for the first time",
    )
    compare_every_days: float = Field(
        7,
        ge=0.01,
        le=31,
        description="days between full comparisons of what a source lists with what is held",
    )
    keep_raw_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="days to keep records as sent once a newer version of them is held; the newest "
        "is always kept. 0 keeps everything",
    )
    others: dict[str, OtherSourceSettings] = Field(
        {},
        description="sources without a section here, by name, such as {name = {enabled = false}}",
    )
    by_file: dict[str, ByFileSettings] = Field(
        {},
        description="databases that people search and bring as files, by name, such as "
        '{psycinfo = {person = "name@example.org", every_days = 90}}; `gap-monitor queries` lists them',
    )
    pubmed: PubMedSettings = PubMedSettings()
    europepmc: EuropePmcSettings = EuropePmcSettings()
    pubmed_rss: PubMedFeedSettings = PubMedFeedSettings()
    journals: JournalFeedSettings = JournalFeedSettings()
    clinicaltrials: ClinicalTrialsSettings = ClinicalTrialsSettings()
    isrctn: IsrctnSettings = IsrctnSettings()
    crossref: CrossrefSettings = CrossrefSettings()
    openalex: OpenAlexSettings = OpenAlexSettings()
