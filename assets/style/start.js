// The first hanging: a photo and its painting came with the page, the rest follows.
showSettings();
markPhotos();
adoptMix();
hangPhoto(photos.get(state.photo));
told = JSON.stringify(settings());
hang({ picture: SETUP.first.picture }, order(SETUP.sides.sharp));
sharpener.has(order(SETUP.sides.sharp));
showTitle();
markWall();
publish();
root.dataset.settled = true;
takeModel();
adopt();
adoptPhoto();
server.warm({}).catch(() => {}); // the model comes while the visitor looks; a painting would fetch it as well

// The walls of styles and photos are as wide as the room where the label beside the picture ends above them.
const works = element.closest(".v-works");
const wallLabel = works?.parentElement.querySelector(".v-label-block");
function makeRoom() {
  const label = wallLabel.getBoundingClientRect();
  const beside = label.left >= works.getBoundingClientRect().right;
  const above = label.bottom <= find(".st-styles").getBoundingClientRect().top;
  root.style.setProperty("--st-across", beside && above ? `${works.parentElement.clientWidth}px` : "100%");
}
if (wallLabel) {
  const observer = new ResizeObserver(makeRoom);
  for (const node of [works.parentElement, wallLabel, find(".st-stage"), find(".st-bar")]) observer.observe(node);
}
