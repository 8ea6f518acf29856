import math

import pytest
import torch
from torch import nn

from trainer.config.run import TrainingConfig
from trainer.errors import ConfigError
from trainer.learning.optim import Optimiser, learning_rate_at

CPU = torch.device("cpu")


def rates(num, **settings):
    config = TrainingConfig(learning_rate=0.8, **settings)
    return [learning_rate_at(step, config, num) for step in range(num + 1)]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"schedule": "constant"}, [0.8] * 5),
        ({"schedule": "linear"}, [0.8, 0.6, 0.4, 0.2, 0.0]),
        ({"schedule": "linear", "final_share": 0.5}, [0.8, 0.7, 0.6, 0.5, 0.4]),
        ({"schedule": "cosine"}, [0.8, 0.4 + 0.4 * math.sqrt(0.5), 0.4, 0.4 - 0.4 * math.sqrt(0.5), 0.0]),
        ({"schedule": "constant", "warmup_steps": 4}, [0.2, 0.4, 0.6, 0.8, 0.8]),
        ({"schedule": "linear", "warmup_steps": 2}, [0.4, 0.8, 0.8, 0.4, 0.0]),
    ],
)
def test_a_schedule_is_its_formula_worked_by_hand(settings, expected):
    assert rates(4, **settings) == pytest.approx(expected)


def one_weight(**settings):
    """Return a weight at 1 whose loss is 3 w, so whose gradient is 3."""
    weight = nn.Parameter(torch.ones(1))
    config = TrainingConfig(**{"optimiser": "sgd", "momentum": 0.0, "grad_clip": 1e6, "learning_rate": 0.1, **settings})
    return weight, Optimiser([weight], config, 10, CPU)


def test_plain_sgd_takes_the_step_worked_by_hand():
    weight, optimiser = one_weight()
    optimiser.add((3 * weight).sum())
    assert weight.item() == pytest.approx(1 - 0.1 * 3)
    assert (optimiser.step, optimiser.take_grad_norm(), optimiser.take_grad_norm()) == (1, 3.0, 0.0)


@pytest.mark.parametrize(("nesterov", "second"), [(False, 3 + 0.5 * 3), (True, 3 + 0.5 * (3 + 0.5 * 3))])
def test_momentum_takes_the_steps_worked_by_hand(nesterov, second):
    weight, optimiser = one_weight(momentum=0.5, nesterov=nesterov)
    optimiser.add((3 * weight).sum())
    first = weight.item()
    assert first == pytest.approx(1 - 0.1 * (3 + 0.5 * 3 * nesterov))
    optimiser.add((3 * weight).sum())
    assert weight.item() == pytest.approx(first - 0.1 * second)


def test_accumulated_batches_step_once_on_their_mean():
    weight, optimiser = one_weight(accumulate=2)
    for slope in (3, 5, 4):
        optimiser.add((slope * weight).sum())
    assert weight.item() == pytest.approx(1 - 0.1 * 4)
    optimiser.finish()
    assert weight.item() == pytest.approx(1 - 0.1 * 4 - 0.1 * 4 / 2)
    optimiser.finish()
    assert optimiser.step == 2


def test_the_gradient_is_clipped_and_its_norm_before_is_reported():
    weight, optimiser = one_weight(grad_clip=0.5)
    optimiser.add((3 * weight).sum())
    assert weight.item() == pytest.approx(1 - 0.1 * 0.5, rel=1e-5)
    assert optimiser.take_grad_norm() == pytest.approx(3.0)


def test_matrices_decay_and_vectors_do_not():
    matrix, vector = nn.Parameter(torch.ones(2, 3)), nn.Parameter(torch.ones(3))
    config = TrainingConfig(weight_decay=0.5, learning_rate=0.1)
    optimiser = Optimiser([matrix, vector], config, 10, CPU)
    optimiser.add((matrix * 0).sum() + (vector * 0).sum())
    assert matrix[0, 0].item() == pytest.approx(1 - 0.1 * 0.5)
    assert vector[0].item() == 1


def test_plateau_lowers_the_rate_after_epochs_without_a_better_metric():
    _, optimiser = one_weight(schedule="plateau", plateau_patience=2, plateau_factor=0.5)
    found = []
    for metric in (0.3, 0.3, 0.4, 0.4, 0.39, 0.41, 0.2, 0.2):
        optimiser.watch(metric)
        found.append(optimiser.learning_rate)
    assert found == pytest.approx([0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025])


def test_bf16_computes_in_bf16_and_leaves_weights_in_float32():
    layer = nn.Linear(3, 2)
    optimiser = Optimiser([*layer.parameters()], TrainingConfig(precision="bf16"), 10, CPU)
    with optimiser.autocast():
        found = layer(torch.ones(4, 3))
    assert found.dtype == torch.bfloat16
    optimiser.add(found.float().square().sum())
    assert layer.weight.dtype == torch.float32
    with Optimiser([*layer.parameters()], TrainingConfig(), 10, CPU).autocast():
        assert layer(torch.ones(4, 3)).dtype == torch.float32


def test_fp16_without_cuda_says_what_to_use():
    with pytest.raises(ConfigError, match='needs a CUDA device; on this one use "bf16"'):
        one_weight(precision="fp16")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_fp16_on_cuda_scales_its_loss_and_skips_a_step_that_overflows():
    weight = nn.Parameter(torch.ones(1, device="cuda"))
    config = TrainingConfig(optimiser="sgd", momentum=0.0, grad_clip=1e6, learning_rate=0.1, precision="fp16")
    optimiser = Optimiser([weight], config, 10, torch.device("cuda"))
    optimiser.add((3 * weight).sum())
    assert weight.item() == pytest.approx(0.7)
    scale = optimiser.scaler.get_scale()
    optimiser.add((math.inf * weight).sum())
    assert weight.item() == pytest.approx(0.7)
    assert optimiser.scaler.get_scale() == scale / 2
