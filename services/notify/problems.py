"""What each refusal of notify answers: one table from errors to problems."""

from __future__ import annotations

from infra.web.problems import Problem, ProblemType
from services.notify.domain import errors

CONTACT_INVALID = ProblemType(
    errors.ContactInvalidError.slug,
    422,
    "联系方式填写有误，请按提示修改后重新保存。",
    "The contact cannot be saved as it stands; see the findings.",
)
PASSWORD_NEEDED = ProblemType(
    errors.PasswordNeededError.slug,
    403,
    "更改已登记的邮箱，须先验证密码，没有保存。请在“我的账号”页重新打开“联系方式”，输入密码后再改；"
    "程序请重新登录，并在 20 分钟内更改。",
    "To change a registered mailbox, give your password first; nothing was saved. Open your contact again from your "
    "account’s page; a program signs in anew and changes it within 20 minutes.",
)
NO_CONTACT = ProblemType(
    errors.ContactMissingError.slug,
    404,
    "尚未登记联系方式。请填写姓名、手机号码和电子邮箱，以便接收通知。",
    "No contact has been registered yet. Give a name, a mobile number and a mailbox to receive messages.",
)
ACCOUNT_DISABLED = ProblemType(
    errors.AccountDisabledError.slug,
    401,
    "此账号已停用。如有疑问，请联系秘书处。",
    "This account has been disabled. Ask the secretariat.",
)
UNKNOWN_CAMPAIGN = ProblemType(
    errors.CampaignUnknownError.slug,
    404,
    "没有这个活动，或活动尚未发布，请核对活动名称。",
    "There is no such campaign, or it has not been published yet; check its name.",
)
CONTACT_UNREADABLE = ProblemType(
    errors.SealBrokenError.slug,
    500,
    "已登记的联系方式暂时无法读取，请重新填写保存，或联系系统管理员。",
    "The registered contact cannot be read at present; save it anew, or ask the operator.",
)

PROBLEMS: dict[type[errors.NotifyError], ProblemType] = {
    errors.ContactInvalidError: CONTACT_INVALID,
    errors.PasswordNeededError: PASSWORD_NEEDED,
    errors.ContactMissingError: NO_CONTACT,
    errors.AccountDisabledError: ACCOUNT_DISABLED,
    errors.CampaignUnknownError: UNKNOWN_CAMPAIGN,
    errors.SealBrokenError: CONTACT_UNREADABLE,
}


def problem_of(error: errors.NotifyError) -> Problem:
    """The problem that answers an error. Raises the error itself if the table does not hold it: a fault of ours."""
    kind = PROBLEMS.get(type(error))
    if kind is None:
        raise error
    findings = error.findings if isinstance(error, errors.ContactInvalidError) else ()
    return Problem(kind, findings=findings)
