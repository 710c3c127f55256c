"""A Ray for us alone: bound to loopback, with a token of its own, in a directory of its own; it never joins another cluster.

Two things that Ray has no setting for are set where it keeps them, and its version is pinned. The program that starts a worker is ours
(`actors.worker_forks`). And it starts neither its autoscaler nor its log monitor, for which there is nothing to do on one machine whose
workers write files: 0.75 s of CPU and some 80 MB each.
"""

import os
import secrets
from functools import partial
from pathlib import Path
from typing import Any

from actors.worker_forks import FORKED_WORKER, WorkerForks

RAY_NAMESPACE = "sharedops"
#: Objects never travel through Ray's store; the smallest that Ray accepts comfortably.
OBJECT_STORE_BYTES = 80 * 1024 * 1024


def start_ray(run_dir: Path, forks: WorkerForks) -> Any:
    """Start it; returns the module. Imported here, so that nothing else of this file needs it."""
    token_path = run_dir / "ray-token"
    token_path.write_text(secrets.token_hex(32), encoding="ascii")
    token_path.chmod(0o600)
    os.environ.update(
        RAY_AUTH_MODE="token",
        RAY_AUTH_TOKEN_PATH=str(token_path),
        RAY_USE_UVLOOP="0",
        RAY_USAGE_STATS_ENABLED="0",
        # Ray would otherwise put the address of a network card in place of loopback.
        RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="0",
        RAY_enable_metrics_collection="0",
        # Each of its processes would write statistics of its event loops into its log, once a minute: some 250 kB with 36 provinces, 130 GB a year.
        # Refused: its rotation (`RAY_ROTATION_MAX_BYTES`), for which each process reads what it says through a pipe, its last words too.
        RAY_event_stats_print_interval_ms="0",
        RAY_timeout_ms_task_wait_for_death_info="50",
        # Ray would start its workers with niceness 15: on a busy machine a province would starve behind its own gateway.
        RAY_worker_niceness="0",
        # Without its GCS Ray restarts nobody: end soon, so that the outer supervisor starts everything anew.
        RAY_gcs_rpc_server_reconnect_timeout_s="15",
        OMP_NUM_THREADS="1",
        OPENBLAS_NUM_THREADS="1",
    )
    os.environ.update(forks.environment())
    os.environ.pop("RAY_ADDRESS", None)
    forks.start()
    import ray
    from ray._private import parameter, ray_constants

    # Joined to a directory of Ray's, an absolute path stays itself.
    ray_constants.SETUP_WORKER_FILENAME = FORKED_WORKER
    private: Any = parameter  # its type says that a yes or no were a text
    private.RayParams = partial(private.RayParams, no_monitor=True, include_log_monitor=False)
    ray.init(
        address="local",
        namespace=RAY_NAMESPACE,
        include_dashboard=False,
        log_to_driver=False,
        configure_logging=False,
        num_cpus=os.cpu_count(),
        object_store_memory=OBJECT_STORE_BYTES,
        _temp_dir=str(run_dir / "ray"),
        _node_ip_address="127.0.0.1",
    )
    return ray
