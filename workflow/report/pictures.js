// Each picture of a page as a file: SVG, or PNG at three times its size on the page. The page's own style goes with it, in its light colours.
const DENSITY = 3;

const styleOfPictures = () => [...document.styleSheets[0].cssRules].filter((rule) => !(rule instanceof CSSMediaRule)).map((rule) => rule.cssText).join("\n");

const asFile = (picture) => {
  const { width, height } = picture.viewBox.baseVal;
  const copy = picture.cloneNode(true);
  const style = document.createElementNS("http://www.w3.org/2000/svg", "style");
  style.textContent = `${styleOfPictures()}\nsvg { font: 12px system-ui, sans-serif; background: var(--paper); max-width: none; }`;
  copy.prepend(style);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  return new XMLSerializer().serializeToString(copy);
};

const asImage = async (picture) => {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(asFile(picture))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(DENSITY * picture.viewBox.baseVal.width);
  canvas.height = Math.round(DENSITY * picture.viewBox.baseVal.height);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
};

const save = (content, name) => {
  const address = URL.createObjectURL(content);
  Object.assign(document.createElement("a"), { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
};

// A name for files: the gene, and what a screen reader says of the picture.
const fileName = (picture) =>
  `${document.querySelector("h1").textContent} ${picture.getAttribute("aria-label").split(/[;:]/)[0]}`.replace(/[^\w.+-]+/g, "_").slice(0, 100);

const saveButtons = (picture) => {
  const ways = {
    SVG: async () => save(new Blob([asFile(picture)], { type: "image/svg+xml" }), `${fileName(picture)}.svg`),
    PNG: async () => save(await asImage(picture), `${fileName(picture)}.png`),
  };
  const box = document.createElement("small");
  box.className = "picture";
  Object.entries(ways).forEach(([kind, write]) => {
    const button = document.createElement("button");
    button.textContent = kind;
    button.setAttribute("aria-label", `save as ${kind}: ${picture.getAttribute("aria-label")}`);
    button.addEventListener("click", write);
    box.append(button, " ");
  });
  return box;
};

// The buttons stand outside of what scrolls sideways.
const offerPictures = (root = document) =>
  root.querySelectorAll("figure svg").forEach((picture) => (picture.closest(".scroll") ?? picture).after(saveButtons(picture)));
