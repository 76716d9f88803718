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

DAY_AND_NIGHT = {
    "body_background_fill": ("*neutral_100", "*neutral_950"),
    "body_text_color": ("*neutral_900", "#efece6"),
    "body_text_color_subdued": ("*neutral_600", "#aca59b"),
    "background_fill_primary": ("*neutral_50", "*neutral_900"),
    "background_fill_secondary": ("*neutral_100", "*neutral_950"),
    "border_color_primary": ("*neutral_200", "*neutral_700"),
    "link_text_color": ("*primary_600", "*primary_300"),
    # Blocks are not boxes here: the wall shows through, and only what can be typed into has an edge.
    "block_background_fill": ("transparent", "transparent"),
    "block_border_width": ("0px", "0px"),
    "block_shadow": ("none", "none"),
    "block_label_background_fill": ("transparent", "transparent"),
    "block_label_border_width": ("0px", "0px"),
    "block_label_text_color": ("*body_text_color_subdued", "*body_text_color_subdued"),
    "block_title_text_color": ("*body_text_color_subdued", "*body_text_color_subdued"),
    "block_info_text_color": ("*body_text_color_subdued", "*body_text_color_subdued"),
    "panel_background_fill": ("transparent", "transparent"),
    "input_background_fill": ("*neutral_50", "*neutral_900"),
    "input_border_color": ("*neutral_300", "*neutral_700"),
    "input_border_width": ("1px", "1px"),
    "button_secondary_background_fill": ("transparent", "transparent"),
    "button_secondary_background_fill_hover": ("*neutral_50", "*neutral_900"),
    "button_secondary_border_color": ("*neutral_300", "*neutral_700"),
    "button_secondary_border_color_hover": ("*primary_500", "*primary_400"),
    "button_secondary_text_color": ("*body_text_color", "*body_text_color"),
    "button_primary_background_fill": ("*neutral_900", "#efece6"),
    "button_primary_background_fill_hover": ("*primary_500", "*primary_300"),
    "button_primary_text_color": ("white", "*neutral_950"),
    "checkbox_background_color_selected": ("*primary_500", "*primary_500"),
    "slider_color": ("*primary_500", "*primary_400"),
    "loader_color": ("*primary_500", "*primary_400"),
    "error_background_fill": ("*background_fill_primary", "*background_fill_primary"),
    "error_border_color": ("*border_color_primary", "*border_color_primary"),
    "error_text_color": ("*body_text_color", "*body_text_color"),
    "error_icon_color": ("*primary_500", "*primary_400"),
}
ALWAYS = {
    "block_padding": "0px",
    "block_title_text_weight": "400",
    "panel_border_width": "0px",
    "form_gap_width": "0px",
    "layout_gap": "24px",
    "input_shadow": "none",
    "button_border_width": "1px",
}


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
    day = {name: light for name, (light, _) in DAY_AND_NIGHT.items()}
    night = {f"{name}_dark": dark for name, (_, dark) in DAY_AND_NIGHT.items()}
    return theme.set(**day, **night, **ALWAYS)
