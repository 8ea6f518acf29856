// @ts-check
// The zip of each browser: the same bytes from two folders, all that browsers load and nothing else.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { unzipSync } from "fflate";
import { CONTENT_SCRIPTS } from "../../../extension/background/content-scripts.js";
import { browserFiles, writeFolder } from "../../../extension/build/browser-files.js";
import { packages, zipped } from "../../../extension/build/package.js";
import { sourcePackage } from "../../../extension/build/source.js";
import { FILES, manifestOf } from "../fakes/bundle.js";

const source = fileURLToPath(new URL("../../../extension/", import.meta.url));
const scratch = mkdtempSync(path.join(tmpdir(), "carryover-package-"));
after(() => rmSync(scratch, { recursive: true }));

const WASM = "ort-wasm-simd-threaded.wasm";

/** Write the tiny bundle with files that only servers need. @param {string} name @param {Record<string, Buffer>} [files] @returns {Promise<string>} its folder */
async function bundleIn(name, files = FILES) {
  const folder = path.join(scratch, name);
  const manifest = Buffer.from(JSON.stringify(manifestOf({ name: "packaged" })));
  await writeFolder(new Map(Object.entries({ ...files, "manifest.json": manifest })), folder);
  return folder;
}

/** Copy the extension's source; a few bytes stand for the large runtime. @param {string} name @param {number} mode @returns {string} */
function sourceIn(name, mode) {
  const folder = path.join(scratch, name);
  cpSync(source, folder, { recursive: true, filter: (file) => !file.includes(WASM) && !file.endsWith("/bundle") });
  writeFileSync(path.join(folder, "vendor", WASM), "\0asm");
  for (const file of readdirSync(path.join(folder, "ui"))) {
    chmodSync(path.join(folder, "ui", file), mode);
    utimesSync(path.join(folder, "ui", file), mode, mode);
  }
  return folder;
}

const bundle = await browserFiles(await bundleIn("bundle"));
const built = await packages({ extension: sourceIn("one", 0o644), bundle });
/** @param {string} browser @returns {import("../../../extension/build/browser-files.js").Files} */
const filesFor = (browser) => /** @type {any} */ (built.get(browser));
const text = (/** @type {Uint8Array | undefined} */ bytes) => new TextDecoder().decode(bytes);
const manifestFor = (/** @type {string} */ browser) => JSON.parse(text(filesFor(browser).get("manifest.json")));

test("the same source in another folder gives the same bytes, in any time zone", async () => {
  const again = await packages({ extension: sourceIn("two/deeper", 0o755), bundle });
  const { TZ } = process.env;
  for (const [browser, files] of built) {
    process.env.TZ = "Asia/Tokyo";
    const there = zipped(files);
    process.env.TZ = "America/Los_Angeles";
    const reversed = new Map([.../** @type {Map<string, Uint8Array>} */ (again.get(browser))].reverse());
    assert.ok(Buffer.from(there).equals(zipped(reversed)), browser);
  }
  if (TZ === undefined) delete process.env.TZ;
  else process.env.TZ = TZ;
});

test("a bundle with a senseless metric is not packaged, because browsers do not look at the packaged one again", async () => {
  const bytes = Buffer.from(Float32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 1).buffer);
  const { files, lite } = manifestOf();
  const listed = { sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length };
  const metric = { file: "shop_metric.bin", lambda: 0.3, pseudoItems: 30, blocks: [{ start: 0, length: 2 }] };
  const manifest = manifestOf({
    files: { ...files, "shop_metric.bin": listed },
    lite: { ...lite, downloadBytes: lite.downloadBytes + bytes.length },
    shopMetric: metric,
  });
  const folder = path.join(scratch, "senseless");
  const own = { ...FILES, "shop_metric.bin": bytes, "manifest.json": Buffer.from(JSON.stringify(manifest)) };
  await writeFolder(new Map(Object.entries(own)), folder);
  await assert.rejects(browserFiles(folder), { message: /expected a symmetric, positive covariance/ });
});

test("a zip holds its files whole", () => {
  const files = filesFor("chromium");
  const found = unzipSync(zipped(files));
  assert.deepEqual(Object.keys(found), [...files.keys()].sort());
  assert.equal(text(found["ui/panel.html"]), text(files.get("ui/panel.html")));
  assert.deepEqual(Buffer.from(found["bundle/user.onnx"]), FILES["user.onnx"]);
});

test("a package holds no document, test, script of the build or declaration", () => {
  for (const files of built.values()) {
    const foreign = [...files.keys()].filter(
      (name) => !/^[\w./-]+\.(js|mjs|wasm|html|css|json|png|onnx|txt)$/.test(name),
    );
    assert.deepEqual(foreign, []);
    assert.deepEqual(
      [...files.keys()].filter((name) => /README|^build\/|\.d\.|test/i.test(name)),
      [],
    );
  }
});

test("the bundle's files for browsers are in a package, and those of servers are not", () => {
  const names = [...filesFor("firefox").keys()].filter((name) => name.startsWith("bundle/"));
  assert.deepEqual(names, [
    "bundle/manifest.json",
    "bundle/tokenizer.json",
    "bundle/lite/text.onnx",
    "bundle/user.onnx",
    "bundle/probes.json",
  ]);
});

test("everything that a package's files name is in it", () => {
  const files = filesFor("chromium");
  /** @type {string[]} */
  const missing = [];
  /** @param {string} from @param {string} named */
  const look = (from, named) => {
    const target = path.posix.join(path.posix.dirname(from), named);
    if (!files.has(target)) missing.push(`${from}: ${target}`);
  };
  let seen = 0;
  for (const [name, bytes] of files) {
    const pattern = name.endsWith(".html")
      ? /(?:src|href)="([^"#?]+\.\w+)"/g
      : /(?:\bfrom\s*|\bimport\s*\(?\s*)"(\.[^"]+)"/g;
    if (!/\.(html|js|mjs)$/.test(name) || name.includes("ort.wasm")) continue;
    // Comments name modules of types.
    for (const [, named] of text(bytes)
      .replaceAll(/\/\*[^]*?\*\//g, "")
      .matchAll(pattern)) {
      look(name, named);
      seen += 1;
    }
  }
  assert.deepEqual(missing, []);
  assert.ok(seen > 30, `${seen} names`);
  for (const name of [...CONTENT_SCRIPTS, `vendor/${WASM}`, "vendor/ort.wasm.bundle.min.mjs"])
    assert.ok(files.has(name), name);
});

test("a page loads few modules, and none of them loads ONNX Runtime at once", () => {
  const files = filesFor("chromium");
  /** @param {string} name @param {Set<string>} [loaded] @returns {Set<string>} what the browser loads before anything runs */
  const loadedBy = (name, loaded = new Set()) => {
    if (loaded.has(name)) return loaded;
    loaded.add(name);
    for (const [, named] of text(files.get(name)).matchAll(/(?:^|[;\n])import\s*(?:\{[^}]*\}\s*from\s*)?"(\.[^"]+)"/g))
      loadedBy(path.posix.join(path.posix.dirname(name), named), loaded);
    return loaded;
  };
  for (const name of ["background.js", "offscreen/offscreen.js", "ui/panel.js", "ui/options.js"]) {
    const loaded = [...loadedBy(name)];
    assert.ok(loaded.length > 1 && loaded.length <= 12, `${name}: ${loaded.join(" ")}`);
    assert.ok(!loaded.some((one) => one.includes("ort.wasm")), name);
  }
});

test("each browser's manifest holds what it knows", () => {
  const chromium = manifestFor("chromium");
  const firefox = manifestFor("firefox");
  assert.deepEqual(chromium.background, { service_worker: "background.js", type: "module" });
  assert.deepEqual(firefox.background, { scripts: ["background.js"], type: "module" });
  assert.deepEqual(
    ["minimum_chrome_version", "side_panel", "sidebar_action", "browser_specific_settings"].map((name) => [
      name in chromium,
      name in firefox,
    ]),
    [
      [true, false],
      [true, false],
      [false, true],
      [false, true],
    ],
  );
  // Without it images of the panel would carry cookies; Firefox does not know it.
  const policies = [chromium, firefox].map((manifest) => manifest.cross_origin_embedder_policy);
  assert.deepEqual(policies, [{ value: "credentialless" }, undefined]);
  assert.deepEqual(firefox.permissions, ["activeTab", "alarms", "storage", "scripting", "unlimitedStorage"]);
  assert.deepEqual(chromium.permissions, [...firefox.permissions, "offscreen", "sidePanel"]);
});

test("no browser grants access to any site at installation", () => {
  for (const browser of built.keys()) {
    const {
      host_permissions: hosts,
      optional_host_permissions: optional,
      content_scripts: scripts,
    } = manifestFor(browser);
    assert.deepEqual([hosts, optional, scripts], [undefined, ["*://*/*"], undefined]);
  }
});

test("the policy lets the extension ask what is encrypted on its way or on this device, and nothing else", () => {
  for (const browser of built.keys()) {
    const policy = manifestFor(browser).content_security_policy.extension_pages;
    const directives = new Map(
      policy.split("; ").map((/** @type {string} */ one) => [one.split(" ")[0], one.split(" ").slice(1)]),
    );
    const asked = ["'self'", "https:", "http://127.0.0.1:*", "http://localhost:*", "http://*.localhost:*"];
    assert.deepEqual(directives.get("connect-src"), asked);
    assert.deepEqual(directives.get("img-src"), ["'self'", "blob:", ...asked.slice(1)]);
    assert.deepEqual([directives.get("default-src"), directives.get("style-src")], [["'none'"], ["'self'"]]);
    assert.deepEqual(directives.get("script-src"), ["'self'", "'wasm-unsafe-eval'"]);
  }
});

test("no code is loaded from an address that is computed", () => {
  for (const files of built.values())
    for (const [name, bytes] of files)
      if (/\.m?js$/.test(name)) {
        const code = text(bytes).replaceAll(/\/\*[^]*?\*\//g, "");
        assert.doesNotMatch(code, /\bimport\((?!"\.)/, name);
        assert.doesNotMatch(code, /\beval\(|new Function\(|importScripts\(/, name);
      }
});

test("reviewers build the same zips from the source package", async () => {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  const folder = path.join(scratch, "source");
  await writeFolder(await sourcePackage({ root, extension: source, bundle }), folder);
  const names = readdirSync(folder, { recursive: true }).map(String);
  assert.ok(names.includes("README.md"));
  assert.deepEqual(
    names.filter((name) => /(?:^|\/)(?:vendor|node_modules|vectors)(?:\/|$)|^extension\/bundle/.test(name)),
    [],
  );
  cpSync(path.join(sourceIn("five", 0o644), "vendor"), path.join(folder, "extension", "vendor"), { recursive: true });
  symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  const done = spawnSync(process.execPath, ["extension/build/package.js", "--bundle", "bundle"], {
    cwd: folder,
    encoding: "utf8",
  });
  assert.equal(done.status, 0, done.stderr);
  for (const [browser, files] of built) {
    const theirs = readFileSync(path.join(folder, "var", "extension", `carryover-${browser}.zip`));
    assert.ok(theirs.equals(zipped(files)), browser);
  }
});

test("a zip that is too large is refused", () => {
  assert.throws(() => zipped(new Map([["noise", randomBytes(12_100_000)]])), {
    code: "too_large",
    message: /^The zip has \d+ bytes, expected at most 12000000/,
  });
});

test("an altered bundle is refused by the command in one sentence, and nothing is written", async () => {
  const altered = Buffer.concat([FILES["user.onnx"].subarray(0, -1), Buffer.from("!")]);
  const folder = await bundleIn("altered", { ...FILES, "user.onnx": altered });
  const extension = sourceIn("three", 0o644);
  const script = path.join(source, "build", "package.js");
  const done = spawnSync(process.execPath, [script, "--bundle", folder, "--extension", extension], {
    encoding: "utf8",
  });
  assert.deepEqual([done.status, done.stdout], [2, ""]);
  assert.match(done.stderr, /^user\.onnx: expected SHA-256 \w+, got \w+\.\n$/);
  assert.ok(!readdirSync(extension).includes("bundle"));
});

test("a folder without a bundle is refused by the command in one sentence", async () => {
  await assert.rejects(browserFiles(path.join(scratch, "nowhere")), {
    code: "bundle_missing",
    message: /nowhere\/manifest\.json does not exist: expected a bundle, as `python -m exporter lite` writes it\.$/,
  });
});

test("the source gets the bundle alone, in place of the one before", async () => {
  const extension = sourceIn("four", 0o644);
  const script = path.join(source, "build", "package.js");
  await writeFolder(new Map([["old.bin", new Uint8Array(1)]]), path.join(extension, "bundle"));
  const options = ["--bundle", path.join(scratch, "bundle"), "--extension", extension, "--unpacked"];
  const done = spawnSync(process.execPath, [script, ...options], { encoding: "utf8" });
  assert.equal(done.status, 0, done.stderr);
  assert.deepEqual(readdirSync(path.join(extension, "bundle")).sort(), [
    "lite",
    "manifest.json",
    "probes.json",
    "tokenizer.json",
    "user.onnx",
  ]);
});
