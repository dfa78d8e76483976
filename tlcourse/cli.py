"""The command ``tlcourse``: ``doctor``, ``pretrain``, ``experiment`` and ``photos``.

What a command needs is loaded when it runs, so that ``tlcourse --help`` is quick.
"""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tlcourse import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; by default the one on the command line."""
    chosen = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a ✓ must not fail on an old Windows screen
    try:
        return chosen.run(chosen)
    except ValueError as error:
        # Loaded only now, so that doctor runs where the packages that it needs are missing.
        from tlcourse.data.errors import DataError

        if not isinstance(error, DataError):
            raise
        print(f"tlcourse: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.filename is None:
            raise
        print(f"tlcourse: {error.filename} cannot be used ({error.strerror}).", file=sys.stderr)
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
    _add_experiment(commands.add_parser("experiment", help="run the experiment, or report it"))
    _add_photos(commands.add_parser("photos", help="classify your own photographs"))
    return parser


def _add_photos(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(title="commands", required=True, metavar="command")
    folder = "a folder with a folder of photographs for each class, or a CSV file: file,label"
    check = commands.add_parser("check", help="say what is in a folder, and what is wrong")
    check.add_argument("folder", type=_path, help=folder)
    check.set_defaults(run=_photos_check)
    train = commands.add_parser(
        "train",
        help="train and test a classifier",
        description="Trains a head on frozen ImageNet features, and tests it once. Stop it at any "
        "moment; the same command goes on from there. The photographs are only read.",
    )
    train.add_argument("folder", type=_path, help=folder)
    train.add_argument(
        "--out", type=_path, required=True, metavar="PROJECT", help="folder for model and card"
    )
    train.add_argument("--seed", type=int, default=0, help="of the division into parts")
    train.set_defaults(run=_photos_train)
    predict = commands.add_parser("predict", help="classify photographs with a trained project")
    predict.add_argument("project", type=_path, help="the folder that train made")
    predict.add_argument("images", type=_path, nargs="+", metavar="image", help="photographs")
    predict.set_defaults(run=_photos_predict)


def _add_experiment(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(title="commands", required=True, metavar="command")
    run = commands.add_parser(
        "run",
        help="run methods under label budgets, with several seeds",
        description="Runs a grid of method × label budget × seed. Each finished cell is saved at "
        "once: stop it at any moment, and the same command goes on from there.",
    )
    run.add_argument(
        "--profile", default="quick", help="quick (minutes; the default) or full (hours)"
    )
    run.add_argument("--methods", metavar="A,B", help="these methods instead of the profile's")
    run.add_argument("--labels", metavar="10,100", help="these label budgets instead")
    run.add_argument("--seeds", metavar="0,1", help="these seeds instead")
    run.add_argument(
        "--data",
        default="auto",
        choices=["auto", "mnist", "digits"],
        help="auto: MNIST if it is there",
    )
    where = run.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=int, metavar="N", help="processes on this machine; default: its cores"
    )
    where.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster to use instead")
    run.add_argument("--out", type=_path, metavar="FILE", help="the table of results, a CSV file")
    run.add_argument("--retry-failed", action="store_true", help="run failed cells again")
    run.add_argument("--dry-run", action="store_true", help="show the plan and stop")
    run.set_defaults(run=_experiment_run)
    report = commands.add_parser("report", help="make every figure and number from the results")
    report.add_argument("--table", type=_path, metavar="FILE", help="default: the committed one")
    report.add_argument("--out", type=_path, metavar="FOLDER", help="default: in the cache folder")
    report.set_defaults(run=_experiment_report)


def _path(text: str) -> Path:
    # Most shells leave the ~ in --out=~/table.csv as it is.
    return Path(os.path.expanduser(text))


def _doctor(_) -> int:
    from tlcourse import doctor

    findings = doctor.checks()
    doctor.report(findings)
    return 0 if doctor.can_run(findings) else 1


def _pretrain(_) -> int:
    from tlcourse import methods

    print(f"Written: {methods.pretrain_letters()}")
    return 0


def _experiment_run(chosen: argparse.Namespace) -> int:
    from tlcourse.experiment import command

    return command.main(chosen)


def _experiment_report(chosen: argparse.Namespace) -> int:
    from tlcourse import report
    from tlcourse.data.paths import cache_dir

    print(f"Written: {report.write(chosen.table, chosen.out or cache_dir() / 'report')}")
    return 0


def _photos_check(chosen: argparse.Namespace) -> int:
    from tlcourse import data

    print(data.check_photos(chosen.folder))
    return 0


def _photos_train(chosen: argparse.Namespace) -> int:
    from tlcourse import project

    print(project.line(project.train(chosen.folder, chosen.out, seed=chosen.seed)))
    print(f"Written: {chosen.out / 'card.md'}")
    return 0


def _photos_predict(chosen: argparse.Namespace) -> int:
    from tlcourse import project

    for row in project.predict(chosen.project, chosen.images).itertuples():
        print(f"{row.file}: {row.label} {row.confidence:.0%}{row.remark and f' ({row.remark})'}")
    return 0
