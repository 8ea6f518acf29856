"""Contract tests of every model declared in trainer.recipes; a new model is covered by its declaration."""

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch

from exporter import frozen_beside_cnn, torch_export
from exporter.bundle_draft import TowerFile
from exporter.tuned_encoders import cnn_on_pixels, feature_dims, image_rule, tower_files, tuned_encoders
from tests.trainer.planted import write_bundle
from tests.trainer.tiny import prepared_tiny, small_model
from trainer import checkpoint
from trainer.checkpoint import Checkpoint, tower_types
from trainer.config.run import as_document
from trainer.dataset.dataset import Interactions
from trainer.errors import TrainerError
from trainer.prepare import Prepared
from trainer.recipes import MODELS
from trainer.runs.epochs import describe_encoders

pytestmark = pytest.mark.parametrize("name", MODELS)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Return prepared(name, seed=3), the tiny run of a model."""
    directory = tmp_path_factory.mktemp("tiny")
    bundle = write_bundle(directory / "bundle")
    return lambda name, seed=3: prepared_tiny(bundle, directory, small_model(name), seed)


@pytest.fixture(scope="module")
def fitted(tiny, tmp_path_factory):
    """Return a function of a model name: the tiny run, a learner after one epoch, its record, its checkpoint."""
    done = {}

    def fit(name):
        if name not in done:
            prepared, directory = tiny(name), tmp_path_factory.mktemp(name) / "last"
            learner = MODELS[name].build(prepared)
            record = [learner.validate(), *epochs(prepared, learner, 1)]
            save(prepared, learner, directory)
            done[name] = SimpleNamespace(prepared=prepared, learner=learner, record=record, directory=directory)
        return done[name]

    return fit


def epochs(prepared: Prepared, learner, number: int) -> list[tuple]:
    """Return what each of these epochs and the validation after it gave; none where the model does not learn."""
    if not prepared.config.model.learns:
        return []
    return [(learner.run_epoch(), learner.validate()) for _ in range(number)]


def save(prepared: Prepared, learner, directory) -> None:
    encoders = describe_encoders(prepared.encoders, prepared.config.model.dim)
    saved = Checkpoint(learner.towers, as_document(prepared.config), prepared.config.seed, encoders)
    checkpoint.save(saved, directory, learner.state())


def weights(towers) -> dict[str, torch.Tensor]:
    return {f"{name}.{key}": w.clone() for name, tower in towers.items() for key, w in tower.state_dict().items()}


def scores(name: str, prepared: Prepared, towers, cases=None, positions=None) -> np.ndarray:
    cases = prepared.split.test if cases is None else cases
    towers = {key: tower.eval() for key, tower in towers.items()}
    scorer = MODELS[name].scorer(prepared, towers)
    return np.asarray(scorer(cases, np.arange(len(cases)) if positions is None else positions))


def equal(one, other) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def first_rows(interactions: Interactions, num_users: int | None = None) -> Interactions:
    """Return the first interaction of each of the first `num_users` users, of all users without it."""
    is_first = np.zeros(len(interactions), dtype=bool)
    starts = interactions.ptr[:-1][np.diff(interactions.ptr) > 0]
    is_first[starts[:num_users]] = True
    return interactions.select(is_first)


def test_declaration_matches_what_is_built(name, fitted):
    model, found = MODELS[name], fitted(name)
    assert model.name == name == found.prepared.config.model.type
    assert {type(tower) for tower in found.learner.towers.values()} <= set(model.towers)
    assert {tower_types()[tower.__name__] for tower in model.towers} == set(model.towers)
    assert found.learner.stop_metric == model.stop_metric
    assert model.stop_metric in found.record[0]


def test_same_seed_gives_the_same_result(name, tiny, fitted):
    found = fitted(name)
    torch.rand(7)  # what ran before must not matter
    np.random.default_rng().random(3)
    again = MODELS[name].build(tiny(name))
    assert [again.validate(), *epochs(found.prepared, again, 1)] == found.record
    assert equal(weights(again.towers), weights(found.learner.towers))


def test_another_seed_gives_another_result_where_a_model_learns(name, tiny, fitted):
    found, other = fitted(name), tiny(name, seed=4)
    learner = MODELS[name].build(other)
    epochs(other, learner, 1)
    assert equal(weights(learner.towers), weights(found.learner.towers)) != other.config.model.learns


def test_training_changes_the_weights(name, tiny, fitted):
    found = fitted(name)
    fresh = weights(MODELS[name].build(tiny(name)).towers)
    assert equal(fresh, weights(found.learner.towers)) != found.prepared.config.model.learns


def test_a_loaded_checkpoint_scores_equally(name, fitted):
    found = fitted(name)
    loaded = checkpoint.load(found.directory).towers
    ours = scores(name, found.prepared, found.learner.towers)
    np.testing.assert_array_equal(scores(name, found.prepared, loaded), ours)


def test_a_resumed_run_equals_an_uninterrupted_one(name, tiny, fitted):
    found, prepared = fitted(name), tiny(name)
    whole, resumed = MODELS[name].build(prepared), MODELS[name].build(prepared)
    whole.validate()
    record = epochs(prepared, whole, 2)
    resumed.restore(checkpoint.load(found.directory).towers, checkpoint.load_training_state(found.directory))
    assert found.record[1:] + epochs(prepared, resumed, 1) == record
    assert equal(weights(resumed.towers), weights(whole.towers))
    assert resumed.step == whole.step
    assert equal(resumed.state().tensors, whole.state().tensors)


@pytest.mark.parametrize("kept", [(1, 0), (0, 1), (0, 0)], ids=["text", "image", "neither"])
def test_scores_are_finite_where_a_modality_is_missing(name, kept, fitted):
    found = fitted(name)
    features = found.prepared.features
    mask = features.modality_mask * np.array(kept, dtype=np.float32)
    masked = replace(features, text=features.text * mask[:, :1], image=features.image * mask[:, 1:], modality_mask=mask)
    got = scores(name, replace(found.prepared, features=masked), found.learner.towers)
    assert np.isfinite(got).all()


@pytest.mark.parametrize("kept", [(1, 0), (0, 1)], ids=["text", "image"])
def test_training_without_a_modality_works_or_is_refused(name, kept, tiny):
    prepared = tiny(name)
    features = prepared.features
    mask = features.modality_mask * np.array(kept, dtype=np.float32)
    masked = replace(features, text=features.text * mask[:, :1], image=features.image * mask[:, 1:], modality_mask=mask)
    prepared = replace(prepared, features=masked, images=prepared.images if kept[1] else {})
    try:
        learner = MODELS[name].build(prepared)
    except TrainerError as error:
        assert len(str(error)) > 20
        return
    epochs(prepared, learner, 1)
    assert np.isfinite(scores(name, prepared, learner.towers)).all()


def content(found) -> tuple[torch.Tensor, ...]:
    """Return (text, image, mask) of eight random items; the last one has neither."""
    dims, generator = feature_dims(checkpoint.load(found.directory)), torch.Generator().manual_seed(0)
    mask = torch.tensor([[1.0, 1], [1, 1], [1, 0], [1, 0], [0, 1], [0, 1], [1, 1], [0, 0]])
    text, image = (torch.randn(8, dim, generator=generator) for dim in dims)
    return text, image, mask


def test_embeddings_have_unit_length(name, fitted):
    towers = {key: tower.eval() for key, tower in fitted(name).learner.towers.items()}
    with torch.no_grad():
        text, image, mask = content(fitted(name))
        items = towers["item_tower"](text, image, mask)
        lengths = items.norm(dim=1)
        users = towers["user_tower"](
            items[None, :5], torch.tensor([[0, 1, 2, 0, 5]]), torch.ones(1, 5), torch.ones(1, 5)
        )
    assert all(length == pytest.approx(1, abs=1e-5) or length == 0 for length in lengths.tolist())
    assert (lengths > 0).sum() >= 5  # at most the items without what the tower reads have none
    torch.testing.assert_close(users.norm(dim=1), torch.ones(1))


def test_a_masked_modality_is_not_read(name, fitted):
    tower = fitted(name).learner.towers["item_tower"].eval()
    text, image, mask = content(fitted(name))
    with torch.no_grad():
        zeros = tower(text * mask[:, :1], image * mask[:, 1:], mask)
        torch.testing.assert_close(tower(text, image, mask), zeros)


def test_scores_have_a_row_per_case_and_a_column_per_candidate(name, fitted):
    """The data are rectangular and asymmetric, so exchanged axes or positions taken for item_idx show."""
    found = fitted(name)
    cases = found.prepared.split.test
    whole = scores(name, found.prepared, found.learner.towers)
    assert whole.shape == (len(cases), len(cases.candidates))
    fewer = replace(cases, candidates=cases.candidates[1::3])
    rows = np.arange(len(cases))[::-2].copy()
    part = scores(name, found.prepared, found.learner.towers, fewer, rows)
    np.testing.assert_allclose(part, whole[rows][:, 1::3], atol=1e-5)
    assert np.ptp(whole, axis=1).min() > 0


def test_a_history_of_one_interaction_is_scored(name, fitted):
    found = fitted(name)
    cases = found.prepared.split.test
    got = scores(name, found.prepared, found.learner.towers, replace(cases, history=first_rows(cases.history)))
    assert np.isfinite(got).all()
    assert np.ptp(got, axis=1).max() > 0


def test_training_on_one_interaction_works_or_is_refused(name, tiny):
    prepared = tiny(name)
    train = first_rows(prepared.split.train, 1)
    prepared = replace(prepared, split=replace(prepared.split, train=train))
    assert len(train) == 1
    try:
        learner = MODELS[name].build(prepared)
        epochs(prepared, learner, 1)
    except TrainerError as error:
        assert re.search("nothing to learn|at least two", str(error))
        return
    assert np.isfinite(scores(name, prepared, learner.towers)).all()


def test_exported_towers_agree_with_torch(name, fitted):
    found = fitted(name)
    saved = checkpoint.load(found.directory)
    text, image, mask = content(found)
    dim = found.prepared.config.model.dim
    item = {"text": text, "image": image, "modalityMask": mask}
    same_answers(saved.item_tower, torch_export.item_tower(saved.item_tower, text.shape[1], image.shape[1]), item)
    with torch.no_grad():
        items = saved.item_tower(*item.values())[None, :6]
    kinds = torch.tensor([[0, 1, 2, 0, 5, 1]])
    user = {"items": items, "kinds": kinds, "agesDays": kinds + 0.5, "itemMask": (kinds != 2).float()}
    exported = torch_export.user_tower(saved.user_tower, dim)
    if "weights" in {value.name for value in exported.graph.input}:
        user["weights"] = torch.tensor([[1.0, 3.0, 1.0, 5.0, 2.0, 1.0]])
    same_answers(saved.user_tower, exported, user)


def test_exported_encoders_agree_with_torch(name, fitted):
    """Encoders of their own, and the CNN that a model puts beside the bundle's image encoder."""
    found, bundle = fitted(name), fitted(name).prepared.encoders
    saved = checkpoint.load(found.directory)
    rule = image_rule(saved, bundle.manifest)
    own = tuned_encoders(saved)
    files = tower_files(own, bundle.manifest["text"]["tokenizer"].get("padTo"), rule)
    cnn = cnn_on_pixels(saved, rule)
    if cnn is not None:
        frozen = TowerFile("image.onnx", (Path(found.prepared.config.encoders) / "image.onnx").read_bytes())
        files["imageEncoder"], own["imageEncoder"] = frozen_beside_cnn.export(frozen, cnn)
    assert files.keys() == own.keys()
    generator = torch.Generator().manual_seed(2)
    ids = torch.randint(1, 10, (3, 5), generator=generator)
    inputs = {
        "textEncoder": {"inputIds": ids, "attentionMask": torch.ones_like(ids)},
        "imageEncoder": {"pixels": torch.randn(3, 3, rule["size"], rule["size"], generator=generator)},
    }
    for key, file in files.items():
        same_answers(own[key], onnx.load_model_from_string(file.data), inputs[key])
    widths = dict(zip(("textEncoder", "imageEncoder"), feature_dims(saved), strict=True))
    for key, module in own.items():
        assert module(*inputs[key].values()).shape[1] == widths[key]


def same_answers(tower, exported, inputs: dict[str, torch.Tensor]) -> None:
    session = ort.InferenceSession(exported.SerializeToString(), providers=["CPUExecutionProvider"])
    (got,) = session.run(None, {key: tensor.numpy() for key, tensor in inputs.items()})
    with torch.no_grad():
        np.testing.assert_allclose(got, tower(*inputs.values()).numpy(), atol=1e-5)
