// Reading QR codes from a picture, in the page itself.
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import { unpacked } from "./inside.ts";

const MOST_PIXELS = 3000;
let ready: Promise<unknown> | undefined;

/** Make the reader ready; done once, when it is first wanted. */
export const prepare = (): Promise<unknown> =>
  (ready ??= prepareZXingModule({ overrides: { wasmBinary: unpacked("kp-wasm").buffer }, fireImmediately: true }));

/** The texts of all QR codes in a picture; several on one page are usual. */
export async function codesIn(picture: ImageData): Promise<string[]> {
  await prepare();
  const found = await readBarcodes(picture, { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 8 });
  return [...new Set(found.filter((one) => one.isValid).map((one) => one.text))];
}

/** The pixels of an image file, no larger than a reader needs. Throws where it is no picture. */
export async function pixels(file: Blob): Promise<ImageData> {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, MOST_PIXELS / Math.max(bitmap.width, bitmap.height));
  return drawn(bitmap, Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale)));
}

/** The pixels of what is on the screen of the camera. */
export const frame = (video: HTMLVideoElement): ImageData => drawn(video, video.videoWidth, video.videoHeight);

function drawn(source: CanvasImageSource, width: number, height: number): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.fillStyle = "#fff"; // a transparent picture of a code stands on paper
  context.fillRect(0, 0, width, height);
  context.drawImage(source, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}
