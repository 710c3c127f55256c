"""Sharing between provinces: what each says of itself, where a task would best be done, how much should flow.

Twice a second every province publishes a `ProvinceSummary` (`summary`); the coordinator gathers them into a `NationalPicture` and advises
flows (`flows` says what they are, `plan` how they are found). Nobody has to wait for the coordinator: a province whose desks fall silent
ranks hosts by the last picture it was given (`hosts`).
"""
