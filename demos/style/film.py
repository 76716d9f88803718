"""A visitor's film, painted frame by frame: its page side is `assets/style/film.js`."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from demos.house.steps import OnStep, in_steps
from demos.house.widget import Widget
from demos.style import service
from demos.style.studio import FOLDER, scripts
from models.errors import BadInput
from models.style import video
from models.style.video import FilmReport

UPLOAD_BYTES = 20 * 2**20  # what the gallery takes, see `demos/gallery.py`


def painted_film(source: str | None, order: service.Order) -> Iterator[tuple[int, int] | tuple[str, FilmReport]]:
    """Paint a film as an order says: yields (frames done, in all), at last its file, which is gone once the iterator
    goes on, and what is to be said of it. BadInput for no film."""
    if not source:
        raise BadInput("There is no film yet: choose a short one.")
    ask, how = order.ask(video.SIDE), service.recipe(replace(order, photo=""))
    with TemporaryDirectory(prefix="vernissage-film-") as folder:
        out = Path(folder) / "painted.mp4"

        def work(on_step: OnStep) -> FilmReport:
            return video.paint_film(Path(source), out, ask, on_frame=on_step, recipe=how)

        with closing(in_steps(work)) as steps:
            for news in steps:
                yield (str(out), news) if isinstance(news, FilmReport) else news


def words(report: FilmReport) -> str:
    """What the page says of a painted film."""
    told = f"{report.frames} frames painted, {report.rate:.1f} a second."
    still = f"What stands still changes by {report.flicker:.1f} of 255 from frame to frame."
    return " ".join(filter(None, (told, still, report.note)))


class Film(Widget):
    """A film to choose. Events: `submit` (paint the order in the page's `.sf` element, the film its `source`), `stop`.

    Prop the page listens to: `news` of the film under way.
    """

    def __init__(self, **options: Any):
        setup = {"mostBytes": UPLOAD_BYTES, "seconds": video.SECONDS}
        super().__init__(
            html_template=(FOLDER / "film.html").read_text(encoding="utf-8"),
            css_template=(FOLDER / "film.css").read_text(encoding="utf-8"),
            js_on_load=scripts(("film.js",), setup),
            apply_default_css=False,
            **{"news": None, **options},
        )
