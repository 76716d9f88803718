// The first hanging: what came with the page is on the wall at once, the rest is asked for.
choose("plus");
find(".fa-seed").value = state.seed;
layOutSliders();
for (const term of [...TERMS, "face"]) layOut(term);
markPreset();
hangIn(find(".fa-sum .fa-glass"), SETUP.opening.grid, "Nine faces: the sum in the middle, and around it the same sum with a little noise");
SETUP.opening.means.forEach((mean, k) => hangMean(TERMS[k], mean));
showReading(SETUP.opening.reading);
told = JSON.stringify(settings());
hangWall();
turn();
watch("looking", () => props.looking && settleSoon());
adopt();

// The equation and the faces to choose from take the whole wall; the label hangs below their right end.
const works = element.closest(".v-works");
const wallLabel = works?.parentElement.querySelector(".v-label-block");
function makeRoom() {
  wallLabel.style.marginTop = 0;
  const beside = wallLabel.getBoundingClientRect().left >= works.getBoundingClientRect().right;
  root.style.setProperty("--fa-across", beside ? `${works.parentElement.clientWidth}px` : "100%");
  if (beside) wallLabel.style.marginTop = `${find(".fa-measured").offsetTop - root.offsetTop}px`;
}
if (wallLabel) {
  const observer = new ResizeObserver(makeRoom);
  for (const node of [works.parentElement, find(".fa-equation"), find(".fa-wall")]) observer.observe(node);
}
