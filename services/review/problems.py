"""What review says when it refuses: one table, error → status and sentences. `{…}` are the error's own figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from infra.web.openapi import Responses, problem_responses
from infra.web.problems import FORBIDDEN, UNAUTHENTICATED, Problem, ProblemType
from services.review.domain import errors as e

_SHOWN_IN = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: what kind of refusal, and the sentence with its figures filled in."""

    status: int
    zh: str
    en: str
    detail_zh: str = ""
    detail_en: str = ""


PROBLEMS: Mapping[type[e.ReviewError], Row] = {
    e.UnknownCampaignError: Row(
        404,
        "没有找到该活动，请核对活动编号；如活动刚刚开放，请稍后重试。",
        "There is no such campaign here; check its id, or try again shortly if it has just been opened.",
    ),
    e.UnknownCaseError: Row(
        404,
        "没有找到该申报材料，请核对编号；如刚刚提交，请稍后重试。",
        "There is no such entry here; check its id, or try again shortly if it has just been submitted.",
    ),
    e.UnknownAssessmentError: Row(
        404, "没有找到该评审任务，请从评审列表进入。", "There is no such assessment; open it from your own list."
    ),
    e.UnknownExpertError: Row(
        404,
        "该账号不在本活动的专家组中，请先登记专家。",
        "The account is not on this campaign's panel; enrol it first.",
    ),
    e.UnknownUnitError: Row(
        404,
        "本活动没有该推荐单位，请核对单位代码。",
        "The campaign has no such unit; check its code.",
        "本活动没有代码为“{unit}”的推荐单位，请核对单位代码。",
        "The campaign has no unit {unit}; check its code.",
    ),
    e.ExpertInSecretariatError: Row(
        403,
        "此账号是本活动的评审专家，按回避要求不能查看或办理本活动的评审事务。",
        "This account is an expert of the campaign, and so may not see or do what its secretariat does.",
    ),
    e.StaleRevisionError: Row(
        409,
        "材料版本已变化，请刷新后按最新版本审查。",
        "Another revision stands now; reload and review that one.",
        "您审查的是第 {given} 版，当前为第 {current} 版。请刷新后按当前版本审查。",
        "You ruled on revision {given}; revision {current} stands now. Reload and review that one.",
    ),
    e.AlreadyDecidedError: Row(
        409,
        "该版本已有审查结论。",
        "This revision has been ruled on already.",
        "第 {revision} 版已由 {decided_by} 于 {decided_at} 作出结论（{state}），本次未作更改。",
        "Revision {revision} was ruled on by {decided_by} at {decided_at} ({state}); nothing was changed now.",
    ),
    e.CaseWithdrawnError: Row(
        409, "推荐单位已撤回该材料，无需审查。", "The unit has withdrawn this entry; there is nothing to rule on."
    ),
    e.CaseClaimedError: Row(
        409,
        "另一位同事正在审查此材料，本次未作更改。",
        "A colleague is working on this entry; nothing was changed.",
        "{name} 正在审查此材料（保留至 {until}），本次未作更改。如已与其商定，可在页面上接手后再办理。",
        "{name} is working on this entry (until {until}); nothing was changed. Take it over if you have agreed so.",
    ),
    e.UnknownPaperError: Row(
        404,
        "这不是本活动的申报表编号，未作登记。请核对编号，或重新扫描表上的二维码。",
        "This is no form of this campaign; nothing was registered. Check the number, or scan the form's code again.",
        "“{given}”不是本活动的申报表编号，未作登记。请核对编号，或重新扫描表上的二维码。",
        "{given} is no form of this campaign; nothing was registered. Check the number, or scan the code again.",
    ),
    e.NothingOpenError: Row(
        404,
        "所选范围内没有待审查的材料：都已审查、拟定，或正由同事审查。",
        "Nothing is waiting here: all of it is ruled on, drafted, or in a colleague's hands.",
    ),
    e.NoDraftError: Row(
        409,
        "此材料的当前版本没有拟定的结论，无法发布。",
        "No ruling is drafted for the revision that stands, so there is nothing to release.",
        "“{title}”的当前版本没有拟定的结论，无法发布：可能刚刚重新提交，或已被同事发布。请刷新核对。",
        "No ruling is drafted for the revision of {title} that stands: it was submitted anew, or released. Reload.",
    ),
    e.ConditionsNotMetError: Row(
        422,
        "勾选的条件不足，不能认定为符合资格。请逐条核对，或改为退回、不符合资格。",
        "Too few conditions are ticked to find the entry eligible. Check each, or return it, or find it ineligible.",
    ),
    e.UnknownConditionError: Row(
        422,
        "勾选了本类别没有的条件。",
        "A ticked condition is not one of this category's.",
        "本类别没有条件“{given}”，可勾选：{allowed}。",
        "This category has no condition {given}; it has {allowed}.",
    ),
    e.MaterialsNotAcceptedError: Row(
        409,
        "有材料未通过校验或仍在校验，不能认定为符合资格。",
        "Some materials are rejected or still being validated, so the entry cannot be found eligible yet.",
    ),
    e.FindingsMissingError: Row(
        422,
        "退回或认定不符合资格时，请至少写明一条理由。",
        "Give at least one finding when you return an entry or find it ineligible.",
    ),
    e.MendByPassedError: Row(
        422,
        "修改期限应晚于当前时间。",
        "The day until which the entry can be mended must lie ahead.",
        "修改期限 {given} 已过（现在是 {now}），请另定日期。",
        "{given} has passed (it is {now}); name a later time.",
    ),
    e.TooMuchTextError: Row(
        422,
        "文字过多，无法作为一条通知发出，请精简后重试。",
        "This is too much text for one message; shorten it and try again.",
    ),
    e.NoPanelError: Row(
        409,
        "本活动的章程没有专家评审环节。",
        "The campaign's definition has no panel, so nobody scores here.",
    ),
    e.UnknownCategoryError: Row(
        422,
        "本活动没有该类别。",
        "The campaign has no such category.",
        "本活动没有类别“{given}”，现有类别：{allowed}。",
        "The campaign has no category {given}; it has {allowed}.",
    ),
    e.RegionMissingError: Row(
        422,
        "请填写专家所在省（市）。",
        "Give the expert's province.",
        "请填写 {name} 所在的省（市）：没有它就无法执行地区回避。",
        "Give the province of {name}: without it, entries of that province cannot be kept away.",
    ),
    e.DueMissingError: Row(
        409,
        "章程没有规定评分截止时间（calendar.review_due），请先由秘书处补充。",
        "The definition names no date until which scores are due (calendar.review_due); amend it first.",
    ),
    e.CannotCoverError: Row(
        409,
        "部分材料的合格专家不足，未作任何分配。",
        "Some entries have too few experts without a conflict; nothing was assigned.",
        "{count} 项材料凑不齐 {needed} 位无需回避的专家，未作任何分配。请增补专家后重试。",
        "{count} entries have fewer than {needed} experts without a conflict; nothing was assigned. Add experts.",
    ),
    e.ScoresInvalidError: Row(
        422, "评分不符合评分标准，请按提示修改。", "The scores do not fit the rubric; see the findings."
    ),
    e.AlreadySubmittedError: Row(
        409,
        "评分已提交，不能更改。",
        "The scores are in and stand.",
        "评分已于 {at} 提交，不能更改；如需更正，请联系秘书处。",
        "The scores were submitted at {at} and stand; ask the secretariat if they are wrong.",
    ),
    e.ListClosedError: Row(
        409,
        "名单已公示或公布，评分和专家组不再更改。",
        "The list has been announced; scores and panel stand.",
    ),
    e.PlacesMissingError: Row(422, "请给出各类别的名额。", "Give the number of places in each category."),
    e.OverCapError: Row(422, "名额超过章程规定的上限。", "More places than the definition's cap allows."),
    e.ScoresMissingError: Row(
        409,
        "评分尚未齐全，不能形成名单。",
        "Scores are still missing, so no list can be drawn up.",
        "{count} 项材料的评分尚未齐全，不能形成名单。缺少评分不等于零分：请催办，或更换专家。",
        "{count} entries lack scores. Missing is not zero: remind the experts, or replace them.",
    ),
    e.TieAtTheCutError: Row(
        409,
        "入选分数线上有并列，请先作出取舍。",
        "Equal entries stand at the cut; decide between them first.",
        "类别“{category}”名额 {places} 项，分数线上有 {tied} 项并列，只剩 {left} 个名额。"
        "请议定后在 chosen 中列出入选者，或调整名额。",
        "{category} has {places} places; {tied} equal entries stand at the cut for the last {left}. "
        "Decide, and name those who are listed in `chosen`, or change the number of places.",
    ),
    e.ChoiceInvalidError: Row(
        422,
        "chosen 与并列情况不符。",
        "`chosen` does not fit the tie.",
        "chosen 只用于分数线上的并列：类别“{category}”需要列出 {needed} 项，实际为 {given} 项。",
        "`chosen` is for the tie at the cut alone: {category} needs {needed} of the tied entries, {given} were named.",
    ),
    e.DiffersFromNoticeError: Row(
        409,
        "名额超过公示时的数量，不能列入未经公示的材料。",
        "More places than in the notice; what did not stand there cannot be listed.",
    ),
    e.NothingToListError: Row(409, "没有可以列入名单的材料。", "No entry would stand on the list."),
    e.NoticeTimesError: Row(
        422,
        "公示的结束时间应晚于开始时间和当前时间。",
        "A notice closes after it opens, and in the future.",
        "公示 {opens} 开始、{closes} 结束，现在是 {now}；结束时间应晚于前后两者。",
        "The notice opens {opens} and closes {closes}; it is {now}. It must close after both.",
    ),
    e.NoticeAlreadyOpenError: Row(409, "本活动的名单已经公示。", "Public notice of this list has been given."),
    e.NoticeStillOpenError: Row(
        409,
        "公示期未满，不能公布决定。",
        "The notice is still open.",
        "公示期至 {closes}，现在是 {now}；期满后再公布决定。",
        "The notice is open until {closes}; it is {now}. Publish the decision after that.",
    ),
    e.AlreadyPublishedError: Row(
        409,
        "决定已公布，不再更改。",
        "The decision has been published and stands.",
        "决定（{number}）已于 {at} 公布，不再更改。",
        "The decision {number} was published at {at} and stands.",
    ),
    e.NotPublishedError: Row(404, "名单尚未公布。", "No list has been published yet."),
}

TYPES: Mapping[type[e.ReviewError], ProblemType] = {
    error: ProblemType(error.slug, row.status, row.zh, row.en) for error, row in PROBLEMS.items()
}


def problem_of(error: e.ReviewError) -> Problem:
    """The answer to a refusal; its figures stand in the body, too."""
    row = PROBLEMS[type(error)]
    return Problem(
        TYPES[type(error)],
        row.detail_zh.format_map({key: _shown(value) for key, value in error.figures.items()}),
        row.detail_en.format_map({key: _shown(value) for key, value in error.figures.items()}),
        error.findings,
        {"figures": {key: _plain(value) for key, value in error.figures.items()}},
    )


def refusals(*errors: type[e.ReviewError]) -> Responses:
    """`responses=` of a route that needs a sign-in and may refuse with these."""
    return problem_responses(UNAUTHENTICATED, FORBIDDEN, *(TYPES[error] for error in errors))


def public_refusals(*errors: type[e.ReviewError]) -> Responses:
    """`responses=` of a route that anybody may call."""
    return problem_responses(*(TYPES[error] for error in errors))


def _shown(value: object) -> object:
    return f"{value.astimezone(_SHOWN_IN):%Y-%m-%d %H:%M:%S %z}" if isinstance(value, datetime) else value


def _plain(value: object) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
