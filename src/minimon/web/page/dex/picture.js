// Pictures: what the service sends, a small copy for the binder, and a large PNG of a drawing.

export const SVG = "image/svg+xml";
export const PNG = "image/png";
const THUMB = 288;

export const urlOf = (bytes, type) => URL.createObjectURL(new Blob([bytes], { type }));

/** Draw a picture into a canvas of so many pixels a side. Throws if it is none. */
export async function raster(bytes, type, side) {
  const url = urlOf(bytes, type);
  try {
    const image = new Image(side, side);
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = side;
    canvas.getContext("2d").drawImage(image, 0, 0, side, side);
    return canvas;
  } finally {
    URL.revokeObjectURL(url);
  }
}

const encoded = (canvas, type, quality) => new Promise((done) => canvas.toBlob(done, type, quality));

export async function thumbnail(bytes, type) {
  return (await encoded(await raster(bytes, type, THUMB), "image/webp", 0.86)).arrayBuffer();
}

export const largePng = async (bytes, side = 1024) => encoded(await raster(bytes, SVG, side), PNG);
