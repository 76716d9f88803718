"""The walls: warm white by day, charcoal by night, one accent, fonts of the visitor's own system.

Gradio's stock themes link fonts on other hosts; this one names system fonts only. What a theme variable
cannot say is in ``assets/theme.css``.
"""

from __future__ import annotations

import gradio as gr
from gradio.themes.utils import colors, sizes

SANS = (
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "Helvetica Neue",
    "Noto Sans",
    "Liberation Sans",
    "sans-serif",
)
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace")

# From the lit wall down to the unlit one; the accent is the red dot that marks a sold picture.
WALL = colors.Color(
    name="wall",
    c50="#fbfaf7", c100="#f6f4ef", c200="#e9e5dd", c300="#d8d2c7", c400="#a39b8f", c500="#756e64",
    c600="#5d574f", c700="#3a3633", c800="#272422", c900="#1f1d1b", c950="#181716",
)  # fmt: skip
DOT = colors.Color(
    name="dot",
    c50="#fdf3f0", c100="#fae3dc", c200="#f4c5b9", c300="#ec9f8d", c400="#e57a62", c500="#b23a24",
    c600="#a2321e", c700="#872a1a", c800="#6e2518", c900="#5a2116", c950="#310e08",
)  # fmt: skip


def gallery_theme() -> gr.themes.Base:
    """The gallery's own theme, light and dark."""
    theme = gr.themes.Base(
        primary_hue=DOT,
        secondary_hue=DOT,
        neutral_hue=WALL,
        text_size=sizes.text_md,
        spacing_size=sizes.spacing_md,
        radius_size=sizes.radius_sm,
        font=SANS,
        font_mono=MONO,
    )
    return theme.set(
        body_background_fill="*neutral_100",
        body_background_fill_dark="*neutral_950",
        body_text_color="*neutral_900",
        body_text_color_dark="#efece6",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="#aca59b",
        background_fill_primary="*neutral_50",
        background_fill_primary_dark="*neutral_900",
        background_fill_secondary="*neutral_100",
        background_fill_secondary_dark="*neutral_950",
        border_color_primary="*neutral_200",
        border_color_primary_dark="*neutral_700",
        link_text_color="*primary_600",
        link_text_color_dark="*primary_300",
        # Blocks are not boxes here: the wall shows through, and only what can be typed into has an edge.
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_border_width_dark="0px",
        block_shadow="none",
        block_shadow_dark="none",
        block_padding="0px",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_label_border_width="0px",
        block_label_border_width_dark="0px",
        block_label_text_color="*body_text_color_subdued",
        block_label_text_color_dark="*body_text_color_subdued",
        block_title_text_color="*body_text_color_subdued",
        block_title_text_color_dark="*body_text_color_subdued",
        block_title_text_weight="400",
        block_info_text_color="*body_text_color_subdued",
        block_info_text_color_dark="*body_text_color_subdued",
        panel_border_width="0px",
        panel_background_fill="transparent",
        panel_background_fill_dark="transparent",
        form_gap_width="0px",
        layout_gap="24px",
        input_background_fill="*neutral_50",
        input_background_fill_dark="*neutral_900",
        input_border_color="*neutral_300",
        input_border_color_dark="*neutral_700",
        input_border_width="1px",
        input_border_width_dark="1px",
        input_shadow="none",
        button_secondary_background_fill="transparent",
        button_secondary_background_fill_dark="transparent",
        button_secondary_background_fill_hover="*neutral_50",
        button_secondary_background_fill_hover_dark="*neutral_900",
        button_secondary_border_color="*neutral_300",
        button_secondary_border_color_dark="*neutral_700",
        button_secondary_border_color_hover="*primary_500",
        button_secondary_border_color_hover_dark="*primary_400",
        button_secondary_text_color="*body_text_color",
        button_secondary_text_color_dark="*body_text_color",
        button_primary_background_fill="*neutral_900",
        button_primary_background_fill_dark="#efece6",
        button_primary_background_fill_hover="*primary_500",
        button_primary_background_fill_hover_dark="*primary_300",
        button_primary_text_color="white",
        button_primary_text_color_dark="*neutral_950",
        button_border_width="1px",
        checkbox_background_color_selected="*primary_500",
        checkbox_background_color_selected_dark="*primary_500",
        slider_color="*primary_500",
        slider_color_dark="*primary_400",
        loader_color="*primary_500",
        loader_color_dark="*primary_400",
        error_background_fill="*background_fill_primary",
        error_background_fill_dark="*background_fill_primary",
        error_border_color="*border_color_primary",
        error_border_color_dark="*border_color_primary",
        error_text_color="*body_text_color",
        error_text_color_dark="*body_text_color",
        error_icon_color="*primary_500",
        error_icon_color_dark="*primary_400",
    )
