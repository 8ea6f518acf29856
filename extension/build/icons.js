// Draws the icons: a thread carried over from one square to the next. Every pixel is sampled 16 times, for smooth edges.
import { deflateSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { crc32 } from "../values/crc32.js";

const TEAL = [23, 96, 90];
const CREAM = [250, 247, 239];
const CORAL = [240, 140, 104];
const SAMPLES = 4;

/** Whether a point of the unit square is in a square with round corners. */
function isInRoundSquare(x, y, low, high, radius) {
  const dx = Math.max(low + radius - x, 0, x - (high - radius));
  const dy = Math.max(low + radius - y, 0, y - (high - radius));
  return x >= low && x <= high && y >= low && y <= high && Math.hypot(dx, dy) <= radius;
}

/** The colour at a point of the unit square, or null outside the icon. */
function colourAt(x, y) {
  if (!isInRoundSquare(x, y, 0.02, 0.98, 0.24)) return null;
  if (Math.hypot(x - 0.735, y - 0.645) < 0.115) return CORAL;
  const distance = Math.hypot(x - 0.5, (y - 0.645) * 0.95);
  const isArc = y <= 0.66 && Math.abs(distance - 0.235) < 0.052;
  const isStart = Math.hypot(x - 0.265, y - 0.645) < 0.115;
  return isArc || isStart ? CREAM : TEAL;
}

function pixel(px, py, size) {
  const sum = [0, 0, 0];
  let covered = 0;
  for (let i = 0; i < SAMPLES * SAMPLES; i += 1) {
    const colour = colourAt(
      (px + ((i % SAMPLES) + 0.5) / SAMPLES) / size,
      (py + (Math.floor(i / SAMPLES) + 0.5) / SAMPLES) / size,
    );
    if (!colour) continue;
    covered += 1;
    colour.forEach((value, channel) => {
      sum[channel] += value;
    });
  }
  return [
    ...sum.map((value) => (covered ? Math.round(value / covered) : 0)),
    Math.round((255 * covered) / SAMPLES ** 2),
  ];
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "ascii"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

function png(size) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8); // 8 bits, RGBA
  const rows = Array.from({ length: size }, (_, y) => [
    0,
    ...Array.from({ length: size }, (__, x) => pixel(x, y, size)).flat(),
  ]);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.from(rows.flat()), { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

const target = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../icons");
await mkdir(target, { recursive: true });
for (const size of [16, 32, 48, 128]) await writeFile(path.join(target, `icon-${size}.png`), png(size));
console.log("extension/icons: 4 files");
