"""The network: shapes, size, exactness in time, and that each branch has its say."""

import pytest
import torch

from models.foley import network as net
from models.foley.network import REACH, SIZES, STEP, TINY, Foley, differences, tiny


def film(frames: int, seed: int = 0, batch: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    chance = torch.Generator().manual_seed(seed)
    grey = torch.rand(batch, frames, 128, 128, generator=chance)
    return grey, torch.rand(batch, -(-frames // STEP), 3, 112, 112, generator=chance)


@pytest.mark.parametrize("frames", [1, 2, 6, 7, 40])
def test_every_frame_is_judged(frames):
    heads = tiny()(*film(frames, batch=2))
    assert heads.onset.shape == heads.offset.shape == heads.strength.shape == (2, frames)
    assert heads.materials.shape == (2, frames, TINY.materials)
    assert heads.offset.abs().max() <= 1.5 and 0 <= heads.strength.min() and heads.strength.max() <= 1


@pytest.mark.parametrize("name", SIZES)
def test_it_stays_within_eight_million_parameters(name):
    assert sum(p.numel() for p in Foley(SIZES[name]).parameters()) < 8_000_000


def test_motion_seen_piece_by_piece_is_motion_seen_whole():
    network, (grey, _) = tiny(), film(30)
    whole = network.motion(grey)
    first, last = 12, 20
    piece = network.motion(grey[:, first - REACH : last + REACH]).cropped(REACH, REACH + last - first)
    torch.testing.assert_close(piece.features, whole.features[:, first:last])
    torch.testing.assert_close(piece.where, whole.where[:, first:last])
    assert torch.allclose(whole.where.sum((3, 4)), torch.ones(1, 30, TINY.maps))


def test_motion_reaches_no_further_than_it_says():
    network, (grey, _) = tiny(), film(30)
    other = grey.clone()
    other[:, 20] = 0.5
    changed = (network.motion(grey).features - network.motion(other).features).abs().amax(2)[0] > 1e-6
    assert changed[20 - REACH : 21 + REACH].all() and not changed[: 20 - REACH].any()
    assert not changed[21 + REACH :].any()


def test_light_and_lamps_do_not_move():
    """What is twice as bright, or darkens for a moment, does not look like movement."""
    grey, _ = film(8)
    dim, bright = (differences(0.4 * level * grey + 0.1)[:, :, :4] for level in (1, 2))
    assert (dim - bright).abs().mean() < 0.35 * bright.abs().mean()
    still = grey[:, :1].repeat(1, 8, 1, 1)
    still[:, 4] = still[:, 4] - 0.1
    assert differences(still)[:, :, :4].abs().max() < 1e-4


def test_held_frames_are_compared_further_away():
    held = film(10)[0][:, [0, 0, 0, 3, 3, 3, 6, 6, 6, 9]]
    near, far = differences(held)[0, :, 1].abs().mean((1, 2)), differences(held)[0, :, 3].abs().mean((1, 2))
    assert near[3] == 0 < far[3]


def seen_at_random(frames: int) -> torch.Tensor:
    """Features and log probabilities, as the appearance branch tells them, (1, K, C + M, 14, 14)."""
    features, told = (torch.rand(1, frames, count, 14, 14) for count in (8, TINY.materials))
    return torch.cat([features, told.log_softmax(2)], 2)


def test_what_all_places_are_made_of_are_probabilities():
    branch = net.AppearanceBranch(TINY).eval()
    told = branch.materials(branch(film(20)[1]))
    assert told.shape == (1, 4, TINY.materials, 14, 14)
    torch.testing.assert_close(told.exp().sum(2), torch.ones(1, 4, 14, 14))


def test_appearance_is_told_of_the_places_looked_at():
    """Colour that moves from here to there where nobody looks changes nothing; where all look, it does."""
    torch.manual_seed(0)
    branch = net.AppearanceBranch(TINY)
    seen = seen_at_random(3)
    where = torch.zeros(1, 13, TINY.maps, 8, 8)
    where[..., 6, 6] = 1
    with torch.no_grad():
        before = branch.at(seen, where)
        elsewhere, there = seen.clone(), seen.clone()
        for changed, place in ((elsewhere, 4), (there, 11)):
            changed[:, :, :8, 0, 0] -= 1  # what is all around stays as it was
            changed[:, :, :8, place, place] += 1
        torch.testing.assert_close(branch.at(elsewhere, where), before)
        assert (branch.at(there, where) - before).abs().max() > 1e-3


def test_colour_frames_before_and_after_are_told_apart():
    torch.manual_seed(0)
    branch = net.AppearanceBranch(TINY)
    seen, where = seen_at_random(4), torch.full((1, 20, TINY.maps, 8, 8), 1 / 64)
    later = seen.clone()
    later[:, 2, :8] += 1
    with torch.no_grad():
        changed = (branch.at(later, where) - branch.at(seen, where)).abs().amax(2)[0] > 1e-6
    assert changed.nonzero().flatten().tolist() == list(range(6, 18))


def test_hidden_appearance_changes_the_material_alone():
    network, (grey, colour) = tiny(), film(20, batch=2)
    heads = network(grey, colour, torch.tensor([1.0, 0.0]))
    other = network(grey, colour.flip(1), torch.tensor([1.0, 0.0]))
    torch.testing.assert_close(heads.onset, other.onset)
    assert (heads.materials - other.materials)[0].abs().max() > 1e-4
    torch.testing.assert_close(heads.materials[1], other.materials[1])


def test_every_part_learns():
    torch.manual_seed(0)
    network = Foley(TINY)
    torch.nn.init.normal_(network.hit.weight)
    heads = network(*film(12, batch=2))
    (heads.onset.sum() + heads.offset.sum() + heads.strength.sum() + heads.materials.square().sum()).backward()
    without = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().any()]
    assert without == []


def test_sizes_go_into_notes_and_weights_of_other_materials_are_refused():
    notes = net.notes_of(TINY)
    assert net.config_of(notes) == TINY
    with pytest.raises(ValueError, match="materials"):
        net.config_of(notes | {"known": '["cheese"]'})
