"""``python -m gateway.command`` is `sharedops`."""

from gateway.command import main

if __name__ == "__main__":
    main()
