"""Settings that are missing or malformed are named, in both languages."""

from __future__ import annotations

import pytest

from infra.observe.settings import SettingError, broker_url, optional, required, seconds_list, whole_number


def test_value_is_read_without_white_space_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAUREL_X", " v ")
    assert required("LAUREL_X") == optional("LAUREL_X", "d") == "v"


@pytest.mark.parametrize("value", [None, "", "  "])
def test_missing_value_is_an_error_or_the_default(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("LAUREL_X", raising=False)
    if value is not None:
        monkeypatch.setenv("LAUREL_X", value)
    assert optional("LAUREL_X", "d") == "d"
    assert whole_number("LAUREL_X", 7) == 7
    assert seconds_list("LAUREL_X", "1,5") == (1, 5)
    for reading in (lambda: required("LAUREL_X"), lambda: whole_number("LAUREL_X")):
        with pytest.raises(SettingError, match=r"缺少环境变量 LAUREL_X.*variable LAUREL_X is missing"):
            reading()


@pytest.mark.parametrize("value", ["many", "1.5", "-1", "65536", "1e3", "٣x"])
def test_number_out_of_bounds_is_refused_with_the_bounds(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LAUREL_PORT", value)
    with pytest.raises(SettingError, match=r"LAUREL_PORT.*0 到 65535.*from 0 to 65535"):
        whole_number("LAUREL_PORT", most=65535)


@pytest.mark.parametrize("value", ["a", "1,,2", "0", "1,-1", "inf", "nan", "1;2"])
def test_delays_must_be_positive_seconds(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LAUREL_RETRY_DELAYS", value)
    with pytest.raises(SettingError, match=r"LAUREL_RETRY_DELAYS.*1,5,30,120"):
        seconds_list("LAUREL_RETRY_DELAYS", "1,5,30,120")


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        ("localhost:5672", "缺少“amqp://”", "does not begin with amqp://"),
        ("http://u:secret@host/", "以“http://”开头", "begins with http://"),
        ("amqp://u:secret@host:port/v", "端口", "port"),
        ("amqp://u:secret@host:99999/v", "端口", "port"),
        ("amqp://u:se/cret@host:5672/v", "端口", "port"),
        ("amqp://u:secret@/v", "没有主机名", "names no host"),
        ("amqp://u:secret@host:0/v", "不能为 0", "is 0"),
        ("amqp://u:secret@[::1:5672/v", "主机名有误", "malformed"),
        ("amqp://u@host/v?secret", "“?”", "%3F"),
    ],
)
def test_a_broken_address_of_the_broker_is_explained_and_its_password_not_shown(
    monkeypatch: pytest.MonkeyPatch, value: str, zh: str, en: str
) -> None:
    monkeypatch.setenv("AMQP_URL", value)
    with pytest.raises(SettingError) as told:
        broker_url("AMQP_URL")
    for words in ("AMQP_URL", zh, en, "amqp://user:password@host:5672/vhost"):
        assert words in str(told.value)
    assert "secret" not in str(told.value)
    assert "cret" not in str(told.value)


@pytest.mark.parametrize(
    "value", ["amqp://u:p%23%2F@127.0.0.1:5672/laurel", "amqps://host", "amqp://u:p@[::1]:5672/%2F"]
)
def test_a_good_address_of_the_broker_is_taken_as_it_stands(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("AMQP_URL", value)
    assert broker_url("AMQP_URL") == value
