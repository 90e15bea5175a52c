"""What intake's HTTP interface takes, version 1."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from contracts.events import Sha256
from infra.web.fields import Line, LongText, one_line, storable
from services.intake.domain.materials import MAX_CAPTION, file_name


def caption_line(given: str) -> str:
    """A caption in one line; empty if nothing is left of it. Raises ValueError for what cannot be stored."""
    return one_line(given) if storable(given).strip() else ""


Role = Literal["unit", "committee", "working-group", "individual", "secretariat", "expert", "supervisor", "operator"]
Scope = Literal[
    "entries:read", "entries:private", "entries:write", "submissions", "campaigns:read", "campaigns", "accounts:read"
]  # services.intake.domain.tokens.SCOPES
FieldKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
FileName = Annotated[str, StringConstraints(max_length=2000), AfterValidator(one_line), AfterValidator(file_name)]
PartNumber = Annotated[int, Field(ge=1, le=10_000)]
UnitCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]


class In(BaseModel):
    """A request: what is not known is refused by name."""

    model_config = ConfigDict(extra="forbid")


class NewSession(In):
    login: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    password: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    totp: Annotated[str, StringConstraints(max_length=100)] = Field(
        "", description="The one-time password or a recovery code, of an account that has a second factor."
    )


class SecondFactorCode(In):
    code: Annotated[str, StringConstraints(min_length=1, max_length=100)]


class NewProgramToken(In):
    name: Line
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=20)]
    days: Annotated[int, Field(ge=1, le=366)] = 180


class NewActivation(In):
    code: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    password: Annotated[str, StringConstraints(max_length=1000)]


class NewCodes(In):
    account_ids: Annotated[list[UUID], Field(min_length=1, max_length=500)]


class PasswordRequest(In):
    login: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class NewPassword(In):
    old: Annotated[str, StringConstraints(max_length=1000)]
    new: Annotated[str, StringConstraints(max_length=1000)]


class NewAccountIn(In):
    login: Annotated[str, StringConstraints(max_length=100)]
    name: Line
    roles: Annotated[list[Role], Field(min_length=1, max_length=7)]
    unit_code: UnitCode | None = None


class Reason(In):
    reason: Line


class NewCampaign(In):
    definition: dict[str, Any] = Field(description="contracts.campaign.CampaignDefinition as JSON.")


class ExtensionIn(In):
    unit_code: UnitCode
    cutoff: AwareDatetime


class NewAmendment(In):
    """Only what is given changes; `cutoff: null` takes the separate cut-off away."""

    online_deadline: AwareDatetime | None = None
    cutoff: AwareDatetime | None = None
    paper_deadline: AwareDatetime | None = None
    review_due: AwareDatetime | None = None
    extension: ExtensionIn | None = None
    reason: Line


class NewEntry(In):
    category: Annotated[str, StringConstraints(max_length=40)]
    post: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        default=None, description="One of the options of the category's post field: some count against no quota."
    )


class Texts(In):
    version: Version = Field(description="The version that these texts were typed over.")
    fields: Annotated[dict[FieldKey, LongText], Field(max_length=100)]
    versions: Annotated[dict[FieldKey, Version], Field(max_length=100)] = Field(
        default={}, description="For single texts, the version that they were typed over, where it is another."
    )


class Restoration(In):
    """Either an earlier text or the texts of a whole submission."""

    version: Version = Field(description="The version that is looked at; a text saved since is not replaced.")
    text: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = Field(default=None, description="`id` of an earlier text.")
    revision: Version | None = Field(default=None, description="Number of a submission.")

    @model_validator(mode="after")
    def _one_of_two(self) -> Restoration:
        if (self.text is None) == (self.revision is None):
            raise ValueError("text 与 revision 须且只能给出一项。 | Give either text or revision.")
        return self


class NewMaterial(In):
    kind: Annotated[str, StringConstraints(max_length=40)]
    name: FileName = Field(description="The file's name, to show.")
    bytes: Annotated[int, Field(ge=1, le=2**40)]
    in_parts: bool = Field(
        default=False, description="Send the file in parts, each with a link of its own: a broken line costs one part."
    )
    sha256: Sha256 | None = Field(
        default=None, description="What the sender says the file is; used to warn of a file that is there twice."
    )
    replaces: UUID | None = Field(default=None, description="The file whose place and caption this one takes.")


class PartNumbers(In):
    numbers: Annotated[list[PartNumber], Field(min_length=1, max_length=100)]


class NewCaption(In):
    caption: Annotated[str, StringConstraints(max_length=MAX_CAPTION), AfterValidator(caption_line)]
    over: Annotated[str, StringConstraints(max_length=MAX_CAPTION)] | None = Field(
        default=None, description="The caption that this one was typed over; another one that is saved by now is told."
    )


class NewOrder(In):
    material_ids: Annotated[list[UUID], Field(min_length=1, max_length=500)]


class NewSubmission(In):
    version: Version = Field(description="The version to submit; the same again returns the same receipt.")


class Withdrawal(In):
    reason: Annotated[str, StringConstraints(max_length=300), AfterValidator(one_line)] | None = None
