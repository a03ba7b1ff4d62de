"""`python -m bench.audit`."""

from bench.audit.run import main

if __name__ == "__main__":
    main()
