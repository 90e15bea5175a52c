"""The macros that pages are made of."""

from __future__ import annotations

import pytest

from infra.web.pages import Pages

PAGES = Pages("infra.web", "web")


def render(source: str) -> str:
    return PAGES.templates.from_string(source).render(csrf_field=str)


def test_a_field_holds_what_it_is_given_and_nothing_from_around_it() -> None:
    field = "{% from 'parts.html' import field %}"

    assert 'value="&lt;b&gt;"' in render(field + "{{ field('reason', '原因', value='<b>') }}")
    with pytest.raises(TypeError, match="caller"):
        render(field + "{% call field('reason', '原因') %}more{% endcall %}")


def test_a_confirmation_shows_what_is_asked_for_before_its_button() -> None:
    shown = render(
        "{% from 'parts.html' import confirm with context %}"
        "{% call confirm('/away', '撤回', 'Withdraw', '/back') %}<p>为什么</p>{% endcall %}"
    )

    assert shown.index("为什么") < shown.index('class="grave"')
