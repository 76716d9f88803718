"""Attribute directions in w, found from the labels of the training faces.

Regressing w on the labels, all of them at once, gives for each attribute how w moves when that one changes and the
others stay: what a direction ought to mean. (Regressing the attribute on w instead, or taking differences of class
means, mixes in whatever goes with it: age goes with grey hair, a smile with teeth.)
"""

import numpy as np
from numpy.typing import NDArray

from models.faces.engine import ATTRIBUTES

_BESIDE = (
    "light_azimuth",
    "light_elevation",
    "light_strength",
    "light_warmth",
    "exposure",
    "hair_lightness",
    "hair_warmth",
)


def label_table(labels: dict[str, NDArray]) -> NDArray:
    """What the latent should know, float32 (N, L): ATTRIBUTES first, then light, hair, backdrop and frames.

    Columns are in units of their standard deviation. What only glasses have is measured from the average pair, and 0
    where there are none, so that wearing glasses is one column and which ones are the others.
    """
    worn = labels["glasses"] > 0.5

    def where_worn(values: NDArray) -> NDArray:
        return (values - values[worn].mean(0)) * worn.reshape(-1, *[1] * (values.ndim - 1))

    shapes = labels["frame_shape"]
    kinds = np.stack([shapes == kind for kind in range(shapes.max() + 1)], axis=1).astype(np.float32)
    numbers = np.stack([labels[name] for name in (*ATTRIBUTES, *_BESIDE)], axis=1)
    frames = [where_worn(labels["frame_thickness"])[:, None], where_worn(labels["frame_rgb"]), where_worn(kinds)]
    columns = np.concatenate([numbers, labels["backdrop_rgb"], *frames], axis=1).astype(np.float32)
    return (columns - columns.mean(0)) / columns.std(0).clip(1e-6)


def attribute_directions(w: NDArray, labels: dict[str, NDArray], ridge: float = 1e-3) -> NDArray:
    """Directions float32 (4, D): adding k times a row moves that attribute by k of its standard deviations."""
    table = label_table(labels)
    moments = table.T @ table / len(table) + ridge * np.eye(table.shape[1])
    effects = np.linalg.solve(moments, table.T @ (w - w.mean(0)) / len(table))
    return effects[: len(ATTRIBUTES)].astype(np.float32)


def attribute_readings(w: NDArray, labels: dict[str, NDArray], ridge: float = 1e-3) -> NDArray:
    """Rows (4, D) whose products with w tell the attributes best, up to a constant, in standard deviations."""
    table, apart = label_table(labels)[:, : len(ATTRIBUTES)], w - w.mean(0)
    moments = apart.T @ apart / len(w)
    moments += ridge * np.trace(moments) / len(moments) * np.eye(len(moments))
    return np.linalg.solve(moments, apart.T @ table / len(w)).T.astype(np.float32)
