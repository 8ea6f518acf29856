"""Optimiser with learning-rate schedule, clipping, accumulation and mixed precision."""

import math
from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import torch
from torch import Tensor, nn

from kernel.json_object import JsonObject
from trainer.config.run import TrainingConfig
from trainer.errors import ConfigError

AUTOCAST_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def learning_rate_at(step: int, config: TrainingConfig, total_steps: int, num_reductions: int = 0) -> float:
    r"""Return the learning rate of a step, counted from 0.

    .. math:: \eta_t = \eta \, \min\!\left(1, \frac{t + 1}{w}\right) f(t), \qquad p = \frac{t - w}{T - w} \in [0, 1]

    with w warm-up steps of T in all and final share s: f is 1 for `constant`, :math:`1 - (1 - s) p` for `linear`,
    :math:`s + (1 - s) (1 + \cos \pi p) / 2` for `cosine` (Loshchilov & Hutter 2017, https://arxiv.org/abs/1608.03983,
    without restarts) and `plateau_factor ** num_reductions` for `plateau`.
    """
    warmup, floor = config.warmup_steps, config.final_share
    warm = min(1.0, (step + 1) / warmup) if warmup else 1.0
    done = min(1.0, max(0.0, (step - warmup) / max(1, total_steps - warmup)))
    shape = {
        "constant": 1.0,
        "linear": 1 - (1 - floor) * done,
        "cosine": floor + (1 - floor) * (1 + math.cos(math.pi * done)) / 2,
        "plateau": config.plateau_factor**num_reductions,
    }[config.schedule]
    return config.learning_rate * warm * shape


class PlateauState(TypedDict):
    """State of the schedule `plateau`: the best metric, epochs since then and reductions so far."""

    best: float | None
    num_bad: int
    num_reductions: int


class OptimiserState(TypedDict):
    """Plain values that continue an optimiser; before there were schedules, no plateau was kept."""

    step: int
    plateau: NotRequired[PlateauState]
    scaler: NotRequired[JsonObject]


class Optimiser:
    """Optimiser of parameters, with everything that a step needs.

    Parameters in `shares` get that share of the learning rate, as a pretrained encoder does beside fresh heads.

    Call `add` once a batch; every `config.accumulate` batches make one step. `state` and `restore` carry all of its
    state, so steps after a restore are bit for bit those of an uninterrupted run.
    """

    def __init__(
        self,
        parameters: Sequence[nn.Parameter],
        config: TrainingConfig,
        total_steps: int,
        device: torch.device,
        shares: Mapping[nn.Parameter, float] | None = None,
    ) -> None:
        if config.precision == "fp16" and device.type != "cuda":
            raise ConfigError('training.precision "fp16" needs a CUDA device; on this one use "bf16" or "fp32"')
        self.parameters, self.config, self.total_steps, self.device = parameters, config, total_steps, device
        self.torch_optimiser = _optimiser(parameters, config, shares or {})
        # fp16 gradients underflow unless their loss is scaled up; bf16 has float32's range and needs none of it.
        self.scaler = torch.amp.GradScaler(device.type, enabled=config.precision == "fp16")
        self.step = 0
        self.num_pending = 0  # batches since the last step
        self.plateau: PlateauState = {"best": None, "num_bad": 0, "num_reductions": 0}
        self.grad_norms: list[float] = []  # of the steps since the last `take_grad_norm`

    @property
    def learning_rate(self) -> float:
        """Learning rate of the next step."""
        return learning_rate_at(self.step, self.config, self.total_steps, self.plateau["num_reductions"])

    def autocast(self) -> torch.autocast:
        """Return the context in which towers compute in the configured precision."""
        dtype = AUTOCAST_DTYPES.get(self.config.precision)
        return torch.autocast(self.device.type, dtype=dtype, enabled=dtype is not None)

    def add(self, loss: Tensor) -> None:
        """Add the gradients of one batch's loss, and step after every `config.accumulate` batches."""
        accumulate = self.config.accumulate
        torch.autograd.backward(self.scaler.scale(loss / accumulate if accumulate > 1 else loss))
        self.num_pending += 1
        if self.num_pending == accumulate:
            self.finish()

    def finish(self) -> None:
        """Step on the pending gradients, as at the end of an epoch."""
        if not self.num_pending:
            return
        for group in self.torch_optimiser.param_groups:
            group["lr"] = self.learning_rate * group["share"]
        self.scaler.unscale_(self.torch_optimiser)
        norm = nn.utils.clip_grad_norm_(self.parameters, self.config.grad_clip)
        self.scaler.step(self.torch_optimiser)
        self.scaler.update()
        self.torch_optimiser.zero_grad(set_to_none=True)
        self.grad_norms.append(float(norm))
        self.step += 1
        self.num_pending = 0

    def take_grad_norm(self) -> float:
        """Return the mean norm, before clipping, of the gradients since the last call; infinite ones left out."""
        norms = [norm for norm in self.grad_norms if math.isfinite(norm)]
        self.grad_norms = []
        return math.fsum(norms) / len(norms) if norms else 0.0

    def watch(self, metric: float) -> None:
        """Record an epoch's metric; `plateau` lowers the learning rate after enough epochs without a better one."""
        plateau = self.plateau
        if plateau["best"] is None or metric > plateau["best"]:
            plateau["best"], plateau["num_bad"] = metric, 0
        else:
            plateau["num_bad"] += 1
        if plateau["num_bad"] >= self.config.plateau_patience:
            plateau["num_bad"] = 0
            plateau["num_reductions"] += 1

    def state(self) -> tuple[dict[str, Tensor], OptimiserState]:
        """Return (tensors, plain values) for `restore`; between epochs, when nothing is pending."""
        tensors = {
            f"optimiser.{index}.{name}": tensor
            for index, values in self.torch_optimiser.state_dict()["state"].items()
            for name, tensor in values.items()
            if tensor is not None
        }
        return tensors, {"step": self.step, "plateau": self.plateau.copy(), "scaler": self.scaler.state_dict()}

    def restore(self, tensors: Mapping[str, Tensor], values: OptimiserState) -> None:
        """Restore the state that `state` returned."""
        optimiser = self.torch_optimiser.state_dict()
        for key, tensor in tensors.items():
            section, _, rest = key.partition(".")
            if section == "optimiser":
                index, _, name = rest.partition(".")
                optimiser["state"].setdefault(int(index), {})[name] = tensor
        self.torch_optimiser.load_state_dict(optimiser)
        self.step = int(values["step"])
        self.plateau = values.get("plateau", self.plateau).copy()  # before there were schedules, none was kept
        if values.get("scaler"):
            self.scaler.load_state_dict(values["scaler"])


def _optimiser(
    parameters: Sequence[nn.Parameter], config: TrainingConfig, shares: Mapping[nn.Parameter, float]
) -> torch.optim.Optimizer:
    """Return the optimiser; matrices decay, biases, norms and single vectors do not."""
    groups = [
        {
            "params": [p for p in parameters if (p.ndim >= 2) == is_matrix and shares.get(p, 1.0) == share],
            "weight_decay": config.weight_decay if is_matrix else 0.0,
            "share": share,
        }
        for share in sorted({shares.get(p, 1.0) for p in parameters}, reverse=True)
        for is_matrix in (True, False)
    ]
    if config.optimiser == "sgd":
        momentum, nesterov = config.momentum, config.nesterov
        return torch.optim.SGD(groups, lr=config.learning_rate, momentum=momentum, nesterov=nesterov)
    if config.optimiser == "adam":
        return torch.optim.Adam(groups, lr=config.learning_rate, fused=True)
    return torch.optim.AdamW(groups, lr=config.learning_rate, fused=True)
