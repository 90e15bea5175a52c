"""The rules of review, in plain Python. Where a rule is found:

cases        states of a case, its one table of transitions, how submissions and withdrawals are followed
checks       what is checked by itself and shown to the secretariat: texts, materials, quota, calendar
eligibility  when a revision may be found eligible: conditions, materials
conflicts    who may not score what: own province, own organisation, declared, pinned
assessments  states of an assessment, its one table of transitions
assignment   which seats are empty, who may take them, what makes an assignment fair
scoring      rubric, validation, totals, means, ranking: exact, missing is not zero, ties are ties
selection    who is on the list: places, caps, ties at the cut
acts         who did what, when and why
errors       everything that may be refused
"""
