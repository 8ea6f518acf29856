"""Command line of the exporter: makes bundles, checks and describes them, and makes vectors with them."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from encoders.errors import EncodersError
from exporter.errors import BundleError, ExporterError, InputError, WeightsError
from kernel.bundle_signature import SignatureError, read_trusted_keys
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
    except (BundleError, InputError, SignatureError, WeightsError, PretrainedError) as error:
        return _fail(error, 2)
    except (ExporterError, EncodersError, TrainerError, OSError) as error:
        return _fail(error, 1)
    except KeyboardInterrupt:
        return _fail("interrupted; nothing was left half-written, and embed continues if you start it again", 130)
    return 0


def _fail(error: object, code: int) -> int:
    print(f"exporter: {error}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m exporter", description="Make and check bundles of ONNX towers.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    lite = commands.add_parser("lite", help="a text encoder and EfficientNet-Lite0 from installed packages")
    lite.set_defaults(command=_lite)
    lite.add_argument(
        "--text",
        choices=("minilm", "table"),
        default="table",
        help="a table of USE Multilingual's token vectors (default): many languages, no neural network; or MiniLM-L6",
    )
    lite.add_argument("--out", type=Path, required=True, metavar="DIR", help="the bundle to write")

    clip = commands.add_parser("open-clip", help="an open_clip model, such as ViT-B-32 laion2b_s34b_b79k")
    clip.set_defaults(command=_open_clip)
    clip.add_argument("model", metavar="MODEL", help="open_clip's name, a config .json, or local-dir:PATH")
    clip.add_argument("weights", nargs="?", metavar="TAG|FILE", help="a published tag, or a checkpoint file")
    clip.add_argument(
        "--random-weights", type=int, metavar="SEED", help="use untrained weights drawn from SEED, to try a model"
    )
    clip.add_argument(
        "--tokenizer", type=Path, metavar="DIR", help="the model's Hugging Face tokenizer, where open_clip has none"
    )
    clip.add_argument("--out", type=Path, required=True, metavar="DIR", help="the bundle to write")

    encoders = commands.add_parser("encoders", help="a Hugging Face text encoder and an image model of timm")
    _add_encoders(encoders)

    checkpoint = commands.add_parser("checkpoint", help="towers trained by `python -m trainer`")
    checkpoint.set_defaults(command=_checkpoint)
    checkpoint.add_argument(
        "checkpoint", type=Path, metavar="CKPT_DIR", help="the checkpoint, such as var/runs/two-tower/best"
    )
    checkpoint.add_argument(
        "--encoders", type=Path, required=True, metavar="BUNDLE_DIR", help="the bundle whose encoders it was trained on"
    )
    checkpoint.add_argument("--out", type=Path, required=True, metavar="DIR", help="the bundle to write")

    for made in (lite, clip, encoders, checkpoint):
        _add_precision(made)

    verify = commands.add_parser("verify", help="check a bundle: schema, hashes, ONNX, a forward pass")
    verify.add_argument("bundle", type=Path, metavar="DIR", help="the bundle")
    verify.add_argument("--trusted-keys", type=Path, metavar="FILE", help="public keys, one of which must have signed")
    verify.set_defaults(command=_verify)
    _add_signing(commands)
    _add_descriptions(commands)
    _add_embed(commands)
    return parser


def _add_precision(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--precision", action="append", default=[], metavar="TOWER=PRECISION",
        help="fp32 (default), fp16, int8-weights, int8-dynamic or int8-static of textEncoder, imageEncoder, itemTower "
        "or userTower, such as textEncoder=fp16; once for each tower",
    )  # fmt: skip
    parser.add_argument(
        "--accept-loss", action="store_true", help="write the bundle even where a precision loses more than its bound"
    )


def _add_descriptions(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    inspect = commands.add_parser("inspect", help="what a bundle is, on one card")
    inspect.add_argument("bundle", type=Path, metavar="DIR", help="the bundle")
    inspect.set_defaults(command=_inspect)
    compare = commands.add_parser("compare", help="what differs between two bundles, and whether vectors may be mixed")
    compare.add_argument("first", type=Path, metavar="A", help="a bundle")
    compare.add_argument("second", type=Path, metavar="B", help="another bundle")
    compare.set_defaults(command=_compare)
    for each in (inspect, compare):
        each.add_argument("--json", action="store_true", help="print JSON")


def _add_embed(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    embed = commands.add_parser("embed", help="item vectors of a products.jsonl; a killed run continues where it was")
    embed.set_defaults(command=_embed)
    embed.add_argument("products", type=Path, metavar="PRODUCTS.jsonl", help="products, as the scraper writes them")
    embed.add_argument("--bundle", type=Path, required=True, metavar="DIR", help="the bundle whose encoders to use")
    embed.add_argument(
        "--out", type=Path, required=True, metavar="VECTORS.npy",
        help="float32, one row a product; VECTORS.rows.jsonl names the rows",
    )  # fmt: skip
    embed.add_argument(
        "--images", type=Path, metavar="DIR",
        help="images named {itemId} or {sku} with .jpg, .jpeg, .png or .webp; none are fetched (`server ingest` does)",
    )  # fmt: skip
    embed.add_argument(
        "--engine", choices=("local", "dask"), default="local", help="this process, or Dask (default local)"
    )
    embed.add_argument(
        "--scheduler", metavar="ADDRESS", help="with --engine dask: the cluster to use, such as tcp://10.0.0.5:8786"
    )
    embed.add_argument(
        "--workers", type=_positive, metavar="N",
        help="threads that decode images, or with --engine dask processes (default: one per core)",
    )  # fmt: skip


def _inspect(arguments: argparse.Namespace) -> None:
    from exporter import card  # noqa: PLC0415 - as above

    found = card.card_of(arguments.bundle)
    print(json.dumps(found, indent=1, ensure_ascii=False) if arguments.json else "\n".join(card.lines_of(found)))


def _compare(arguments: argparse.Namespace) -> None:
    from exporter import compare  # noqa: PLC0415 - as above

    found = compare.compare(arguments.first, arguments.second)
    print(json.dumps(found, indent=1, ensure_ascii=False) if arguments.json else "\n".join(compare.lines_of(found)))


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text!r}")
    return int(text)


def _embed(arguments: argparse.Namespace) -> None:
    from exporter.embed import Engine, default_workers, embed  # noqa: PLC0415 - as above

    if arguments.scheduler and arguments.engine != "dask":
        raise InputError("--scheduler: expected with --engine dask only")
    engine = Engine(arguments.workers or default_workers(), arguments.engine == "dask", arguments.scheduler)
    paths = (arguments.products, arguments.bundle, arguments.out, arguments.images)
    print(json.dumps(embed(*paths, engine, lambda line: print(line, file=sys.stderr, flush=True)), indent=1))


def _add_signing(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    keygen = commands.add_parser("keygen", help="make an Ed25519 key that signs bundles")
    keygen.set_defaults(command=_keygen)
    keygen.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder for bundle-key.pem and .pub")
    keygen.add_argument("--name", default="", metavar="NAME", help="whose key it is, as lists of trusted keys say it")

    sign = commands.add_parser("sign", help="sign a bundle's manifest")
    sign.set_defaults(command=_sign)
    sign.add_argument("bundle", type=Path, metavar="BUNDLE_DIR", help="the bundle")
    sign.add_argument("--key", type=Path, required=True, metavar="FILE", help="the private key, bundle-key.pem")


def _keygen(arguments: argparse.Namespace) -> None:
    from exporter import signing  # noqa: PLC0415 - as below

    made = signing.keygen(arguments.out, arguments.name)
    print(f"{arguments.out}: key {made}; keep {signing.PRIVATE_KEY} secret, give {signing.PUBLIC_KEY} away")


def _sign(arguments: argparse.Namespace) -> None:
    from exporter import signing  # noqa: PLC0415 - as below

    print(f"{arguments.bundle}: signed by key {signing.sign_bundle(arguments.bundle, arguments.key)}")


def _add_encoders(command: argparse.ArgumentParser) -> None:
    command.set_defaults(command=_encoders)
    command.add_argument(
        "--text", type=Path, required=True, metavar="DIR", help="the text encoder's folder: BERT, RoBERTa, MPNet, E5, …"
    )
    command.add_argument(
        "--image",
        required=True,
        metavar="NAME|FILE",
        help="timm's name such as resnet50, a weights file named after it, or a folder with timm's config.json",
    )
    command.add_argument("--image-weights", type=Path, metavar="FILE", help="the image model's weights")
    command.add_argument(
        "--pooling", choices=("mean", "cls", "max"), help="default: what the text folder says, else mean"
    )
    command.add_argument(
        "--prefix", help='put before every text, such as "query: "; default: what the text folder says'
    )
    command.add_argument("--max-tokens", type=int, metavar="N", help="default: what the text folder says, else 128")
    command.add_argument(
        "--random-weights", type=int, metavar="SEED", help="use untrained weights drawn from SEED, to try the models"
    )
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="the bundle to write")


def _encoders(arguments: argparse.Namespace) -> None:
    from exporter import from_encoders  # noqa: PLC0415 - torch takes seconds to import, and `verify` does without

    source = from_encoders.Source(
        text=arguments.text,
        image=arguments.image,
        image_weights=arguments.image_weights,
        pooling=arguments.pooling,
        prefix=arguments.prefix,
        max_tokens=arguments.max_tokens,
        seed=arguments.random_weights,
    )
    _write(_reduced(lambda: from_encoders.build(source, timed_lines()), arguments), arguments.out)


def _lite(arguments: argparse.Namespace) -> None:
    from exporter import from_installed  # noqa: PLC0415 - torch takes seconds to import, and `verify` does without

    _write(_reduced(lambda: from_installed.build(timed_lines(), arguments.text), arguments), arguments.out)


def _open_clip(arguments: argparse.Namespace) -> None:
    from exporter import from_open_clip  # noqa: PLC0415 - as above

    source = _source(from_open_clip.Source, arguments)
    _write(_reduced(lambda: from_open_clip.build(source, timed_lines()), arguments), arguments.out)


def _source(make: "type[Source]", arguments: argparse.Namespace) -> "Source":
    """Return where the weights come from: exactly one of a file, a tag and a seed. A local-dir brings its own."""
    model, weights, seed = arguments.model, arguments.weights, arguments.random_weights
    tokenizer = arguments.tokenizer
    if model.startswith("local-dir:") and weights is None and seed is None:
        return make(model, tokenizer=tokenizer)
    if (weights is None) == (seed is None):
        raise WeightsError(f"{model}: give either TAG or FILE, or --random-weights SEED")
    if seed is not None:
        return make(model, seed=seed, tokenizer=tokenizer)
    if Path(weights).is_file():
        return make(model, file=Path(weights), tokenizer=tokenizer)
    if "/" in weights or weights.endswith(_CHECKPOINT_SUFFIXES):
        raise WeightsError(f"{weights}: no such file")
    return make(model, tag=weights, tokenizer=tokenizer)


_CHECKPOINT_SUFFIXES = (".safetensors", ".pt", ".pth", ".bin")


def _checkpoint(arguments: argparse.Namespace) -> None:
    from exporter import from_checkpoint  # noqa: PLC0415 - as above

    def build() -> "Draft":
        return from_checkpoint.build(arguments.checkpoint, arguments.encoders, timed_lines())

    _write(_reduced(build, arguments), arguments.out)


def _reduced(build: Callable[[], "Draft"], arguments: argparse.Namespace) -> "Draft":
    """Return the built draft with the towers in the wanted precisions and probes of them.

    Words that make no sense fail before anything is built.
    """
    from exporter import loss, precision  # noqa: PLC0415 - as above
    from exporter.probes import add_probes  # noqa: PLC0415 - as above

    wanted = precision.parse(arguments.precision)
    draft = build()
    loss.reduce(draft, wanted, arguments.accept_loss)
    for entry in draft.loss:
        print(f"loss of {loss.sentence(entry)}")
    add_probes(draft)
    return draft


def _verify(arguments: argparse.Namespace) -> None:
    from exporter import loss  # noqa: PLC0415 - as above
    from exporter.verify import bundle_id, verify  # noqa: PLC0415 - as above

    trusted = None if arguments.trusted_keys is None else read_trusted_keys(arguments.trusted_keys)
    manifest = verify(arguments.bundle, report=lambda line: print(f"ok  {line}"), trusted=trusted)
    print(f"{arguments.bundle}: a valid bundle, {manifest['name']}, dim {manifest['dim']}")
    print(f"bundleId {bundle_id(arguments.bundle)}\nspace    {manifest['space']}")
    for entry in manifest.get("loss", []):
        asked = ", beyond its bound and asked for" if entry["accepted"] else ""
        print(f"loss of {loss.sentence(entry)}{asked}")


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
