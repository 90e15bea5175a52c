"""How intake's errors answer over HTTP: one table."""

from __future__ import annotations

from infra.web.problems import FORBIDDEN, NOT_FOUND, Problem, ProblemType
from services.intake.domain import errors as e

TABLE: dict[type[e.IntakeError], ProblemType] = {
    e.NotFoundError: NOT_FOUND,
    e.ForbiddenError: FORBIDDEN,
    e.SignInRefusedError: ProblemType(
        "sign-in-refused",
        401,
        "登录名或密码不正确，或账号尚未激活。请核对后重试；忘记密码请联系秘书处重新发放激活码。",
        "The login or the password is wrong, or the account was never activated. "
        "Try again, or ask the secretariat for a new activation code.",
    ),
    e.AccountDisabledError: ProblemType(
        "account-disabled",
        403,
        "此账号已停用。如有疑问，请联系秘书处。",
        "This account has been disabled. Ask the secretariat.",
    ),
    e.TooManyAttemptsError: ProblemType(
        "too-many-attempts",
        429,
        "登录失败次数过多，请稍后再试。也可以换一个网络登录，或联系秘书处重新发放激活码。",
        "Too many failed sign-ins from here. Try again later, or from another network.",
    ),
    e.SecondFactorNeededError: ProblemType(
        "second-factor-needed",
        401,
        "此账号已启用动态口令，请同时提供手机应用上显示的 6 位数字（totp），或一个恢复码。",
        "This account has a second factor: give the six digits of its application (totp), or a recovery code, too.",
    ),
    e.SignInLapsedError: ProblemType(
        "sign-in-lapsed",
        401,
        "登录已中断：输入密码后间隔太久，或密码已更改。请重新输入登录名和密码。",
        "It has been too long since the password, or the password was changed. Sign in from the beginning.",
    ),
    e.SecondFactorRefusedError: ProblemType(
        "second-factor-refused",
        401,
        "动态口令不正确，或已经用过。请等手机应用显示下一组数字后再试，并确认手机时间准确。",
        "The one-time password is wrong or was used before. Wait for the next one, and check the telephone's clock.",
    ),
    e.SecondFactorExistsError: ProblemType(
        "second-factor-exists",
        409,
        "此账号已启用动态口令。更换手机时，请先用恢复码登录，或请秘书处重置。",
        "This account has a second factor already; to change it, ask the secretariat to reset it.",
    ),
    e.BadTokenError: ProblemType(
        "bad-token", 422, "程序令牌的设置有误，请按提示修改。", "The token cannot be made like this."
    ),
    e.BadSheetError: ProblemType(
        "bad-sheet", 422, "文件无法读取，请使用模板。", "The file cannot be read; use the template."
    ),
    e.RowsRefusedError: ProblemType(
        "rows-refused",
        422,
        "表中有错误，没有导入任何内容。请按提示逐行修改后重新上传。",
        "Rows are wrong and nothing was imported. Mend each and send the file again.",
    ),
    e.OutOfScopeError: ProblemType(
        "out-of-scope",
        403,
        "此程序令牌没有这项权限范围。请在“我的账号”页另行申请。",
        "This token's scopes do not cover this; make another on the account page.",
    ),
    e.ActivationRefusedError: ProblemType(
        "activation-refused",
        422,
        "激活码无效、已使用、已过期或已被后来的代替（激活函上的72小时、邮件中的30分钟内有效）。请核对，或重新申请。",
        "The code is wrong, used, expired or replaced by a later one (a letter's lasts 72 hours, a mail's 30 minutes).",
    ),
    e.WeakPasswordError: ProblemType(
        "weak-password", 422, "密码强度不够，请换一个。", "The password is too weak; choose another."
    ),
    e.WrongPasswordError: ProblemType(
        "wrong-password", 422, "原密码不正确，请重新输入。", "The present password is wrong; type it again."
    ),
    e.LoginTakenError: ProblemType(
        "login-taken", 409, "登录名已被使用，请换一个。", "The login is taken; choose another."
    ),
    e.BadAccountError: ProblemType(
        "bad-account", 422, "账号信息有误，请按提示修改。", "The account cannot be made like this."
    ),
    e.CampaignExistsError: ProblemType(
        "campaign-exists", 409, "同名活动已存在。", "A campaign of this id exists already."
    ),
    e.BadDefinitionError: ProblemType(
        "bad-definition", 422, "活动定义有误，请按提示逐项修改。", "The campaign definition does not hold together."
    ),
    e.UnknownCategoryError: ProblemType(
        "unknown-category", 422, "本活动没有此类别。", "The campaign has no such category."
    ),
    e.UnitNotInvitedError: ProblemType(
        "unit-not-invited", 403, "贵单位不在推荐单位名单中。", "The unit is not among those invited."
    ),
    e.NotOpenError: ProblemType(
        "not-open", 409, "申报尚未开始。", "The campaign does not take entries yet."
    ),
    e.DeadlinePassedError: ProblemType(
        "deadline-passed", 409, "已过截止时间。", "The deadline has passed."
    ),
    e.QuotaUsedError: ProblemType(
        "quota-used", 409, "推荐名额已用完。", "The unit's quota in this category is used."
    ),
    e.WrongStateError: ProblemType(
        "wrong-state", 409, "材料当前的状态不允许此操作。", "The state of the entry does not allow this."
    ),
    e.StaleVersionError: ProblemType(
        "stale-version",
        409,
        "此材料已在别处修改，请对照后再次保存。",
        "The entry was changed elsewhere; compare and save again.",
    ),
    e.UnknownFieldError: ProblemType(
        "unknown-field", 422, "表单中没有此字段。", "The form has no such field."
    ),
    e.NotReadyError: ProblemType(
        "not-ready", 422, "材料尚不能提交，请按提示逐项修改。", "The entry is not ready; see every finding."
    ),
    e.UnknownMaterialKindError: ProblemType(
        "unknown-material-kind", 422, "此类别不收这种材料。", "The category takes no such material."
    ),
    e.TooManyMaterialsError: ProblemType(
        "too-many-materials", 409, "此种材料的数量已达上限。", "The entry holds as many of these as it may."
    ),
    e.MaterialTooLargeError: ProblemType(
        "material-too-large", 422, "文件过大，请缩小后重新上传。", "The file is too large."
    ),
    e.UploadMissingError: ProblemType(
        "upload-missing", 409, "文件尚未上传完成。", "The file has not arrived in storage."
    ),
    e.UploadExpiredError: ProblemType(
        "upload-expired", 409, "上传超时，请重新上传。", "The upload took too long; begin again."
    ),
    e.MalformedPartsError: ProblemType(
        "no-such-part",
        422,
        "没有这一段，或此文件不是分段上传的。",
        "There is no such part, or the file is not sent in parts."
    ),
    e.NothingToShowError: ProblemType(
        "nothing-to-show",
        409,
        "文件尚未通过检查，暂时无法显示。",
        "The file has not passed its checks; there is nothing to show yet."
    ),
    e.StorageUnavailableError: ProblemType(
        "storage-unavailable",
        503,
        "文件存储暂时不可用，请稍后重试；已保存的内容不会丢失。",
        "File storage does not answer; try again shortly. What was saved is safe.",
    ),
    e.FontMissingError: ProblemType(
        "font-missing",
        503,
        "服务器缺少文档字体，暂时不能生成 PDF；可先下载 .docx。请告知运维人员。",
        "The server lacks a font that PDFs are set in; take the .docx for now, and tell the operators.",
    ),
    e.TooLongToPrintError: ProblemType(
        "too-long-to-print",
        409,
        "草稿文字过长，缩减后才能打印。",
        "The draft is too long to be printed; shorten it first.",
    ),
    e.PaperFailedError: ProblemType(
        "paper-failed",
        503,
        "这份文件排版失败（用时或内存超限）。请检查文字中有无异常内容，或改下载另一种格式，或联系秘书处。",
        "This paper could not be set within the limits of time and memory. See whether its texts hold anything odd; "
        "take the other kind of file (.docx or PDF), or ask the secretariat.",
    ),
}  # fmt: skip


def problem_of(error: e.IntakeError) -> Problem:
    """The problem that answers this error."""
    return Problem(TABLE[type(error)], error.zh, error.en, error.findings, error.extra)


def types_of(*errors: type[e.IntakeError]) -> tuple[ProblemType, ...]:
    """The rows of these errors, for a route's documentation."""
    return tuple(TABLE[error] for error in errors)
