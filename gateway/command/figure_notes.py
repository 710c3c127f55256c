"""What the names of counted tasks leave open, in the words that the tables of `verify` and `backup` show beside them."""

#: Name of a figure -> what it counts.
FIGURE_NOTES = {
    "events": "of provinces",
    "records": "compared with the frames",
    "snapshots": "compared with the frames",
    "anchors": "compared with the journals",
    "tasks_ended": "undecided: returned to the branch, or cancelled",
    "tasks_open": "neither decided nor ended",
    "tasks_in_transit": "of the open ones",
    "tasks_decided_shared": "of the decided ones, by another province than their home",
}
