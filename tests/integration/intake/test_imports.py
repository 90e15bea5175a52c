"""Units and accounts from a table: template, dry run, errors by row, all or nothing, again the same."""

from __future__ import annotations

import csv
import io
from typing import Any
from uuid import UUID, uuid4

import httpx
import openpyxl
import pytest
from pypdf import PdfReader

from infra.web.cells import inert
from infra.web.refusals import Refusal
from services.intake.domain.imports import COLUMNS
from services.intake.domain.roles import ROLE_WORDS
from tests.integration.intake.desk import API, Intake
from tests.integration.intake.tabs import hidden, signed_in
from tests.support.answers import Answer

_ODD = ["＝某馆", "－某馆", "@某馆", "=1+1", "'=某馆", "'某馆"]
HEADINGS = [zh for zh, _ in COLUMNS.values()]


def table(*rows: dict[str, str], encoding: str = "utf-8-sig") -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    writer.writerows([row.get(key, "") for key in COLUMNS] for row in rows)
    return text.getvalue().encode(encoding)


def workbook(*rows: dict[str, str]) -> bytes:
    book, whole = openpyxl.Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    sheet.append(HEADINGS)
    for row in rows:
        sheet.append([row.get(key) for key in COLUMNS])
    book.save(whole)
    return whole.getvalue()


def send(intake: Intake, content: bytes, role: str = "secretariat", **query: Any) -> Answer:
    token = intake.caller(role).token
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"}
    url = f"{intake.url}{API}/accounts/imports"
    return Answer(httpx.post(url, content=content, headers=headers, params=query, timeout=30))


def family() -> list[dict[str, str]]:
    """A member under a committee library under an alliance, listed from below; and somebody of two roles."""
    stem = f"u{uuid4().hex[:8]}"
    return [
        {
            "unit_code": f"{stem}-m",
            "unit_name": "示例县图书馆",
            "kind": "member",
            "parent": f"{stem}-c",
            "login": f"{stem}-m",
            "roles": "推荐单位",
        },
        {"unit_code": f"{stem}-c", "unit_name": "示例市图书馆", "kind": "committee", "parent": f"{stem}-a"},
        {"unit_code": f"{stem}-a", "unit_name": "示例联盟", "kind": "alliance"},
        {"login": f"{stem}-x", "name": "示例专家", "roles": "专家、纪检监督"},
    ]


@pytest.mark.parametrize("form", ["csv", "gb18030", "xlsx"])
def test_a_table_is_taken_once_and_again_changes_nothing(intake: Intake, form: str) -> None:
    rows = family()
    content = (
        workbook(*rows) if form == "xlsx" else table(*rows, encoding="gb18030" if form == "gb18030" else "utf-8-sig")
    )

    tried = send(intake, content, dry_run=True).ok()
    first = send(intake, content).ok()
    again = send(intake, content).ok()

    assert (len(tried["new_units"]), len(tried["new_accounts"]), tried["invited"]) == (3, 2, [])
    assert (len(first["new_units"]), len(first["invited"])) == (3, 2)
    assert (again["new_units"], again["changed_units"], again["same_units"]) == ([], [], 3)
    assert (again["new_accounts"], again["changed_accounts"], again["same_accounts"], again["invited"]) == (
        [],
        [],
        2,
        [],
    )
    member, expert = first["invited"]
    assert member["name"] == "示例县图书馆"
    assert expert["roles"] == ["expert", "supervisor"]
    parents = intake.sql(
        "SELECT code, parent_code FROM units WHERE code LIKE :stem", stem=rows[0]["unit_code"][:9] + "%"
    )
    assert {row.code[-1]: (row.parent_code or " ")[-1] for row in parents} == {"m": "c", "c": "a", "a": " "}
    intake.anybody().post("/activations", code=member["activation_code"], password="书山 有路 勤为径").ok()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_names_that_left_as_plain_texts_come_back_as_they_were(intake: Intake, form: str) -> None:
    """What an export puts an apostrophe before, so that no program takes it for a formula, is the same unit here."""
    code = f"u{uuid4().hex[:8]}"
    rows = [{"unit_code": f"{code}-{n}", "unit_name": inert(name)} for n, name in enumerate(_ODD)]

    done = send(intake, workbook(*rows) if form == "xlsx" else table(*rows)).ok()

    assert [unit["name"] for unit in done["new_units"]] == _ODD
    kept = intake.sql("SELECT name FROM units WHERE code LIKE :code ORDER BY code", code=f"{code}-%")
    assert [row.name for row in kept] == _ODD


def test_every_role_but_the_operators_is_given_by_its_chinese_name(intake: Intake) -> None:
    stem = uuid4().hex[:8]
    rows = [{"unit_code": f"{stem}-u", "unit_name": "读者甲"}]
    rows += [
        {"login": f"{stem}-{role}", "name": zh, "roles": zh, "unit_code": f"{stem}-u"}
        for role, (zh, _) in ROLE_WORDS.items()
        if role != "operator"
    ]

    done = send(intake, table(*rows)).ok()

    given = {account["login"].removeprefix(f"{stem}-"): account["roles"] for account in done["invited"]}
    assert given == {role: [role] for role in ROLE_WORDS if role != "operator"}


def test_every_wrong_row_is_told_and_nothing_is_taken(intake: Intake) -> None:
    good, stem = family(), uuid4().hex[:8]
    rows = [
        good[3],
        {"login": f"{stem}-1", "name": "甲", "roles": "国王"},
        {"login": f"{stem}-2", "name": "乙"},
        {"login": "有中文", "name": "丙", "roles": "专家"},
        {"login": f"{stem}-4", "name": "丁", "roles": "推荐单位"},
        {"login": f"{stem}-5", "name": "戊", "roles": "推荐单位", "unit_code": f"nowhere-{stem}"},
        {"unit_code": "Ünit", "unit_name": "己馆"},
        {"unit_name": "庚馆"},
        {"unit_code": f"{stem}-r", "unit_name": "环馆", "parent": f"{stem}-s"},
        {"unit_code": f"{stem}-s", "unit_name": "环馆二", "parent": f"{stem}-r"},
        {"unit_code": f"{stem}-t", "unit_name": "辛馆", "parent": "no-such-unit"},
        {"login": good[3]["login"].upper(), "name": "又一行", "roles": "专家"},
        {"login": f"{stem}-o", "name": "壬", "roles": "运维"},
        {"name": "癸"},
        {"login": f"{stem}-l", "name": "长" * 201, "roles": "专家"},
    ]

    refused = send(intake, table(*rows)).refused(422, "rows-refused")

    told = {(finding["place"], finding["slug"]) for finding in refused["findings"]}
    assert told == {
        ("row-3", "unknown-role"),
        ("row-4", "no-role"),
        ("row-5", "bad-account"),
        ("row-6", "bad-account"),
        ("row-7", "unknown-unit"),
        ("row-8", "bad-unit-code"),
        ("row-9", "no-unit-code"),
        ("row-10", "ring"),
        ("row-11", "ring"),
        ("row-12", "unknown-parent"),
        ("row-13", "login-twice"),
        ("row-14", "forbidden"),
        ("row-15", "no-login"),
        ("row-15", "empty-row"),
        ("row-16", "too-long"),
    }
    assert all(finding["zh"].startswith("第 ") for finding in refused["findings"])
    assert intake.sql("SELECT 1 FROM accounts WHERE login = :login", login=good[3]["login"]) == []


def test_a_change_of_roles_ends_the_accounts_sessions(intake: Intake) -> None:
    rows = family()
    made = send(intake, table(*rows)).ok()["invited"][1]
    session = uuid4()
    with intake.store.begin() as tx:
        from datetime import timedelta

        tx.add_session(session, made["account_id"], "api", None, timedelta(hours=1), "t", "127.0.0.1")

    changed = send(intake, table({**rows[3], "roles": "专家"})).ok()

    assert [person["roles"] for person in changed["changed_accounts"]] == [["expert"]]
    assert changed["invited"] == []
    assert intake.store.is_refused(UUID(made["account_id"]), session) is Refusal.ENDED


def test_a_secretary_changes_no_operator_by_a_table(intake: Intake) -> None:
    operator = intake.caller("operator", name="运维")
    (row,) = intake.sql("SELECT login FROM accounts WHERE account_id = :id", id=operator.account_id)

    refused = send(intake, table({"login": row.login, "name": "改名", "roles": "专家"})).refused(422, "rows-refused")

    assert [finding["slug"] for finding in refused["findings"]] == ["forbidden"]


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 no zip", b"\xff\xfe\x00", b"a,b\n1,2\n", "单位\n甲\n".encode(), b"\0" * 100]
)
def test_what_is_no_table_is_refused_with_a_sentence(intake: Intake, content: bytes) -> None:
    send(intake, content).refused(422, "bad-sheet")


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("xl/worksheets/sheet1.xml", b"<row><c><v>1</v></c></row>" * 1_000_000),
        ("xl/styles.xml", b"<font><sz val='1'/></font>" * 50_000),
    ],
)
def test_a_workbook_that_unpacks_to_too_much_is_not_opened(intake: Intake, part: str, content: bytes) -> None:
    import zipfile

    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(part, content)

    assert "展开后过大" in send(intake, whole.getvalue()).refused(422, "bad-sheet")["detail"]


def test_the_page_checks_first_then_imports_and_prints_letters(intake: Intake) -> None:
    rows = family()
    with signed_in(intake, "secretariat") as office:
        template = office.get("/office/accounts/template.xlsx")
        sheet = openpyxl.load_workbook(io.BytesIO(template.content)).worksheets[0]
        assert [cell.value for cell in sheet[1]] == HEADINGS

        def upload(content: bytes) -> httpx.Response:
            fields = hidden(office.get("/office/accounts/import").text, "/office/accounts/import")
            headers = {"Accept": "text/html", "Origin": intake.url}
            files = {"file": ("名单.csv", content)}
            return office.http.post("/office/accounts/import", data=fields, files=files, headers=headers)

        wrong = upload(table({"login": "x1", "name": "甲", "roles": "国王"}))
        assert wrong.status_code == 422
        assert "第 2 行：不认识身份“国王”" in wrong.text
        check = upload(table(*rows))
        assert "请核对后导入" in check.text
        assert intake.sql("SELECT 1 FROM accounts WHERE login = :login", login=rows[3]["login"]) == []
        done = office.send(check.text, "/office/accounts/import")
        assert "激活码只显示这一次" in done.text
        letters = office.send(done.text, "/office/accounts/letters.pdf")
        assert letters.headers["content-type"] == "application/pdf"
        pages = PdfReader(io.BytesIO(letters.content)).pages
        assert len(pages) == 2
        assert rows[0]["login"] in pages[0].extract_text()
        assert "没有需要导入的内容" in upload(table(*rows)).text


def test_many_codes_are_reissued_at_once_and_printed_in_one_file(intake: Intake) -> None:
    made = send(intake, table(*family())).ok()["invited"]
    ids = [one["account_id"] for one in made]
    with signed_in(intake, "secretariat") as office, signed_in(intake, "supervisor") as supervisor:
        shown = office.get("/office/accounts").text
        assert "为所选账号重新发放激活码" in shown
        assert "为所选账号重新发放激活码" not in supervisor.get("/office/accounts").text
        assert supervisor.get("/office/accounts/codes?all=waiting").status_code == 403
        assert "没有选择账号" in office.get("/office/accounts/codes").text
        check = office.get("/office/accounts/codes?" + "&".join(f"account={one}" for one in ids))
        assert all(one["login"] in check.text for one in made)
        use_first = intake.anybody().post("/activations", code=made[0]["activation_code"], password="1")
        use_first.refused(422, "weak-password")  # asking changes nothing

        done = office.send(check.text, "/office/accounts/codes")

        letters = office.send(done.text, "/office/accounts/letters.pdf")
        text = [page.extract_text() for page in PdfReader(io.BytesIO(letters.content)).pages]
        assert len(text) == len(made)
        for one in made:
            assert sum(one["login"] in page for page in text) == 1
            gone = intake.anybody().post("/activations", code=one["activation_code"], password="书山 有路 勤为径")
            gone.refused(422, "activation-refused")
        waiting = office.get("/office/accounts/codes?all=waiting").text
        assert all(one["login"] in waiting for one in made)
        wrong = {**hidden(check.text, "/office/accounts/codes"), "accounts": "no-id"}
        assert office.post("/office/accounts/codes", wrong).status_code == 404


def test_many_codes_come_by_api_all_or_none(intake: Intake) -> None:
    secretary = intake.caller("secretariat")
    made = send(intake, table(*family())).ok()["invited"]
    ids = [one["account_id"] for one in made]
    operator, gone = intake.caller("operator"), str(uuid4())
    intake.caller("secretariat").post(f"/accounts/{ids[1]}/disabling", reason="x").ok()

    refused = secretary.post("/accounts/activations", account_ids=[*ids, str(operator.account_id), gone])
    findings = refused.refused(422, "rows-refused")["findings"]
    assert [one["slug"] for one in findings] == ["disabled", "not-governed", "no-such-account"]
    intake.anybody().post("/activations", code=made[0]["activation_code"], password="1").refused(422, "weak-password")

    (item,) = secretary.post("/accounts/activations", account_ids=[ids[0], ids[0]]).ok(201)["items"]
    assert (item["account_id"], item["login"]) == (ids[0], made[0]["login"])
    intake.anybody().post("/activations", code=made[0]["activation_code"], password="1").refused(
        422, "activation-refused"
    )
    intake.anybody().post("/activations", code=item["activation_code"], password="书山 有路 勤为径").ok()
    secretary.post("/accounts/activations", account_ids=[]).refused(422, "invalid-request")
    intake.caller("supervisor").post("/accounts/activations", account_ids=ids).refused(403, "forbidden")


def test_the_office_finds_reissues_and_disables(intake: Intake) -> None:
    made = send(intake, table(*family())).ok()["invited"][0]
    with signed_in(intake, "secretariat") as office, signed_in(intake, "supervisor") as supervisor:
        found = office.get(f"/office/accounts?q={made['login'].upper()}")
        assert f'/office/accounts/{made["account_id"]}"' in found.text
        assert "没有找到" in office.get("/office/accounts?q=%25").text
        place = f"/office/accounts/{made['account_id']}"
        assert "重新发放" not in supervisor.get(place).text
        issued = office.fill(place, f"{place}/code")
        assert made["activation_code"] not in issued.text
        refused = intake.anybody().post("/activations", code=made["activation_code"], password="书山 有路 勤为径")
        refused.refused(422, "activation-refused")
        assert office.fill(f"{place}/disable", reason=" ").status_code == 422
        assert office.fill(f"{place}/disable", reason="单位撤销").status_code == 303
        assert "已停用" in office.get(place).text
        assert [event["type"] for event in intake.events(made["account_id"])] == ["account.disabled.v1"]
