// The first hanging: finished pictures came with the page, and so did the words.
field.value = state.prompt;
showSettings();
told = JSON.stringify(settings());
layOut(SETUP.first.pictures.length);
finish(state, SETUP.first.pictures);
typed();
recall();
takeModel();
adopt();
server.warm({}).catch(() => {}); // the model comes while the visitor reads; a painting would fetch it as well

// The works take the whole wall; the label hangs below their right end, beside what may be chosen.
const works = element.closest(".v-works");
const wallLabel = works?.parentElement.querySelector(".v-label-block");
function makeRoom() {
  wallLabel.style.marginTop = 0;
  const beside = wallLabel.getBoundingClientRect().left >= works.getBoundingClientRect().right;
  root.style.setProperty("--tx-across", beside ? `${works.parentElement.clientWidth}px` : "100%");
  if (beside) wallLabel.style.marginTop = `${find(".tx-bar").offsetTop - root.offsetTop + 10}px`;
}
if (wallLabel) {
  const observer = new ResizeObserver(makeRoom);
  for (const node of [works.parentElement, find(".tx-ask"), wall]) observer.observe(node);
}
