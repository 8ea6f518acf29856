"""Command line of the exporter: `lite`, `open-clip`, `checkpoint` and `verify`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from exporter.errors import BundleError, ExporterError, WeightsError
from kernel.progress import timed_lines
from trainer.errors import PretrainedError, TrainerError

if TYPE_CHECKING:
    from exporter.bundle_draft import Draft
    from exporter.from_open_clip import Source


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 bad usage or input, 130 interrupted."""
    arguments = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], None] = arguments.command
    try:
        command(arguments)
    except (BundleError, WeightsError, PretrainedError) as error:
        return _fail(error, 2)
    except (ExporterError, TrainerError, OSError) as error:
        return _fail(error, 1)
    except KeyboardInterrupt:
        return _fail("interrupted; nothing was left half-written", 130)
    return 0


def _fail(error: object, code: int) -> int:
    print(f"exporter: {error}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m exporter", description="Make and check bundles of ONNX towers.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    lite = commands.add_parser("lite", help="MiniLM-L6 and EfficientNet-Lite0 from installed packages")
    lite.set_defaults(command=_lite)
    lite.add_argument("--out", type=Path, required=True, metavar="DIR", help="the bundle to write")

    clip = commands.add_parser("open-clip", help="an open_clip model, such as ViT-B-32 laion2b_s34b_b79k")
    clip.set_defaults(command=_open_clip)
    clip.add_argument("model", metavar="MODEL", help="open_clip's name, a config .json, or local-dir:PATH")
    clip.add_argument("weights", nargs="?", metavar="TAG|FILE", help="a published tag, or a checkpoint file")
    clip.add_argument(
        "--random-weights", type=int, metavar="SEED", help="use untrained weights drawn from SEED, to try a model"
    )
    clip.add_argument("--out", type=Path, required=True, metavar="DIR", help="the bundle to write")

    checkpoint = commands.add_parser("checkpoint", help="towers trained by `python -m trainer`")
    checkpoint.set_defaults(command=_checkpoint)
    checkpoint.add_argument(
        "checkpoint", type=Path, metavar="CKPT_DIR", help="the checkpoint, such as var/runs/two-tower/best"
    )
    checkpoint.add_argument(
        "--encoders", type=Path, required=True, metavar="BUNDLE_DIR", help="the bundle whose encoders it was trained on"
    )
    checkpoint.add_argument("--out", type=Path, required=True, metavar="DIR", help="the bundle to write")

    verify = commands.add_parser("verify", help="check a bundle: schema, hashes, ONNX, a forward pass")
    verify.add_argument("bundle", type=Path, metavar="DIR", help="the bundle")
    verify.set_defaults(command=_verify)
    return parser


def _lite(arguments: argparse.Namespace) -> None:
    from exporter import from_installed  # noqa: PLC0415 - torch takes seconds to import, and `verify` does without

    _write(from_installed.build(timed_lines()), arguments.out)


def _open_clip(arguments: argparse.Namespace) -> None:
    from exporter import from_open_clip  # noqa: PLC0415 - as above

    _write(from_open_clip.build(_source(from_open_clip.Source, arguments), timed_lines()), arguments.out)


def _source(make: "type[Source]", arguments: argparse.Namespace) -> "Source":
    """Return where the weights come from: exactly one of a file, a tag and a seed. A local-dir brings its own."""
    model, weights, seed = arguments.model, arguments.weights, arguments.random_weights
    if model.startswith("local-dir:") and weights is None and seed is None:
        return make(model)
    if (weights is None) == (seed is None):
        raise WeightsError(f"{model}: give either TAG or FILE, or --random-weights SEED")
    if seed is not None:
        return make(model, seed=seed)
    if Path(weights).is_file():
        return make(model, file=Path(weights))
    if "/" in weights or weights.endswith(_CHECKPOINT_SUFFIXES):
        raise WeightsError(f"{weights}: no such file")
    return make(model, tag=weights)


_CHECKPOINT_SUFFIXES = (".safetensors", ".pt", ".pth", ".bin")


def _checkpoint(arguments: argparse.Namespace) -> None:
    from exporter import from_checkpoint  # noqa: PLC0415 - as above

    _write(from_checkpoint.build(arguments.checkpoint, arguments.encoders, timed_lines()), arguments.out)


def _verify(arguments: argparse.Namespace) -> None:
    from exporter.verify import bundle_id, verify  # noqa: PLC0415 - as above

    manifest = verify(arguments.bundle, report=lambda line: print(f"ok  {line}"))
    print(f"{arguments.bundle}: a valid bundle, {manifest['name']}, dim {manifest['dim']}")
    print(f"bundleId {bundle_id(arguments.bundle)}\nspace    {manifest['space']}")


def _write(draft: "Draft", out: Path) -> None:
    from exporter.publish import publish  # noqa: PLC0415 - as above
    from exporter.verify import bundle_id, verify  # noqa: PLC0415 - as above

    manifest = draft.manifest()
    publish(draft.files(), manifest, out, verify)
    total = sum(map(len, draft.files().values()))
    print(f"{out}: {draft.name}, dim {draft.dim}, {len(draft.files())} files, {total / 1e6:.1f} MB, verified")
    print(f"bundleId {bundle_id(out)}\nspace    {manifest['space']}")


if __name__ == "__main__":
    sys.exit(main())
