"""A worker of a trunk, started by its parent (`supervisor`) and of no use to anybody else."""

from reference_server.workers.worker import main

if __name__ == "__main__":
    main()
