// Before and after: a line over the picture, the photo to its left, the painting to its right.
const cut = find(".st-cut");
function uncover(share) {
  cut.value = share;
  root.style.setProperty("--cut", share);
  cut.setAttribute("aria-valuetext", share === 0 ? "all painting" : share === 100 ? "all photo" : `${share} % photo, ${100 - share} % painting`);
}
cut.addEventListener("input", () => uncover(Number(cut.value)));
uncover(0);
