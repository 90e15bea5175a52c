"""Whether the contracts of today still fit what was published: no field removed, none demanded, none narrowed."""
