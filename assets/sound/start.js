// The first clip: all but the film came with the page, the film follows at once.
showSettings();
(async () => {
  const name = SETUP.first.clip;
  const first = await known(name, { ...SETUP.clip, film: null });
  wanted = name;
  hang(first);
  told = JSON.stringify(settings());
  const answer = await server.clip({ name }).catch(() => ({}));
  if (answer.film) {
    clips.set(name, await known(name, answer));
    if (film === first) {
      Object.assign(first, clips.get(name));
      find(".so-picture").src = first.url;
    }
  } else say(answer.sentence || NO_ANSWER);
  takeModel();
  adopt();
  server.warm({}).catch(() => {}); // the model comes while the visitor looks; a film of theirs would fetch it as well
})();

// The sections beneath are as wide as the room where the label beside the film ends above them.
const works = element.closest(".v-works");
const wallLabel = works?.parentElement.querySelector(".v-label-block");
function makeRoom() {
  const label = wallLabel.getBoundingClientRect();
  const beside = label.left >= works.getBoundingClientRect().right;
  const above = label.bottom <= find(".so-films").getBoundingClientRect().top;
  root.style.setProperty("--so-across", beside && above ? `${works.parentElement.clientWidth}px` : "100%");
}
if (wallLabel) {
  const observer = new ResizeObserver(makeRoom);
  for (const node of [works.parentElement, wallLabel, find(".so-stage"), find(".so-how")]) observer.observe(node);
}
