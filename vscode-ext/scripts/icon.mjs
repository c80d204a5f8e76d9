// Draws media/icon.png: `node scripts/icon.mjs`. Four window panes, the last one with the arrow of a debugger.
import { writeFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";

const SIZE = 256;
/** Samples of a pixel in each direction. */
const SAMPLES = 4;

const roundedBox = (x, y, left, top, width, height, radius) => {
    const dx = Math.max(Math.abs(x - left - width / 2) - width / 2 + radius, 0);
    const dy = Math.max(Math.abs(y - top - height / 2) - height / 2 + radius, 0);
    return Math.hypot(dx, dy) <= radius;
};

/** What is drawn, from the top layer down. */
const layers = [
    {
        covers: (x, y) => y > 139 && y < 205 && x > 139 && x < 139 + 60 * (1 - Math.abs(y - 172) / 33),
        colour: [255, 205, 64],
    },
    { covers: (x, y) => roundedBox(x, y, 51, 51, 72, 72, 8), colour: [255, 255, 255] },
    { covers: (x, y) => roundedBox(x, y, 133, 51, 72, 72, 8), colour: [214, 230, 252] },
    { covers: (x, y) => roundedBox(x, y, 51, 133, 72, 72, 8), colour: [214, 230, 252] },
    {
        covers: (x, y) => roundedBox(x, y, 0, 0, SIZE, SIZE, 52),
        colour: (x, y) => [31, 122, 224].map((from, i) => from + ([10, 55, 140][i] - from) * ((x + y) / (2 * SIZE))),
    },
];

function sample(x, y) {
    const layer = layers.find((layer) => layer.covers(x, y));
    if (layer === undefined) {
        return [0, 0, 0, 0];
    }
    return [...(typeof layer.colour === "function" ? layer.colour(x, y) : layer.colour), 255];
}

function pixel(column, row) {
    const sum = [0, 0, 0, 0];
    for (let i = 0; i < SAMPLES * SAMPLES; i++) {
        const [x, y] = [i % SAMPLES, Math.floor(i / SAMPLES)].map((at) => (at + 0.5) / SAMPLES);
        const [r, g, b, a] = sample(column + x, row + y);
        [r * a, g * a, b * a, a].forEach((value, i) => (sum[i] += value));
    }
    const alpha = sum[3];
    return alpha === 0 ? [0, 0, 0, 0] : [...sum.slice(0, 3).map((value) => value / alpha), alpha / SAMPLES ** 2];
}

function chunk(type, data) {
    const body = Buffer.concat([Buffer.from(type, "ascii"), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
}

const header = Buffer.alloc(13);
header.writeUInt32BE(SIZE, 0);
header.writeUInt32BE(SIZE, 4);
header.set([8, 6, 0, 0, 0], 8); // 8 bits of red, green, blue and alpha each
const rows = Array.from({ length: SIZE }, (_, row) => [
    0, // no filter
    ...Array.from({ length: SIZE }, (_, column) => pixel(column, row).map(Math.round)).flat(),
]);
const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const data = deflateSync(Buffer.from(rows.flat()), { level: 9 });
writeFileSync(
    "media/icon.png",
    Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]),
);
