"""The command ``tlcourse``: ``tlcourse doctor`` and ``tlcourse pretrain letters``.

What a command needs is loaded when it runs, so that ``tlcourse --help`` is quick.
"""

import argparse
import io
import sys
from collections.abc import Sequence

from tlcourse import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; by default the one on the command line."""
    chosen = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a ✓ must not fail on an old Windows screen
    try:
        return chosen.run()
    except ValueError as error:
        # Loaded only now, so that doctor runs where the packages of this room are missing.
        from tlcourse.data.errors import DataError

        if not isinstance(error, DataError):
            raise
        print(f"tlcourse: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ntlcourse: stopped.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tlcourse", description="Tools of the course.")
    parser.add_argument("--version", action="version", version=f"tlcourse {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="command")
    doctor = commands.add_parser("doctor", help="say what is right and wrong here")
    doctor.set_defaults(run=_doctor)
    pretrain = commands.add_parser("pretrain", help="make committed weights again")
    pretrain.add_argument("task", choices=["letters"], help="the source task to train on")
    pretrain.set_defaults(run=_pretrain)
    return parser


def _doctor() -> int:
    from tlcourse import doctor

    findings = doctor.checks()
    doctor.report(findings)
    return 0 if doctor.can_run(findings) else 1


def _pretrain() -> int:
    from tlcourse import methods

    print(f"Written: {methods.pretrain_letters()}")
    return 0
