// The class's board: a room's link to the clipboard, or its code on a sheet that fills the wall.
const posters = () => [...element.querySelectorAll("dialog")];
const posterOf = (slug) => posters().find((poster) => poster.dataset.poster === slug);

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Plain http gives pages no clipboard; the older way still works there.
    const sheet = document.createElement("textarea");
    sheet.value = text;
    document.body.append(sheet);
    sheet.select();
    const done = document.execCommand("copy");
    sheet.remove();
    return done;
  }
}

async function copy(address) {
  vernissage.say((await copied(address)) ? "The link is on your clipboard." : `Copy this: ${address}`);
}

// On the machine itself the address bar says localhost, which opens nothing on a phone.
const onlyHere = /^(localhost|127\.|\[::1\])/.test(location.host);
const shared = () => (onlyHere ? `${posterOf("lobby").dataset.address}/${location.search}` : location.href);
vernissage.copyLink = () => copy(shared());

// The cards hang in another component, so the page itself is listened to.
document.addEventListener("click", (event) => {
  const asked = event.target.closest("[data-show], [data-copy], [data-close]");
  if (asked?.dataset.copy) copy(posterOf(asked.dataset.copy).dataset.address);
  else if (asked?.dataset.show) posterOf(asked.dataset.show).showModal();
  else if (asked || event.target.matches("dialog.v-poster")) event.target.closest("dialog")?.close();
});
