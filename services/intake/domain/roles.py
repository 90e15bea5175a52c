"""Roles in words."""

from __future__ import annotations

ROLE_WORDS = {
    "unit": ("推荐单位", "recommending unit"),
    "committee": ("委员馆", "committee library"),
    "working-group": ("工作组", "working group"),
    "individual": ("个人", "individual"),
    "secretariat": ("秘书处", "secretariat"),
    "expert": ("专家", "expert"),
    "supervisor": ("纪检监督", "supervisor"),
    "operator": ("运维", "operator"),
}
