"""A low-rank adapter changes nothing until it has learned; merged, it is what it was attached."""

import pytest
import torch
from torch import Tensor, nn

from engine.generate.lora import Adapter, merge, named


def network() -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.GELU(), nn.Conv2d(8, 6, 1), nn.Flatten(), nn.Linear(96, 5)
    )


@pytest.fixture
def x() -> Tensor:
    return torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))


def taught(rank: int = 4) -> tuple[nn.Sequential, Adapter]:
    """A network with an adapter that has learned something."""
    net = network()
    adapter = Adapter(net, rank)
    with torch.no_grad():
        for value in adapter.parameters():
            value.normal_()
    return net, adapter


def test_a_new_adapter_changes_nothing(x: Tensor) -> None:
    net, plain = network(), network()
    Adapter(net)
    torch.testing.assert_close(net(x), plain(x), rtol=0, atol=0)


def test_only_the_adapter_learns(x: Tensor) -> None:
    net = network()
    adapter = Adapter(net)
    net(x).square().sum().backward()
    assert all(value.grad is not None for value in adapter.parameters())
    mine = {id(value) for value in adapter.parameters()}
    assert all(id(value) in mine or value.grad is None for value in net.parameters())


def test_merged_weights_compute_what_the_attached_adapter_did(x: Tensor) -> None:
    net, adapter = taught()
    merged = network()
    merge(merged, named(adapter.state_dict()))
    torch.testing.assert_close(merged(x), net(x), rtol=1e-4, atol=1e-4)


def test_half_the_strength_is_half_the_change() -> None:
    _, adapter = taught()
    half, full, plain = network(), network(), network()
    for net, strength in ((half, 0.5), (full, 1.0)):
        merge(net, named(adapter.state_dict()), strength)
    torch.testing.assert_close(
        2 * (half[4].weight - plain[4].weight), full[4].weight - plain[4].weight,
        rtol=1e-4, atol=1e-4,
    )  # fmt: skip


def test_a_change_has_the_rank_it_was_given() -> None:
    _, adapter = taught(rank=2)
    merged, plain = network(), network()
    merge(merged, named(adapter.state_dict()))
    change = (merged[0].weight - plain[0].weight).flatten(1)
    assert torch.linalg.matrix_rank(change, tol=1e-4) == 2


def test_an_adapter_of_another_network_is_refused() -> None:
    _, adapter = taught()
    tensors = named(adapter.state_dict())
    with pytest.raises(KeyError):
        merge(nn.Sequential(nn.Linear(2, 2)), tensors)
    with pytest.raises(RuntimeError):
        merge(nn.Sequential(nn.Conv2d(3, 9, 3), nn.GELU(), nn.Conv2d(8, 6, 1),
                            nn.Flatten(), nn.Linear(96, 5)), tensors)  # fmt: skip
