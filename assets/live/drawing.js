// Drawings of our own in the page: an SVG element with its attributes, hung into another.
const SVG = "http://www.w3.org/2000/svg";
function draw(parent, name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}
