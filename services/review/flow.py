"""The fairest assignment as a min-cost flow, solved by OR-Tools.

Each empty seat is a unit of flow from its entry to a candidate and on to the sink. The n-th entry of an expert costs
2n-1, so the cost of a load n is n², and the least total cost is the least sum of squared loads: the load is as even as
the conflicts allow. Costs rise with the load, so the flow takes an expert's cheap arcs first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

import numpy as np
from ortools.graph.python import min_cost_flow

from services.review.domain.assignment import Seat, Vacancy


class FlowBalancer:
    """services.review.ports.Balancer. The same input gives the same seats: entries and experts are taken in order."""

    def fill(self, vacancies: Sequence[Vacancy], loads: Mapping[UUID, int]) -> list[Seat]:
        if not vacancies:
            return []
        experts = sorted({expert for vacancy in vacancies for expert in vacancy.candidates})
        node_of = {expert: len(vacancies) + index for index, expert in enumerate(experts)}
        sink = len(vacancies) + len(experts)
        seats = [(entry, node_of[expert]) for entry, v in enumerate(vacancies) for expert in v.candidates]
        reach = Counter(node for _, node in seats)
        work = [
            (node_of[expert], loads.get(expert, 0) + nth)
            for expert in experts
            for nth in range(1, 1 + reach[node_of[expert]])
        ]
        flow = min_cost_flow.SimpleMinCostFlow()
        arcs = flow.add_arcs_with_capacity_and_unit_cost(
            np.array([tail for tail, _ in seats] + [tail for tail, _ in work]),
            np.array([head for _, head in seats] + [sink] * len(work)),
            np.ones(len(seats) + len(work), dtype=np.int64),
            np.array([0] * len(seats) + [2 * load - 1 for _, load in work]),
        )
        wanted = [vacancy.seats for vacancy in vacancies]
        flow.set_nodes_supplies(np.arange(sink + 1), np.array([*wanted, *([0] * len(experts)), -sum(wanted)]))
        status = flow.solve()
        if status != flow.OPTIMAL:  # every vacancy has candidates enough, so this is a defect, not a refusal
            raise RuntimeError(f"min-cost flow ended with {status}")
        taken = flow.flows(arcs[: len(seats)])
        return [
            Seat(vacancies[entry].entry_id, experts[node - len(vacancies)])
            for (entry, node), units in zip(seats, taken, strict=True)
            if units
        ]
