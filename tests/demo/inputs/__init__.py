"""The demo's inputs: invented library life in Chinese words, camera photos, H.264 videos, and files to be refused."""

from tests.demo.inputs.make import Inputs, MadeFile, make_inputs
from tests.demo.inputs.plan import FULL, SCALES, SMALL, EntryPlan, InputPlan, Scale, input_plan

__all__ = [
    "FULL",
    "SCALES",
    "SMALL",
    "EntryPlan",
    "InputPlan",
    "Inputs",
    "MadeFile",
    "Scale",
    "input_plan",
    "make_inputs",
]
