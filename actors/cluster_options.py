"""What `serve` tells the cluster process; apart from it, so that reading this imports nothing heavy."""

import msgspec

#: File in the run directory that says which actors stand aside or could not start: a JSON object, the journal's name (a province's code, or
#: `store.HQ`) -> why.
REFUSALS = "refusals.json"
#: Name of a run directory in the temporary folder; short, because a socket's path has little room.
RUN_DIR_PREFIX = "so-"
#: File in the run directory that holds `ClusterOptions`.
OPTIONS_FILE = "cluster.json"


class ClusterOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the supervisor needs to start."""

    data_dir: str
    #: For sockets and Ray's files; short, ours alone.
    run_dir: str
    #: Country file; empty: the one that comes with the package.
    country: str = ""
    #: Enrol the country file's operators in new journals.
    with_operators: bool = True
    #: See `actors.province_options.ProvinceOptions`; empty: no faults are played.
    fault_dir: str = ""
